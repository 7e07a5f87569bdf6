"""Every CLI of the catalogue that can be installed here gets every control's verdict; most of them take minutes."""

import pytest

from codingagentbench.bundles.interpreters import find_python
from codingagentbench.catalog.load import open_catalog
from codingagentbench.errors import SetupError
from e2e.conftest import Cab

SAMPLE = "continue"
"""One that is quick, for every run of the tests."""
ELSEWHERE = {"aider", "codex", "pi", "direct"}
"""In test_e2e_controls.py."""
CONTROLS = ("oracle", "noop", "vandal", "tamper", "refuse")
TASKS = ("polyglot/python-reverse-string", "integrity/unsolvable-refusal")
TUIS = sorted(n for n, e in open_catalog().tuis.items() if e.tui.verified and n not in ELSEWHERE)
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("tui", [pytest.param(n, marks=[] if n == SAMPLE else pytest.mark.slow) for n in TUIS])
@pytest.mark.xdist_group("clis")
def test_every_control_gets_its_verdict_and_nothing_undeclared_is_left(cab: Cab, tui: str) -> None:
    install = open_catalog().tui(tui).tui.install
    if install.registry == "pypi":
        try:
            find_python(install.python)
        except SetupError as missing:
            pytest.skip(str(missing))
    for control in CONTROLS:
        tasks = [option for task in TASKS for option in ("--task", task)]
        cab("sweep", "--tui", tui, "--model", f"control/{control}", *tasks)
    rows = cab.cells()
    assert len(rows) == len(CONTROLS) * len(TASKS)
    for row in rows:
        assert row["as_expected"], row
        assert row["model_calls"] > 0, row
        assert row["tui_verified"], row
