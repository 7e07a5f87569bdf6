from collections.abc import Iterator
from pathlib import Path

import pytest

from codingagentbench.errors import StoreError
from codingagentbench.sweep.journal import Journal
from codingagentbench.sweep.plan import PlannedCell, cell_id


def _cell(n: int, timeout_s: int = 60) -> PlannedCell:
    return PlannedCell(
        cell_id=f"s/direct/control/oracle/polyglot/t{n}",
        sweep_id="s",
        tui="direct",
        model="control/oracle",
        task_id=f"polyglot/t{n}",
        plugin_stack=(),
        repetition=1,
        timeout_s=timeout_s,
        digests=None,
    )


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "s" / "journal.sqlite")
    yield journal
    journal.close()


def test_a_planned_cell_is_there_before_anything_runs(journal: Journal) -> None:
    journal.plan([_cell(2), _cell(1)])
    assert [(r.plan, r.state, r.outcome) for r in journal.rows()] == [
        (_cell(2), "planned", None),
        (_cell(1), "planned", None),
    ]


def test_planning_again_keeps_states_and_renews_plans(journal: Journal) -> None:
    journal.plan([_cell(1), _cell(2)])
    journal.mark(_cell(1).cell_id, "sealed", outcome="passed", attempt=1)
    journal.plan([_cell(2), _cell(1, timeout_s=5), _cell(3)])
    assert [(r.plan.task_id, r.plan.timeout_s, r.state) for r in journal.rows()] == [
        ("polyglot/t2", 60, "planned"),
        ("polyglot/t1", 5, "sealed"),
        ("polyglot/t3", 60, "planned"),
    ]


def test_a_narrower_plan_forgets_no_cell(journal: Journal) -> None:
    journal.plan([_cell(1), _cell(2)])
    journal.plan([_cell(2)])
    assert {r.plan.task_id for r in journal.rows()} == {"polyglot/t1", "polyglot/t2"}


def test_states_survive_the_process(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.sqlite")
    first.plan([_cell(1)])
    first.mark(_cell(1).cell_id, "running")
    first.close()
    second = Journal(tmp_path / "journal.sqlite")
    assert [r.state for r in second.rows()] == ["running"]
    second.close()


def test_a_file_that_is_no_journal_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a database, and long enough to be read as one" * 100)
    with pytest.raises(StoreError, match=r"journal\.sqlite: the journal cannot be opened"):
        Journal(tmp_path / "journal.sqlite")


@pytest.mark.parametrize(
    ("stack", "repetition", "expected"),
    [
        ((), 1, "s/pi/a/b/polyglot/t"),
        ((), 2, "s/pi/a/b/polyglot/t#2"),
        (("plan-first",), 1, "s/pi/a/b/polyglot/t+plan-first"),
        (("x", "y"), 3, "s/pi/a/b/polyglot/t+x+y#3"),
    ],
)
def test_cell_ids_name_stack_and_repetition(stack: tuple[str, ...], repetition: int, expected: str) -> None:
    assert cell_id("s", "pi", "a/b", "polyglot/t", stack, repetition) == expected


def test_a_cell_that_was_left_says_exactly_why_until_it_is_planned_again(journal: Journal) -> None:
    journal.plan([_cell(1)])
    journal.leave(_cell(1), "endpoint_error", "the endpoint 'x' is paused")
    (row,) = journal.rows()
    assert (row.state, row.outcome, row.plan.skip_outcome) == ("planned", "endpoint_error", "endpoint_error")
    assert row.plan.skip == "the endpoint 'x' is paused"
    journal.plan([_cell(1)])
    assert next(iter(journal.rows())).plan.skip is None
