"""Rates with their denominators and intervals."""

import math
from dataclasses import dataclass

Z95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(successes: int, n: int, z: float = Z95) -> tuple[float, float] | None:
    """Wilson's score interval for a proportion (E. B. Wilson, 1927); None for n = 0, which says nothing."""
    if not 0 <= successes <= n:
        msg = f"{successes} successes of {n}: accepted is 0 <= successes <= n"
        raise ValueError(msg)
    if n == 0:
        return None
    p, z2 = successes / n, z * z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))


def newcombe(successes1: int, n1: int, successes2: int, n2: int, z: float = Z95) -> tuple[float, float] | None:
    """Interval for the difference of two independent proportions, p1 - p2; None where either n is 0.

    Newcombe's hybrid score interval (R. G. Newcombe, Statistics in Medicine 17, 1998, 873-890, method 10): the ends of
    both Wilson intervals, combined as root sums of squares.
    """
    one, two = wilson(successes1, n1, z), wilson(successes2, n2, z)
    if one is None or two is None:
        return None
    p1, p2 = successes1 / n1, successes2 / n2
    low = p1 - p2 - math.hypot(p1 - one[0], two[1] - p2)
    high = p1 - p2 + math.hypot(one[1] - p1, p2 - two[0])
    return max(-1.0, low), min(1.0, high)


@dataclass(frozen=True, slots=True)
class Rate:
    """Successes among scored cells, and how many cells are not among them."""

    planned: int
    run: int
    scored: int
    infrastructure: int
    """Ran and have no score: missing data, not zeros."""
    successes: int

    @property
    def value(self) -> float | None:
        """successes / scored, None where nothing was scored."""
        return self.successes / self.scored if self.scored else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson, 95 %."""
        return wilson(self.successes, self.scored)

    def __str__(self) -> str:
        """Such as `5/6 (44-97 %)`; never a bare percentage."""
        if self.interval is None:
            return f"0/0 of {self.planned}"
        low, high = self.interval
        return f"{self.successes}/{self.scored} ({low * 100:.0f}-{high * 100:.0f} %)"
