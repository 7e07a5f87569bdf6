"""Counts, figures and marks as every output words them."""

import pytest

from codingagentbench.cli.compare_tables import print_comparisons
from codingagentbench.stats.compare import Cell, compare
from codingagentbench.wording import counted, marked, rounded

CELLS = [
    Cell("s", tui, "my/model", "factory", "polyglot/a", 1, 1.0, tokens=100, tui_verified=tui != "goose")
    for tui in ("goose", "pi")
]


@pytest.mark.parametrize(("number", "said"), [(0, "0 cells"), (1, "1 cell"), (2, "2 cells"), (36_000, "36,000 cells")])
def test_one_is_singular(number: int, said: str) -> None:
    assert counted(number, "cell") == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(5 / 6, "0.8333"), (1.0, "1"), (12.5, "12.5"), (41337.123456789, "41,337"), (0.0000123, "1.23e-05")],
)
def test_a_figure_for_people_has_four_digits(value: float, said: str) -> None:
    assert rounded(value) == said


def test_only_what_was_never_run_is_marked() -> None:
    assert (marked("goose", verified=False), marked("pi", verified=True)) == ("goose unverified", "pi")


def test_a_comparison_of_clis_marks_the_side_that_nobody_ran(capsys: pytest.CaptureFixture[str]) -> None:
    print_comparisons([compare(CELLS, "tui", "goose", "pi")])
    out = capsys.readouterr().out
    assert "pi against goose unverified" in out
    assert "pi unverified" not in out
    assert "1 pair of 1 task: 0 wins, 0 losses, 1 tie (1 both, 0 neither)" in out


def test_a_comparison_of_models_says_which_of_its_clis_nobody_ran(capsys: pytest.CaptureFixture[str]) -> None:
    others = [Cell("s", "goose", "my/other", "factory", "polyglot/a", 1, 1.0, tui_verified=False)]
    print_comparisons([compare([*CELLS, *others], "model", "my/model", "my/other")])
    assert "Among the CLIs, unverified: goose" in capsys.readouterr().out
