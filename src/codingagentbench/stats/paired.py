"""Comparing two ways of doing the same tasks, pair by pair.

Pairs of one task (its repetitions, its other CLIs or models) are not independent of each other, so intervals take the
task as the unit: the bootstrap draws whole tasks, the pass-rate difference counts as many pairs as they are worth.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codingagentbench.stats.intervals import Z95

DRAWS = 2000
SEED = 20_240_229
_MOST_DRAWS = 0.95
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure of both sides, and the task that it belongs to."""

    task: str
    a: float
    b: float


def mcnemar_exact(wins: int, losses: int) -> float | None:
    """Two-sided exact p-value of McNemar's test (Q. McNemar, 1947); None without a discordant pair, which says nothing.

    Twice the smaller tail of Binomial(wins + losses, 1/2), at most 1.
    """
    n, fewer = wins + losses, min(wins, losses)
    if wins < 0 or losses < 0:
        msg = f"{wins} wins, {losses} losses: accepted: counts"
        raise ValueError(msg)
    if n == 0:
        return None
    tail = sum(math.comb(n, k) for k in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << n))


def paired_difference_interval(pairs: Sequence[Pair], z: float = Z95) -> Interval | None:
    """Of the difference of two paired proportions (figures 0 and 1): method 10 of R. G. Newcombe, "Improved confidence
    intervals for the difference between binomial proportions based on paired data", 1998.

    Where tasks have several pairs the counts are divided by the design effect first (J. N. K. Rao and A. J. Scott, "A
    simple method for the analysis of clustered binary data", 1992). None without pairs.
    """
    if not pairs:
        return None
    scale = 1 / design_effect(pairs)
    both = scale * sum(p.a == 1 and p.b == 1 for p in pairs)
    only_b = scale * sum(p.a == 0 and p.b == 1 for p in pairs)
    only_a = scale * sum(p.a == 1 and p.b == 0 for p in pairs)
    neither = scale * sum(p.a == 0 and p.b == 0 for p in pairs)
    n = both + only_a + only_b + neither
    p_a, p_b = (both + only_a) / n, (both + only_b) / n
    low_a, high_a = _wilson(p_a, n, z)
    low_b, high_b = _wilson(p_b, n, z)
    phi = _phi(both, only_a, only_b, neither)
    gap = p_b - p_a
    below = (p_b - low_b) ** 2 - 2 * phi * (p_b - low_b) * (high_a - p_a) + (high_a - p_a) ** 2
    above = (high_b - p_b) ** 2 - 2 * phi * (high_b - p_b) * (p_a - low_a) + (p_a - low_a) ** 2
    return max(-1.0, gap - math.sqrt(max(0.0, below))), min(1.0, gap + math.sqrt(max(0.0, above)))


def design_effect(pairs: Sequence[Pair]) -> float:
    """By how much clustering swells the variance of the mean difference, at least 1.

    Where no difference varies that cannot be estimated: then a task counts as one pair, however many it has.
    """
    n, tasks = len(pairs), _by_task(pairs)
    if len(tasks) == n:
        return 1.0
    mean = sum(p.b - p.a for p in pairs) / n
    alone = sum((p.b - p.a - mean) ** 2 for p in pairs)
    if alone == 0 or len(tasks) == 1:
        return n / len(tasks)
    together = sum(sum(p.b - p.a - mean for p in group) ** 2 for group in tasks) * len(tasks) / (len(tasks) - 1)
    return max(1.0, together / (alone * n / (n - 1)))


def ratio_of(a: float, b: float, _n: int) -> float | None:
    """b over a, of sums; None where a is nothing."""
    return b / a if a else None


def difference_of(a: float, b: float, n: int) -> float | None:
    """b minus a, of sums, for each of n pairs."""
    return (b - a) / n if n else None


Figure = Callable[[float, float, int], float | None]
"""Of the sums of both sides over n pairs."""


def estimate(pairs: Sequence[Pair], figure: Figure) -> float | None:
    """The figure over all pairs."""
    return figure(math.fsum(p.a for p in pairs), math.fsum(p.b for p in pairs), len(pairs))


def bootstrap(pairs: Sequence[Pair], figure: Figure, *, draws: int = DRAWS, seed: int = SEED) -> Interval | None:
    """Percentile interval, 95 %, over draws of whole tasks with replacement (A. C. Davison and D. V. Hinkley,
    "Bootstrap Methods and their Application", 1997, 3.8): the same for the same pairs in any order.

    None with fewer than two tasks, and where more than one draw in twenty has no figure.
    """
    sums = [(math.fsum(p.a for p in g), math.fsum(p.b for p in g), len(g)) for g in _by_task(pairs)]
    if len(sums) < 2:  # noqa: PLR2004  # one task has nothing to vary
        return None
    chance = random.Random(seed)  # noqa: S311  # a draw that can be repeated, no secret
    found = []
    for _ in range(draws):
        drawn = chance.choices(sums, k=len(sums))
        value = figure(math.fsum(d[0] for d in drawn), math.fsum(d[1] for d in drawn), sum(d[2] for d in drawn))
        if value is not None:
            found.append(value)
    if len(found) < _MOST_DRAWS * draws:
        return None
    found.sort()
    last = len(found) - 1
    return found[math.floor(0.025 * last)], found[math.ceil(0.975 * last)]


def _by_task(pairs: Sequence[Pair]) -> list[list[Pair]]:
    groups: dict[str, list[Pair]] = {}
    for pair in sorted(pairs, key=lambda p: (p.task, p.a, p.b)):
        groups.setdefault(pair.task, []).append(pair)
    return list(groups.values())


def _wilson(p: float, n: float, z: float) -> Interval:
    """As intervals.wilson, for a count that is no whole number."""
    z2 = z * z
    middle, half = p + z2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


def _phi(both: float, only_a: float, only_b: float, neither: float) -> float:
    """The correlation of the two sides, with Newcombe's continuity correction; 0 where a margin is empty."""
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if margins == 0:
        return 0.0
    product, n = both * neither - only_a * only_b, both + only_a + only_b + neither
    if product > 0:
        product = max(product - n / 2, 0.0)
    return product / math.sqrt(margins)
