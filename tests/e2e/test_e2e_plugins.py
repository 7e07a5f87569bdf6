"""Plugins reach the model of every real CLI: what they add is read in the recorded requests of real runs."""

import json
from pathlib import Path

import pytest

from codingagentbench.bundles.interpreters import find_python
from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.plugins import why_skipped
from codingagentbench.errors import SetupError
from codingagentbench.store.attempts import latest_attempt
from e2e.conftest import PYTHON_TASK, Cab
from e2e.plugged import applied_span, requests

CATALOG = open_catalog()
MARKS = {"filesystem": CATALOG.plugin("filesystem").plugin.tools, "plan-first": ["Plan first, then change"]}
MARKS["house-rules"] = ["Leave the workshop as you found it"]
TUIS = sorted(n for n, e in CATALOG.tuis.items() if e.tui.verified)
SAMPLE = {
    ("codex", "filesystem"),
    ("codex", "plan-first"),
    ("continue", "house-rules"),
    ("mini-swe-agent", "filesystem"),
}
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
CASES = [
    pytest.param(t, p, marks=[] if (t, p) in SAMPLE else pytest.mark.slow, id=f"{t}-{p}") for t in TUIS for p in MARKS
]


@pytest.mark.parametrize(("tui", "plugin"), CASES)
@pytest.mark.xdist_group("clis")
def test_a_plugin_is_in_the_clis_requests_or_skipped_with_the_reason(cab: Cab, tui: str, plugin: str) -> None:
    entry = CATALOG.tui(tui).tui
    if entry.install.registry == "pypi":
        try:
            find_python(entry.install.python)
        except SetupError as missing:
            pytest.skip(str(missing))
    cab("sweep", "--tui", tui, "--model", "control/apprentice", "--task", PYTHON_TASK, "--stack", plugin)
    (row,) = cab.cells()
    attempt = latest_attempt(cab.results, row["cell_id"])
    record, span, why = attempt.record, applied_span(attempt), why_skipped(entry, CATALOG.plugin(plugin).plugin)
    heard = any(all(mark in text for mark in MARKS[plugin]) for text in requests(attempt))
    assert heard == (why is None)
    assert row["as_expected"], row
    assert (record.plugin_stack, record.behavior_mode) == ([plugin], "plugged")
    assert record.applied_plugins is not None
    assert record.applied_plugins.applied == span["applied"] == ([plugin] if why is None else [])
    assert record.applied_plugins.skipped_count == span["skipped_count"] == (0 if why is None else 1)
    assert [s.reason for s in record.applied_plugins.skipped] == ([] if why is None else [why])
    assert list(record.receipt.plugins or {}) == [plugin]
    assert attempt.changes().changes == [] or record.axes.blast_radius.blast_radius_without_droppings == 0


def test_another_text_of_a_plugin_is_another_cell(cab: Cab, tmp_path: Path) -> None:
    file = tmp_path / "theirs" / "plugins" / "terse.toml"
    file.parent.mkdir(parents=True)
    entry = 'name = "terse"\ntitle = "Terse"\nkind = "instructions"\ntext = "{}"\nfiles = {{ "NOTES.md" = "Ours." }}\n'
    file.write_text(entry.format("Few words."))
    options = ("--tui", "pi", "--model", "control/noop", "--task", PYTHON_TASK, "--stack", "terse")
    sweep = ("sweep", *options, "--catalog", str(tmp_path / "theirs"))
    cab(*sweep)
    assert "0 to run" in cab(*sweep).stdout
    file.write_text(entry.format("Fewer words."))
    assert "1 to run" in cab(*sweep).stdout
    (row,) = cab.cells()
    assert row["attempt"] == 2
    assert latest_attempt(cab.results, row["cell_id"]).changes().changes == []
    cab("score", "--catalog", str(tmp_path / "theirs"))


def test_compare_sees_what_the_plugin_changed_and_gates_on_it(cab: Cab) -> None:
    stacks = [option for name in ("factory", "house-rules") for option in ("--stack", name)]
    tasks = [option for task in (PYTHON_TASK, "integrity/unsolvable-refusal") for option in ("--task", task)]
    cab("sweep", "--tui", "pi", "--model", "control/apprentice", *tasks, *stacks)
    (line,) = cab("compare", "--json").stdout.splitlines()
    found = json.loads(line)
    assert (found["a"], found["b"], found["pairs"], found["wins"], found["losses"]) == (
        "factory",
        "house-rules",
        2,
        2,
        0,
    )
    assert found["controls"]
    assert found["tokens"]["ratio"] > 1
    shown = cab("compare", "house-rules", "factory", "--by", "plugin_stack", "--fail-if-worse", "pass_rate=0.5", code=5)
    assert "2 pairs of 2 tasks: 0 wins, 2 losses" in shown.stdout
    assert "gate: factory: pass_rate -1.000 against house-rules (n=2): allowed is 0.5" in shown.stderr
    cab("compare", "--fail-if-worse", "pass_rate=0")
    assert (
        "accepted: factory, house-rules" in cab("compare", "factory", "nothing", "--by", "plugin_stack", code=2).stderr
    )
