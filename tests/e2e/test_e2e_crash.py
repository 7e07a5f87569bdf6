"""Six CLIs, really broken in the middle of a run: each crash is the outcome `tui_crashed`. Most take half a minute."""

from dataclasses import replace
from pathlib import Path

import pytest

from codingagentbench.bundles.interpreters import find_python
from codingagentbench.catalog.load import Catalog, TuiEntry, own_root
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.catalog.tui import Tui
from codingagentbench.errors import SetupError
from codingagentbench.paths import bundle_store
from codingagentbench.sweep.run import SweepOptions, run_sweep
from e2e.conftest import PYTHON_TASK

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600), pytest.mark.xdist_group("clis")]
SAMPLE = "continue"
SLOW = ("cline", "copilot", "gemini-cli", "kilocode", "openhands")
CALLED = " 0100007F:7AB7 01 "
"""In /proc/net/tcp: a connection to the gateway's port is open, so the model has been called."""
KILL = f"""
( until grep -q '{CALLED}' /proc/net/tcp; do sleep 0.05; done; sleep 0.2
  for p in /proc/[0-9]*; do case "$(readlink $p/exe)" in */$0) kill -$1 ${{p#/proc/}};; esac; done ) &
shift; exec "$@"
"""
THROW = f"""
const fs = require("fs");
const tick = setInterval(() => {{
  if (!fs.readFileSync("/proc/net/tcp", "utf8").includes("{CALLED}")) return;
  clearInterval(tick);
  setTimeout(() => {{ throw new Error("injected fault"); }}, 200);
}}, 20);
"""
RAISE = f"""
import runpy, selectors, sys, threading
select = selectors.EpollSelector.select
def failing(self, timeout=None):
    if threading.current_thread() is threading.main_thread() and "{CALLED}" in open("/proc/net/tcp").read():
        raise RuntimeError("injected fault")
    return select(self, timeout)
selectors.EpollSelector.select = failing
sys.argv[0] = "openhands"
runpy.run_module("openhands_cli.entrypoint", run_name="__main__", alter_sys=True)
"""
"""In the event loop itself: what a callback of its screen raises is caught, and it ends with 0."""


def _killed(tui: Tui, program: str, name: str) -> Tui:
    return tui.model_copy(update={"argv": ["/bin/sh", "-c", KILL, program, name, *tui.argv]})


def _thrown(tui: Tui) -> Tui:
    preload = {"NODE_OPTIONS": "--require {home}/fault.cjs", "BUN_OPTIONS": "--preload {home}/fault.cjs"}
    return tui.model_copy(update={"env": {**tui.env, **preload}, "config": {**tui.config, "fault.cjs": THROW}})


def _raised(tui: Tui) -> Tui:
    at = tui.argv.index("-m")
    return tui.model_copy(update={"argv": [*tui.argv[:at], "-c", RAISE, *tui.argv[at + 2 :]]})


class _Broken(Catalog):
    """Our catalogue, with the fault that goes with each of the six."""

    def tui(self, name: str) -> TuiEntry:
        entry = super().tui(name)
        match name:
            case "cline" | "gemini-cli":
                return replace(entry, tui=_thrown(entry.tui))
            case "continue":
                return replace(entry, tui=_killed(entry.tui, "node", "ABRT"))
            case "copilot":
                return replace(entry, tui=_killed(entry.tui, "copilot", "SEGV"))
            case "kilocode":
                return replace(entry, tui=_killed(entry.tui, "kilo", "TRAP"))
        return replace(entry, tui=_raised(entry.tui))


@pytest.mark.parametrize("name", [SAMPLE, *(pytest.param(n, marks=pytest.mark.slow) for n in SLOW)])
def test_a_broken_cli_crashed(name: str, tmp_path: Path) -> None:
    catalog = _Broken([own_root()])
    install = catalog.tui(name).tui.install
    if install.registry == "pypi":
        try:
            find_python(install.python)
        except SetupError as missing:
            pytest.skip(str(missing))
    spec = SweepSpec(id="broken", tuis=[name], models=["control/loop"], tasks=[PYTHON_TASK])
    ((_, record),) = run_sweep(spec, catalog, SweepOptions(results=tmp_path, store=bundle_store())).cells
    assert record is not None
    assert record.exit_code != 0
    assert (record.outcome, record.axes.pass_rate.pass_) == ("tui_crashed", 0), record.outcome_detail
