"""The doctor on scaffolds of every language, and on tasks that are wrong in one way each; in real sandboxes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from codingagentbench.doctor.scaffold import LANGUAGES, new_task
from codingagentbench.errors import UsageError
from doctor.doctor_task import edit, examined, scaffold

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scaffold_passes_but_for_the_parts_to_fill_in_which_are_named(language: str, tmp_path: Path) -> None:
    scaffold(tmp_path, language, filled=False)
    found = examined(tmp_path)
    assert found.failed == ["prompt.md: has a part to fill in", "task.toml: has a part to fill in"]
    assert (found.ok, found.oracle, found.noop, found.tests, found.forged) == (
        False,
        "3/3",
        "fails",
        "2/2",
        "1/1 refused",
    )


def test_a_scaffold_that_is_filled_in_is_well(tmp_path: Path) -> None:
    scaffold(tmp_path, "python")
    found = examined(tmp_path)
    assert (found.ok, found.failed) == (True, [])


def wrong_solution(place: Path) -> None:
    edit(place / "solution/src/total.py", "a + b", "a * b")


def right_from_the_start(place: Path) -> None:
    edit(place / "workdir/src/total.py", "a - b", "a + b + 0")


def an_unlisted_test(place: Path) -> None:
    edit(place / "task.toml", 'tests = ["test_small", "test_negative"]', 'tests = ["test_small"]')


def a_test_that_does_not_exist(place: Path) -> None:
    edit(place / "task.toml", '"test_negative"]', '"test_negative", "test_other"]')


def a_file_that_does_not_exist(place: Path) -> None:
    edit(place / "prompt.md", "`src/total.py`", "`src/totals.py`")


def a_constraint_that_the_solution_breaks(place: Path) -> None:
    text = '\n[[constraints]]\nkind = "file-not-touched"\npaths = ["src/**"]\n'
    (place / "task.toml").write_text((place / "task.toml").read_text() + text)


def no_turns(place: Path) -> None:
    edit(place / "task.toml", "max_turns = 15", "max_turns = 2")


def no_time(place: Path) -> None:
    edit(place / "task.toml", "timeout_s = 600", "timeout_s = 2")


def a_report_that_anybody_can_print(place: Path) -> None:
    edit(place / "task.toml", 'format = "cab"', 'format = "unittest"')
    edit(
        place / "task.toml",
        '"{graders}/python_tests.py", "tests/test_hidden.py"',
        '"-c", "import sys, unittest; sys.path.append(\'.\');'
        " unittest.main('tests.test_hidden', argv=['h'], verbosity=2)\"",
    )


def a_network(place: Path) -> None:
    edit(
        place / "grader/tests/test_hidden.py",
        "    def test_small(self):\n",
        "    def test_small(self):\n        import socket\n        socket.create_connection(('192.0.2.1', 80), 2)\n",
    )


WRONG: list[tuple[Callable[[Path], None], str]] = [
    (wrong_solution, "the solution passes 0 of 3 times"),
    (right_from_the_start, "the untouched work directory passes"),
    (an_unlisted_test, "the test 'test_negative' runs and is not listed"),
    (a_test_that_does_not_exist, "the listed test 'test_other' is not run on the solution"),
    (a_file_that_does_not_exist, "prompt.md: names src/totals.py, which does not exist"),
    (
        a_constraint_that_the_solution_breaks,
        "the solution breaks a constraint: file-not-touched: modified: src/total.py",
    ),
    (no_turns, "budget.max_turns 2 is less than 5 x 1 steps of the oracle"),
    (no_time, "budget.timeout_s 2 is less than 5 x"),
    (a_report_that_anybody_can_print, "a forged report in src/total.py is believed"),
    (a_network, "the solution passes 0 of 3 times"),
]


@pytest.mark.parametrize(("broken", "fault"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_wrong_is_found_and_named(broken: Callable[[Path], None], fault: str, tmp_path: Path) -> None:
    broken(scaffold(tmp_path, "python"))
    found = examined(tmp_path)
    assert found.ok is False
    assert any(line.startswith(fault) for line in found.failed), found.failed


@pytest.mark.parametrize(("task", "language"), [("sample", "python"), ("other/x", "python"), ("polyglot/x", "cobol")])
def test_a_scaffold_is_refused_by_name(task: str, language: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="accepted"):
        new_task(task, language, tmp_path)


def test_a_scaffold_overwrites_nothing(tmp_path: Path) -> None:
    new_task("polyglot/x", "bash", tmp_path)
    with pytest.raises(UsageError, match="there already"):
        new_task("polyglot/x", "bash", tmp_path)
