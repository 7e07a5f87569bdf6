"""Plugin stacks in both engines, and an MCP server from PyPI: read in the recorded requests of real runs."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from codingagentbench.bundles.interpreters import find_python
from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.plugins import marks_of
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.errors import SetupError
from codingagentbench.paths import bundle_store
from codingagentbench.sandbox.base import Image
from codingagentbench.sandbox.engines import engine
from codingagentbench.sandbox.toolchains import SYSTEM, FoundToolchain
from codingagentbench.sandbox.unsandboxed import Unsandboxed
from codingagentbench.store.attempts import Attempt, latest_attempt
from codingagentbench.sweep.setup import make_available
from e2e.conftest import PYTHON_TASK, Cab
from e2e.plugged import applied_span, requests

OURS = Path(__file__).parent / "catalogue"
CATALOG = open_catalog([OURS])
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900), pytest.mark.xdist_group("docker")]
ENGINES = ["bubblewrap", "docker"]


def _need(name: str) -> None:
    try:
        engine(name).preflight()
    except SetupError as error:
        pytest.skip(str(error))


def _heard(attempt: Attempt, plugin: str) -> bool:
    marks = marks_of(CATALOG.plugin(plugin), CATALOG.tui(attempt.record.tui).tui)
    return any(all(mark in text for mark in marks) for text in requests(attempt))


@pytest.mark.parametrize(
    "tui",
    [
        "codex",
        pytest.param("claude-code", marks=pytest.mark.slow),
        pytest.param("mini-swe-agent", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("sandbox", ENGINES)
def test_the_tools_of_a_server_from_pypi_are_offered_to_the_model(cab: Cab, sandbox: str, tui: str) -> None:
    _need(sandbox)
    options = ("--tui", tui, "--model", "control/apprentice", "--task", PYTHON_TASK, "--stack", "clock")
    cab("sweep", "--sandbox", sandbox, "--catalog", str(OURS), *options)
    (row,) = cab.cells()
    attempt = latest_attempt(cab.results, row["cell_id"])
    takes, applied = tui != "mini-swe-agent", attempt.record.applied_plugins
    assert row["as_expected"], row
    assert attempt.record.sandbox.engine == sandbox
    assert _heard(attempt, "clock") == takes
    assert applied is not None
    assert (applied.applied, applied.skipped_count) == ((["clock"], 0) if takes else ([], 1))
    assert ("TZ" in applied.env_keys) == takes


@pytest.mark.slow
@pytest.mark.parametrize("sandbox", ENGINES)
def test_a_server_runs_on_another_python_than_the_cli_that_starts_it(cab: Cab, sandbox: str) -> None:
    _need(sandbox)
    for plugged in (CATALOG.tui("openhands").tui.install, CATALOG.plugin("clock-313").plugin.install):
        try:
            find_python(plugged.python if plugged else None)
        except SetupError as missing:
            pytest.skip(str(missing))
    options = ("--tui", "openhands", "--model", "control/apprentice", "--task", PYTHON_TASK, "--stack", "clock-313")
    cab("sweep", "--sandbox", sandbox, "--catalog", str(OURS), *options)
    (row,) = cab.cells()
    assert row["as_expected"], row
    assert _heard(latest_attempt(cab.results, row["cell_id"]), "clock-313")


@pytest.mark.parametrize("tui", ["codex", pytest.param("aider", marks=pytest.mark.slow)])
def test_the_stacks_that_ship_reach_the_model_in_containers(cab: Cab, tui: str) -> None:
    _need("docker")
    stacks = ["filesystem", "plan-first", "house-rules"]
    options = [option for name in stacks for option in ("--stack", name)]
    cab("sweep", "--sandbox", "docker", "--tui", tui, "--model", "control/apprentice", "--task", PYTHON_TASK, *options)
    rows = cab.cells()
    assert len(rows) == len(stacks)
    for row in rows:
        attempt = latest_attempt(cab.results, row["cell_id"])
        (plugin,) = attempt.record.plugin_stack
        applied, span, takes = attempt.record.applied_plugins, applied_span(attempt), _takes(tui, plugin)
        assert row["as_expected"], row
        assert attempt.record.sandbox.engine == "docker"
        assert _heard(attempt, plugin) == takes
        assert applied is not None
        assert (applied.applied, applied.skipped_count) == (([plugin], 0) if takes else ([], 1))
        assert (span["applied"], span["skipped_count"]) == (applied.applied, applied.skipped_count)
        assert (span["env_keys"], span["extra_args"]) == (applied.env_keys, applied.extra_args)
        assert bool(applied.extra_args) == (tui == "aider" and takes)


def _takes(tui: str, plugin: str) -> bool:
    return CATALOG.plugin(plugin).plugin.kind in CATALOG.tui(tui).tui.plugins


class _OtherImages(Unsandboxed):
    """An engine whose images have a Python that is not this machine's."""

    name = "docker"

    def image(self, toolchains: Sequence[str]) -> Image:  # type: ignore[override]  # an engine with images, for once
        return Image("codingagentbench/base:r1", "sha256:1")

    def find_toolchain(self, entry: Toolchain) -> FoundToolchain:
        return FoundToolchain(entry.name, "3.9.2", str(SYSTEM), (), (), {}, {})


