"""Do pass rates differ between variants that a model may have seen and ones that it cannot have seen?

One row a TUI x model: cells on public mutants against cells on held-out mutants of the same base tasks. Mutants of one
base are the same kind of work whatever their seed, so a gap that is not chance speaks for memory. Cells without a
score are missing data and on neither side. Rates are pooled over bases, so both sides should have as many cells of each
(`[held_out]` with `public_seed` makes them so).
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codingagentbench.stats.intervals import newcombe

DRAWS = 2_000
LEAST_BASES = 5
"""Fewer clusters say nothing about how clusters differ."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One scored cell."""

    tui: str
    model: str
    control: bool
    base: str
    held_out: bool
    passed: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """One TUI x model. Rates are None where a side has no cell."""

    tui: str
    model: str
    control: bool
    public: tuple[int, int]
    """Passed of scored, on bases that both sides have."""
    held_out: tuple[int, int]
    bases: int
    """Base tasks that both sides have."""
    left_out: int
    """Scored cells whose base the other side lacks."""
    clustered: tuple[float, float] | None
    """The bootstrap's 95 % interval; None with fewer than LEAST_BASES bases."""

    @property
    def gap(self) -> float | None:
        """Pass rate on public variants minus that on held-out ones."""
        if not self.public[1] or not self.held_out[1]:
            return None
        return self.public[0] / self.public[1] - self.held_out[0] / self.held_out[1]

    @property
    def interval(self) -> tuple[float, float] | None:
        """Newcombe's, 95 %: takes the cells as independent."""
        return newcombe(*self.public, *self.held_out)


def gaps(cells: Iterable[Scored]) -> list[Gap]:
    """One row a TUI x model, sorted, models before controls."""
    groups: dict[tuple[bool, str, str], list[Scored]] = {}
    for cell in cells:
        groups.setdefault((cell.control, cell.tui, cell.model), []).append(cell)
    return [_gap(*key, found) for key, found in sorted(groups.items())]


def _gap(control: bool, tui: str, model: str, cells: Sequence[Scored]) -> Gap:  # the key of a group
    sides = [{c.base for c in cells if c.held_out is held} for held in (False, True)]
    shared = sorted(sides[0] & sides[1])
    tables = [(_count(cells, base, held=False), _count(cells, base, held=True)) for base in shared]
    return Gap(
        tui=tui,
        model=model,
        control=control,
        public=_total(public for public, _ in tables),
        held_out=_total(held for _, held in tables),
        bases=len(shared),
        left_out=sum(c.base not in shared for c in cells),
        clustered=_bootstrap(tables),
    )


Counted = tuple[int, int]
"""Passed, scored."""


def _count(cells: Sequence[Scored], base: str, *, held: bool) -> Counted:
    chosen = [c.passed for c in cells if c.base == base and c.held_out is held]
    return sum(chosen), len(chosen)


def _total(counts: Iterable[Counted]) -> Counted:
    listed = list(counts)
    return sum(c[0] for c in listed), sum(c[1] for c in listed)


def _bootstrap(tables: Sequence[tuple[Counted, Counted]]) -> tuple[float, float] | None:
    """Percentiles of the gap when whole base tasks are drawn anew, both sides of each together: a paired cluster
    bootstrap (A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application, 1997). Its draws are the same
    every time."""
    if len(tables) < LEAST_BASES:
        return None
    draws = random.Random(20_260_101)  # noqa: S311  # resampling, no secret
    found = []
    for _ in range(DRAWS):
        drawn = draws.choices(tables, k=len(tables))
        public, held = _total(p for p, _ in drawn), _total(h for _, h in drawn)
        found.append(public[0] / public[1] - held[0] / held[1])
    found.sort()
    return found[round(0.025 * DRAWS)], found[round(0.975 * DRAWS) - 1]
