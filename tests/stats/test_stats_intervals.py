import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest  # type: ignore[import-untyped]  # scipy ships no annotations

from codingagentbench.stats.intervals import Rate, wilson

COUNTS = st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_wilson_is_what_scipy_computes(counts: tuple[int, int]) -> None:
    found = wilson(*counts)
    assert found == pytest.approx(tuple(binomtest(*counts).proportion_ci(method="wilson")), abs=1e-12)


@given(COUNTS)
def test_the_interval_holds_the_rate_and_stays_between_0_and_1(counts: tuple[int, int]) -> None:
    found = wilson(*counts)
    assert found is not None
    assert 0 <= found[0] <= counts[0] / counts[1] <= found[1] <= 1


def test_nothing_scored_is_no_rate() -> None:
    rate = Rate(planned=6, run=2, scored=0, infrastructure=2, successes=0)
    assert (wilson(0, 0), rate.value, rate.interval, str(rate)) == (None, None, None, "0/0 of 6")


def test_a_rate_is_printed_with_its_denominator_and_interval() -> None:
    assert str(Rate(planned=6, run=6, scored=6, infrastructure=0, successes=5)) == "5/6 (44-97 %)"


@pytest.mark.parametrize("counts", [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="successes of 3"):
        wilson(*counts)
