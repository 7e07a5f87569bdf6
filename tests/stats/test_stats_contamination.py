"""Public against held-out variants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.stats.contamination import Scored, gaps
from codingagentbench.stats.intervals import newcombe


def _cells(
    base: str, *, public: tuple[int, int], held: tuple[int, int], model: str = "m", control: bool = False
) -> list[Scored]:
    return [
        Scored("aider", model, control, base, held_out, n < passed)
        for held_out, (passed, scored) in ((False, public), (True, held))
        for n in range(scored)
    ]


@pytest.mark.parametrize(
    ("given_counts", "wanted"),
    [  # R. G. Newcombe, 1998, table II, method 10
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 20), (0.6791, 1.0000)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ],
)
def test_newcombe_gives_what_the_paper_prints(
    given_counts: tuple[int, int, int, int], wanted: tuple[float, float]
) -> None:
    assert newcombe(*given_counts) == pytest.approx(wanted, abs=5e-5)


@given(st.integers(1, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(0, 20))
def test_newcombe_holds_the_difference_and_turns_with_its_sides(one: tuple[int, int], more: int) -> None:
    two = (more, 20)
    interval, turned = newcombe(*one, *two), newcombe(*two, *one)
    assert interval is not None
    assert turned is not None
    difference = one[0] / one[1] - two[0] / two[1]
    assert interval[0] - 1e-12 <= difference <= interval[1] + 1e-12
    assert turned == pytest.approx((-interval[1], -interval[0]))


def test_a_side_without_cells_has_no_interval() -> None:
    assert newcombe(0, 0, 1, 2) is None


def test_only_bases_that_both_sides_have_count() -> None:
    cells = _cells("a", public=(2, 2), held=(1, 2)) + _cells("b", public=(3, 3), held=(0, 0))
    (gap,) = gaps(cells)
    assert (gap.public, gap.held_out, gap.bases, gap.left_out, gap.gap) == ((2, 2), (1, 2), 1, 3, 0.5)
    assert gap.clustered is None


def test_a_side_that_is_missing_leaves_the_gap_unknown() -> None:
    (gap,) = gaps(_cells("a", public=(2, 2), held=(0, 0)))
    assert (gap.gap, gap.interval, gap.left_out) == (None, None, 2)


def test_controls_stand_apart_and_last() -> None:
    cells = _cells("a", public=(1, 1), held=(1, 1), model="control/oracle", control=True)
    cells += _cells("a", public=(1, 1), held=(0, 1), model="z")
    assert [(g.model, g.control) for g in gaps(cells)] == [("z", False), ("control/oracle", True)]


def test_the_clustered_interval_is_the_same_every_time_and_holds_a_gap_that_all_bases_share() -> None:
    cells = [c for base in "abcdef" for c in _cells(base, public=(4, 4), held=(2, 4))]
    (one,), (two,) = gaps(cells), gaps(cells[::-1])
    assert one.clustered == two.clustered == (0.5, 0.5)


def test_bases_that_differ_widen_the_clustered_interval() -> None:
    cells = [c for n, base in enumerate("abcdef") for c in _cells(base, public=(4, 4), held=(4 * (n % 2), 4))]
    (gap,) = gaps(cells)
    assert gap.clustered is not None
    assert gap.clustered[0] < 0.3
    assert gap.clustered[1] > 0.7
