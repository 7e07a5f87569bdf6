import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped]  # scipy ships no annotations

from codingagentbench.stats.paired import (
    Pair,
    bootstrap,
    design_effect,
    difference_of,
    estimate,
    mcnemar_exact,
    paired_difference_interval,
    ratio_of,
)

BIT = st.sampled_from([0.0, 1.0])
PASSES = st.lists(st.builds(Pair, st.sampled_from("abcdef"), BIT, BIT), min_size=1, max_size=40)
FIGURE = st.floats(0.1, 1000)
FIGURES = st.lists(st.builds(Pair, st.sampled_from("abcdef"), FIGURE, FIGURE), min_size=1, max_size=20)


def pairs_of(both: int, only_a: int, only_b: int, neither: int) -> list[Pair]:
    """Every pair a task of its own."""
    kinds = [(1.0, 1.0)] * both + [(1.0, 0.0)] * only_a + [(0.0, 1.0)] * only_b + [(0.0, 0.0)] * neither
    return [Pair(str(n), a, b) for n, (a, b) in enumerate(kinds)]


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemars_p_is_scipys_exact_binomial(wins: int, losses: int) -> None:
    found = mcnemar_exact(wins, losses)
    if wins + losses == 0:
        assert found is None
    else:
        assert found == pytest.approx(binomtest(wins, wins + losses, 0.5).pvalue, abs=1e-12)
        assert found == mcnemar_exact(losses, wins)


def test_counts_below_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="accepted: counts"):
        mcnemar_exact(-1, 2)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [((36, 12, 2, 0), 0.0569, 0.3404), ((20, 12, 2, 16), 0.0562, 0.3290), ((0, 0, 30, 0), -1.0, -0.8395)],
)
def test_the_interval_is_the_published_one(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    # Newcombe 1998, Table II, method 10; his difference is a minus b, ours b minus a.
    found = paired_difference_interval(pairs_of(*counts))
    assert found == pytest.approx((-high, -low), abs=6e-4)


@given(PASSES)
def test_the_interval_holds_the_difference_and_turns_with_the_sides(pairs: list[Pair]) -> None:
    low, high = paired_difference_interval(pairs) or (2.0, -2.0)
    value = estimate(pairs, difference_of)
    assert value is not None
    assert -1 <= low <= value + 1e-12
    assert value - 1e-12 <= high <= 1
    turned = paired_difference_interval([Pair(p.task, p.b, p.a) for p in pairs])
    assert turned == pytest.approx((-high, -low), abs=1e-9)


@given(PASSES, st.integers(2, 5))
def test_repeating_what_a_task_gave_does_not_make_the_interval_narrower(pairs: list[Pair], times: int) -> None:
    once = {p.task: p for p in pairs}.values()
    alone, repeated = paired_difference_interval(list(once)), paired_difference_interval([*once] * times)
    assert alone is not None
    assert repeated is not None
    assert repeated[1] - repeated[0] >= (alone[1] - alone[0]) - 1e-9


def test_a_task_whose_pairs_all_agree_counts_once() -> None:
    assert design_effect([Pair("x", 0, 1)] * 7) == 7
    assert design_effect([Pair(t, 0, 1) for t in "abc"]) == 1


def test_nothing_compared_is_no_figure() -> None:
    assert (paired_difference_interval([]), estimate([], difference_of), estimate([], ratio_of)) == (None, None, None)
    assert bootstrap([Pair("one", 1, 2)] * 5, ratio_of) is None


def test_a_ratio_over_nothing_is_unknown_and_one_draw_in_two_without_it_leaves_no_interval() -> None:
    pairs = [Pair("x", 0, 1), Pair("y", 1, 1)]
    assert estimate(pairs[:1], ratio_of) is None
    assert bootstrap(pairs, ratio_of) is None


@given(FIGURES, st.randoms())
def test_the_bootstrap_is_the_same_in_any_order_and_lies_among_the_tasks_own_ratios(
    pairs: list[Pair], chance: st.DataObject
) -> None:
    found = bootstrap(pairs, ratio_of, draws=200)
    shuffled = list(pairs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's Random has no type of its own
    assert bootstrap(shuffled, ratio_of, draws=200) == found
    if len({p.task for p in pairs}) < 2:
        assert found is None
    else:
        ratios = [p.b / p.a for p in pairs]
        assert found is not None
        assert min(ratios) - 1e-9 <= found[0] <= found[1] <= max(ratios) + 1e-9


@given(FIGURES)
def test_twice_the_figure_is_a_ratio_of_two(pairs: list[Pair]) -> None:
    doubled = [Pair(p.task, p.a, 2 * p.a) for p in pairs]
    assert estimate(doubled, ratio_of) == pytest.approx(2)
    found = bootstrap(doubled, ratio_of, draws=50)
    assert found is None or found == pytest.approx((2, 2))
