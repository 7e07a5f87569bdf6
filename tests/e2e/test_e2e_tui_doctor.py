"""`cab tui doctor` on the real CLIs: healthy as they stand, and ill in the right words when their entry is wrong."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from codingagentbench.catalog.load import open_catalog
from e2e.conftest import Cab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
VERIFIED = sorted(name for name, entry in open_catalog().tuis.items() if entry.tui.verified)
SAMPLE = {"direct", "pi"}
DIRECT = """
name = "{name}"
title = "A CLI that is not in the catalogue"
homepage = "https://example.invalid"
licence = "MIT"
wire = "{wire}"
argv = ["/bin/sh", "-c", '''{before}; {agent}''', "sh", "{{prompt}}"]
droppings = {droppings}
install = {{ registry = "builtin", package = "direct", version = "1" }}
env = {{ CAB_KEY = "{{key}}" }}
hands = [{{ kind = "shell", tool = "shell", command = "command" }}]
token_report = {{ format = "{report}" }}
"""
AGENT = '"{python}" -I -S "{tui}/agent.py" "{base_url}" "{model}" "$1"'


def diagnosed(cab: Cab, *arguments: str, code: int) -> dict[str, Any]:
    (line,) = cab("tui", "doctor", *arguments, "--json", code=code).stdout.splitlines()
    return dict(json.loads(line))


@pytest.mark.parametrize("tui", [n if n in SAMPLE else pytest.param(n, marks=pytest.mark.slow) for n in VERIFIED])
@pytest.mark.xdist_group("clis")
def test_every_verified_entry_is_healthy(cab: Cab, tui: str) -> None:
    one = diagnosed(cab, tui, code=0)
    assert one["faults"] == []
    assert (one["verdicts_right"], one["verdicts"]) == (2, 2)
    assert one["attempts_outside"] == 0 or open_catalog().tui(tui).tui.tries
    assert one["startup_ms"] > 0
    assert one["model_calls"] > 0
    assert one["tokens"] > 0


def entry(tmp_path: Path, **changes: str) -> str:
    """A newcomer's catalogue folder with one entry made of the built-in agent; the folder's path."""
    values = {"name": "new", "wire": "chat", "before": "true", "agent": AGENT, "droppings": "[]", "report": "none"}
    text = DIRECT.format(**{**values, **changes})
    tomllib.loads(text)
    (tmp_path / "theirs" / "tuis").mkdir(parents=True)
    (tmp_path / "theirs" / "tuis" / "new.toml").write_text(text)
    return str(tmp_path / "theirs")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"before": "echo hi > .new.log"}, "leaves files that are not declared as droppings: '.new.log'"),
        ({"before": "getent hosts example.invalid"}, "datagrams to a name server: find the switch"),
        pytest.param({"wire": "responses"}, "the entry says wire 'responses', it spoke chat", marks=pytest.mark.slow),
        pytest.param({"report": "jsonl"}, "token_report finds no figures", marks=pytest.mark.slow),
        ({"agent": "exit 3"}, "no_model_calls"),
        pytest.param({"agent": f"{AGENT}; exit 3"}, "control/noop: agent_error", marks=pytest.mark.slow),
        pytest.param(
            {"agent": f"{AGENT}; git checkout -q ."},
            "control/oracle: not the verdict that it must get",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["dropping", "network", "wire", "report", "no call", "exit code", "verdict"],
)
def test_a_wrong_entry_is_told_what_is_wrong_with_it(
    cab: Cab, tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    one = diagnosed(cab, "new", "--catalog", entry(tmp_path, **changes), code=1)
    assert not one["healthy"]
    assert said in "\n".join(one["faults"])


def test_a_declared_dropping_is_fine_and_one_never_seen_is_said(cab: Cab, tmp_path: Path) -> None:
    folder = entry(tmp_path, before="echo hi > .new.log", droppings='[".new.log", ".never"]')
    one = diagnosed(cab, "new", "--catalog", folder, code=0)
    assert one["droppings"] == [".new.log"]
    assert one["notes"] == ["dropping '.never' is declared and was never seen"]


def test_a_declared_try_without_a_switch_is_a_note_and_no_fault(cab: Cab, tmp_path: Path) -> None:
    folder = entry(tmp_path, before="getent hosts example.invalid")
    file = Path(folder) / "tuis" / "new.toml"
    file.write_text(f"{file.read_text()}\n[tries]\nlook-ups = 'its catalogue of models, at start'\n")
    one = diagnosed(cab, "new", "--catalog", folder, code=0)
    assert one["attempts_outside"] > 0
    seen = f"look-ups are declared, {one['attempts_outside']} were seen in 2 runs, none got out: its catalogue"
    assert seen in "\n".join(one["notes"])


def test_a_person_sees_a_table_and_the_faults_below_it(cab: Cab, tmp_path: Path) -> None:
    shown = cab("tui", "doctor", "new", "--catalog", entry(tmp_path, wire="responses"), code=1).stdout
    assert "start-up" in shown
    assert "new: fault: " in shown


def test_a_new_version_or_another_bundle_makes_sealed_cells_run_again(cab: Cab, tmp_path: Path) -> None:
    folder = Path(entry(tmp_path))
    sweep = ("sweep", "--tui", "new", "--model", "control/noop", "--task", "polyglot/python-reverse-string")
    cab(*sweep, "--catalog", str(folder))
    assert "0 to run" in cab(*sweep, "--catalog", str(folder)).stdout
    file = folder / "tuis" / "new.toml"
    file.write_text(file.read_text().replace('version = "1"', 'version = "2"'))
    assert "1 to run" in cab(*sweep, "--catalog", str(folder)).stdout
    (row,) = cab.cells()
    assert row["attempt"] == 2