def test_a_server_whose_interpreter_the_images_lack_is_refused_before_anything_runs() -> None:
    if not find_python(">=3.10").host.is_relative_to(SYSTEM):
        pytest.skip("the bundle brings its Python along: this machine's own is too old for it")
    found = make_available(
        CATALOG, [], [], engine=_OtherImages(), store=bundle_store(), log=lambda _: None, plugins=["clock"]
    )
    assert found.plugins == {}
    assert "clock starts this machine's own /usr/bin/python3." in found.missing_plugins["clock"]
    assert "the images of docker have python 3.9.2" in found.missing_plugins["clock"]


SETTINGS = [
    (plugin, tui) for plugin in ("esperanto", "cool", "pointed") for tui in CATALOG.plugin(plugin).plugin.settings
]
QUICK = {("esperanto", "codex"), ("pointed", "pi")}


def _settings_cell(cab: Cab, plugin: str, tui: str, model: str, sandbox: str) -> Attempt:
    """The one cell of a CLI with a settings plugin; checked: applied, the control's verdict, no trace in the work."""
    options = ("--tui", tui, "--model", model, "--task", PYTHON_TASK, "--stack", plugin)
    cab("sweep", "--sandbox", sandbox, "--catalog", str(OURS), *options)
    (row,) = cab.cells()
    attempt = latest_attempt(cab.results, row["cell_id"])
    applied, mechanism = attempt.record.applied_plugins, CATALOG.tui(tui).tui.plugins["settings"]
    assert row["as_expected"], row
    assert applied is not None
    assert (applied.applied, applied.skipped_count, applied.env_keys) == ([plugin], 0, [])
    assert len(applied.extra_args) == len(mechanism.argv)
    assert attempt.record.axes.blast_radius.blast_radius_without_droppings == 0
    return attempt


@pytest.mark.parametrize(
    ("plugin", "tui"), [pytest.param(*c, marks=[] if c in QUICK else pytest.mark.slow) for c in SETTINGS]
)
@pytest.mark.parametrize("sandbox", ["bubblewrap", pytest.param("docker", marks=pytest.mark.slow)])
def test_a_setting_of_the_cli_changes_what_it_asks_of_the_model(cab: Cab, plugin: str, tui: str, sandbox: str) -> None:
    _need(sandbox)
    assert _heard(_settings_cell(cab, plugin, tui, "control/apprentice", sandbox), plugin)


@pytest.mark.slow
def test_a_setting_that_turns_something_off_is_seen_by_what_is_missing(cab: Cab) -> None:
    stacks = ("--stack", "factory", "--stack", "whole")
    cab(
        "sweep", "--catalog", str(OURS), "--tui", "copilot", "--model", "control/oracle", "--task", PYTHON_TASK, *stacks
    )
    attempts = [latest_attempt(cab.results, row["cell_id"]) for row in cab.cells()]
    asked = {"+".join(a.record.plugin_stack): requests(a) for a in attempts}
    assert all('"stream": true' in text for text in asked[""])
    assert not any('"stream": true' in text for text in asked["whole"])


def test_every_cli_that_takes_settings_is_shown_to_take_them() -> None:
    tried = {
        tui for plugin in ("esperanto", "cool", "pointed", "whole") for tui in CATALOG.plugin(plugin).plugin.settings
    }
    assert tried == {name for name, e in CATALOG.tuis.items() if e.tui.verified and "settings" in e.tui.plugins}
