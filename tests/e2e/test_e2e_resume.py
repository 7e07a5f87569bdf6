"""kill -9 at any point: sealed cells are never run again, half-run ones are."""

import os
import signal
import time
from pathlib import Path

import pytest

from e2e.conftest import Cab

pytestmark = [pytest.mark.e2e]
ARGUMENTS = ["sweep", "--tui", "direct", "--model", "control/oracle", "--model", "control/noop"]
ARGUMENTS += ["--task", "polyglot/python-reverse-string", "--repetitions", "10"]


def _sealed(cab: Cab) -> dict[Path, int]:
    # os.walk and not rglob: a folder that is sealed, and so renamed, while it is listed is no error.
    folders = [
        Path(here) for here, _, files in os.walk(cab.results) if "record.json" in files and ".partial" not in here
    ]
    return {f / "record.json": (f / "record.json").stat().st_mtime_ns for f in folders}


@pytest.mark.parametrize("wanted", [1, 6, 13])
def test_a_killed_sweep_goes_on_where_it_was(cab: Cab, wanted: int) -> None:
    process = cab.start(*ARGUMENTS)
    deadline = time.monotonic() + 120
    while len(_sealed(cab)) < wanted and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    before = _sealed(cab)
    assert wanted <= len(before) < 20, "the sweep was over before it was killed"

    cab(*ARGUMENTS)

    after = _sealed(cab)
    assert len(after) == 20
    assert {p: after[p] for p in before} == before, "a sealed record was touched"
    rows = cab.cells()
    assert len(rows) == 20
    assert all(row["as_expected"] and row["attempt"] == 1 for row in rows)
    assert not list(cab.results.rglob(".attempt-*")), "half-run attempts were left behind"


def test_a_second_run_does_nothing(cab: Cab) -> None:
    first = [*ARGUMENTS[:-1], "1"]
    cab(*first)
    before = _sealed(cab)
    done = cab(*first)
    assert "0 cells run now" in done.stdout
    assert _sealed(cab) == before


def test_two_runs_of_one_sweep_at_a_time_are_refused(cab: Cab) -> None:
    process = cab.start(*ARGUMENTS)
    try:
        while not list(cab.results.glob("*/journal.sqlite")):
            time.sleep(0.01)
        process.send_signal(signal.SIGSTOP)  # it holds the lock from before it makes the journal, and cannot end now
        done = cab(*ARGUMENTS, code=2)
        assert "another process is running this sweep" in done.stderr
    finally:
        process.kill()
        process.wait()


def test_stored_cells_score_the_same_again(cab: Cab) -> None:
    tasks = ["polyglot/python-*", "mutations/rust-*", "integrity/unsolvable-refusal", "integrity/planted-secret"]
    globs = [word for task in tasks for word in ("--task", task)]
    cab("sweep", "--tui", "direct", "--model", "control/vandal", *globs, code=0)
    done = cab("score")
    assert " 0 differ" in done.stdout
