"""Tables on narrow terminals: whole columns go, never half a name."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from codingagentbench.cli.fitted import Column, print_fitted

COLUMNS = (Column("TUI", "left"), Column("model", "left"), Column("tokens", spare=1), Column("wall", spare=2))
ROW = [Text(t) for t in ("aider", "control/oracle", "12,198", "31.1 s")]


def _printed(width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_fitted(console, COLUMNS, [ROW], title="Results")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("width", "shown", "left_out"),
    [(80, ["tokens", "wall"], []), (34, ["tokens"], ["wall"]), (26, [], ["tokens", "wall"])],
)
def test_the_least_needed_columns_go_first_and_are_named(width: int, shown: list[str], left_out: list[str]) -> None:
    text = _printed(width)
    table, _, note = text.partition("no room here for")
    assert all(name in table for name in ["TUI", "control/oracle", *shown])
    assert all(name in note and name not in table for name in left_out)
    assert bool(note) == bool(left_out)


@given(st.integers(min_value=22, max_value=200))
def test_what_is_shown_is_shown_whole(width: int) -> None:
    text = _printed(width)
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= width
