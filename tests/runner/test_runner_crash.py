import signal

import pytest

from codingagentbench.catalog.tui import Crash
from codingagentbench.runner.crash import crashed
from codingagentbench.sweep.failures import Observed, after_grading

CRASH = Crash(exit_codes=[134], patterns=["^Traceback \\(most recent call last\\):$"])
TRACE = "working\nTraceback (most recent call last):\n  File ..."


@pytest.mark.parametrize(
    ("exit_code", "died_of", "output", "expected"),
    [
        (0, None, TRACE, False),
        (None, None, TRACE, False),
        (1, None, "the tests fail", False),
        (1, None, TRACE, True),
        (134, None, "", True),
        (139, signal.SIGSEGV, "", True),
        (133, signal.SIGTRAP, "", True),
        (137, signal.SIGKILL, "", False),
        (1, None, "x" * 3000 + TRACE.splitlines()[1], False),
    ],
)
def test_a_crash_is_told_by_signal_code_or_by_a_pattern_beside_a_bad_code(
    exit_code: int | None, died_of: int | None, output: str, expected: bool
) -> None:
    assert crashed(CRASH, exit_code, died_of, output) is expected


FRAME = "    at Timeout._onTimeout (/home/agent/fault.cjs:4:49)"


@pytest.mark.parametrize(
    ("exit_code", "output", "expected"),
    [
        (1, f"Error: injected fault\n{FRAME}\n", True),
        (1, f"Error: injected fault\n{FRAME}\n\n \n", True),
        (1, f"trying again\n{FRAME}\nI went on", False),
        (0, f"Error: injected fault\n{FRAME}\n", False),
        (1, "", False),
    ],
)
def test_a_last_line_is_the_last_that_is_not_empty(exit_code: int, output: str, expected: bool) -> None:
    assert crashed(Crash(last_line=["^ {4}at .+:[0-9]+\\)?$"]), exit_code, None, output) is expected


def test_a_crash_is_a_result_of_the_agent_and_work_that_passes_passed() -> None:
    observed = Observed(1, timed_out=False, out_of_memory=False, model_calls=[], grade=None, crashed=True)
    assert after_grading(observed, 0) == "tui_crashed"
    assert after_grading(observed, 1) == "passed"
