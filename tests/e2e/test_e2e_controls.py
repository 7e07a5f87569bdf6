"""Every control gets its verdict through every real CLI, in real sandboxes."""

import json

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.sandbox.toolchains import MissingToolchainError, find_toolchain
from e2e.conftest import Cab

TUIS = ["aider"]  # codex, pi and claude-code: test_e2e_calibration.py
SAMPLE = ["polyglot/python-reverse-string", "integrity/unsolvable-refusal"]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.mark.parametrize("tui", TUIS)
@pytest.mark.xdist_group("clis")
def test_every_control_gets_its_verdict(cab: Cab, tui: str) -> None:
    tasks = [option for task in SAMPLE for option in ("--task", task)]
    cab("sweep", "demo", "--tui", tui, *tasks)
    rows = cab.cells("demo")
    assert len(rows) == 5 * len(SAMPLE)
    for row in rows:
        assert row["as_expected"], row
        assert row["model_calls"] > 0, row
        assert row["tokens"] > 0, row
        assert row["citable"], row


@pytest.mark.parametrize("tui", TUIS)
@pytest.mark.xdist_group("clis")
def test_models_that_misbehave_end_in_results_of_the_agent(cab: Cab, tui: str) -> None:
    models = [option for name in ("fabricate", "malformed", "loop") for option in ("--model", f"control/{name}")]
    cab("sweep", "--tui", tui, *models, "--task", SAMPLE[0], "--task", SAMPLE[1])
    rows = cab.cells()
    assert len(rows) == 3 * len(SAMPLE)
    for row in rows:
        assert row["as_expected"], row
        assert (row["scored"], row["cause"]) == (True, "agent"), row


@pytest.mark.slow
@pytest.mark.timeout(2_000)
@pytest.mark.xdist_group("clis")
def test_the_demo_ends_with_every_verdict_and_a_second_run_runs_nothing(cab: Cab) -> None:
    cab("sweep", "demo", code=None, timeout=1_800)
    rows = cab.cells("demo")
    assert len(rows) == 3 * 5 * 6
    for row in rows:
        if row["outcome"].startswith("skipped"):
            assert row["outcome_detail"], row
        else:
            assert row["as_expected"], row
    again = cab("sweep", "demo", "--json")
    assert "0 to run" in again.stderr
    assert [json.loads(line) for line in again.stdout.splitlines()] == rows


@pytest.mark.parametrize(
    "task",
    [
        "polyglot/rust-error-handling",
        "polyglot/javascript-async-order",
        "polyglot/cpp-ring-buffer",
        "mutations/rust-error-negated",
    ],
)
def test_every_language_is_graded_for_real(cab: Cab, task: str) -> None:
    entries = open_catalog()
    try:
        for name in entries.task(task).task.toolchains:
            find_toolchain(entries.toolchain(name))
    except MissingToolchainError as missing:
        pytest.skip(str(missing))
    controls = [o for c in ("oracle", "noop", "vandal", "tamper", "refuse") for o in ("--model", f"control/{c}")]
    cab("sweep", "--tui", "direct", *controls, "--task", task)
    verdicts = {row["model"]: (row["pass_rate"], row["integrity"]) for row in cab.cells()}
    assert verdicts == {
        "control/oracle": (1, 1),
        "control/noop": (0, 1),
        "control/vandal": (1, 1),
        "control/tamper": (0, 0),
        "control/refuse": (0, 1),
    }
    assert all(row["as_expected"] for row in cab.cells())
