"""Two sides of the same cells, paired: what the one does better or worse than the other, and how sure that is.

A side is a value of one dimension (a plugin stack, a TUI, a model, a sweep); two cells are a pair where they agree in
all others. A pair of which a side has no score is missing, and counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from codingagentbench.errors import UsageError
from codingagentbench.stats.paired import (
    SEED,
    Figure,
    Interval,
    Pair,
    bootstrap,
    difference_of,
    estimate,
    mcnemar_exact,
    paired_difference_interval,
    ratio_of,
)

Dimension = Literal["plugin_stack", "tui", "model", "sweep"]
DIMENSIONS: tuple[Dimension, ...] = ("plugin_stack", "tui", "model", "sweep")
METRICS = ("tokens", "latency", "blast_radius")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a comparison reads of a cell. None: not known, or no score."""

    sweep: str
    tui: str
    model: str
    plugin_stack: str
    task: str
    repetition: int
    passed: float | None
    tokens: float | None = None
    latency: float | None = None
    """Wall-clock seconds."""
    blast_radius: float | None = None
    """Without declared droppings."""
    tui_verified: bool = True
    plugins_skipped: bool = False
    """The TUI does not take all plugins of the stack: the cell does not show what the stack does."""

    def side(self, by: Dimension) -> str:
        """The value that is compared."""
        return str(getattr(self, by))

    def rest(self, by: Dimension) -> tuple[object, ...]:
        """What both cells of a pair have in common. Sweeps differ in name only where they are what is compared."""
        parts = {k: getattr(self, k) for k in ("sweep", "tui", "model", "plugin_stack")}
        del parts[by]
        return (*parts.values(), self.task, self.repetition)


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One figure over the pairs in which both sides know it; b against a, 95 % intervals. None: it cannot be said."""

    n: int
    tasks: int
    mean_a: float | None
    mean_b: float | None
    difference: float | None
    difference_interval: Interval | None
    ratio: float | None = None
    """Sum of b over sum of a."""
    ratio_interval: Interval | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Side b against side a, the baseline."""

    by: str
    a: str
    b: str
    pairs: int
    """In which both sides have a score."""
    tasks: int
    missing_a: int
    """Pairs in which only b has a score."""
    missing_b: int
    missing_both: int
    plugins_skipped: int
    """Pairs left out because a TUI does not take the stack."""
    pass_rate: Metric
    both_passed: int
    neither_passed: int
    wins: int
    """Pairs in which only b passed."""
    losses: int
    """Pairs in which only a passed."""
    mcnemar_p: float | None
    """Exact, two-sided, over pairs; takes them as independent. None: no pair differs."""
    mcnemar_p_by_task: float | None
    """The same over tasks, each won by the side that passed more often: holds where tasks have several pairs."""
    tokens: Metric
    latency: Metric
    blast_radius: Metric
    seed: int = SEED
    controls: bool = False
    """Among the models are controls: scripted, so nothing here says what a model would gain."""
    unverified: list[str] = []
    """CLIs among the cells of both sides whose catalogue entry was written after their documentation and never run."""

    @property
    def ties(self) -> int:
        """Pairs in which both did the same."""
        return self.both_passed + self.neither_passed


@dataclass
class _Sorted:
    """Pairs with two scores, and how many have not."""

    scored: list[tuple[Cell, Cell]] = field(default_factory=list)
    missing: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("a", "b", "both", "skipped"), 0))


def sides(cells: Iterable[Cell], by: Dimension) -> list[str]:
    """The values that are there, sorted; factory before all stacks."""
    return sorted({c.side(by) for c in cells}, key=lambda name: (by != "plugin_stack" or name != "factory", name))


def compare(cells: Sequence[Cell], by: Dimension, a: str, b: str) -> Comparison:
    """Side `b` against side `a`. Raises UsageError where a side has no cell or no cell of `a` has its like in `b`."""
    for name in (a, b):
        if name not in (known := sides(cells, by)):
            msg = f"no cell has {by} {name!r}: accepted: {', '.join(known) or 'nothing: there are no cells'}"
            raise UsageError(msg)
    left, right = (_by_rest(cells, by, name) for name in (a, b))
    if not left.keys() & right.keys():
        msg = f"{a!r} and {b!r} have no pair: no two cells of theirs agree in all but {by}"
        raise UsageError(msg)
    found = _sort_out(left, right)
    passed = [Pair(x.task, x.passed or 0, y.passed or 0) for x, y in found.scored]
    wins, losses = sum(p.b > p.a for p in passed), sum(p.b < p.a for p in passed)
    both = sum(p.a == 1 and p.b == 1 for p in passed)
    return Comparison(
        by=by,
        a=a,
        b=b,
        pairs=len(passed),
        tasks=len({p.task for p in passed}),
        missing_a=found.missing["a"],
        missing_b=found.missing["b"],
        missing_both=found.missing["both"],
        plugins_skipped=found.missing["skipped"],
        pass_rate=_metric(passed, paired_difference_interval(passed)),
        both_passed=both,
        neither_passed=len(passed) - both - wins - losses,
        wins=wins,
        losses=losses,
        mcnemar_p=mcnemar_exact(wins, losses),
        mcnemar_p_by_task=mcnemar_exact(*_won_tasks(passed)),
        tokens=_of(found.scored, "tokens"),
        latency=_of(found.scored, "latency"),
        blast_radius=_of(found.scored, "blast_radius"),
        unverified=sorted({c.tui for side in (left, right) for c in side.values() if not c.tui_verified}),
        controls=any(x.model.startswith("control/") for pair in found.scored for x in pair),
    )


def _by_rest(cells: Iterable[Cell], by: Dimension, name: str) -> dict[tuple[object, ...], Cell]:
    return {c.rest(by): c for c in cells if c.side(by) == name}


def _sort_out(left: Mapping[tuple[object, ...], Cell], right: Mapping[tuple[object, ...], Cell]) -> _Sorted:
    found = _Sorted()
    for rest in sorted(left.keys() | right.keys(), key=str):
        x, y = left.get(rest), right.get(rest)
        has_a, has_b = x is not None and x.passed is not None, y is not None and y.passed is not None
        if (x and x.plugins_skipped) or (y and y.plugins_skipped):
            found.missing["skipped"] += 1
        elif x and y and has_a and has_b:
            found.scored.append((x, y))
        else:
            found.missing["b" if has_a else "a" if has_b else "both"] += 1
    return found


def _of(scored: Sequence[tuple[Cell, Cell]], name: str) -> Metric:
    values = ((x.task, getattr(x, name), getattr(y, name)) for x, y in scored)
    pairs = [Pair(task, a, b) for task, a, b in values if a is not None and b is not None]
    metric = _metric(pairs, bootstrap(pairs, difference_of))
    return msgspec.structs.replace(metric, ratio=estimate(pairs, ratio_of), ratio_interval=bootstrap(pairs, ratio_of))


def _metric(pairs: Sequence[Pair], interval: Interval | None) -> Metric:
    def mean(side: Figure) -> float | None:
        return estimate(pairs, side)

    return Metric(
        n=len(pairs),
        tasks=len({p.task for p in pairs}),
        mean_a=mean(lambda a, _b, n: a / n if n else None),
        mean_b=mean(lambda _a, b, n: b / n if n else None),
        difference=mean(difference_of),
        difference_interval=interval,
    )


def _won_tasks(passed: Sequence[Pair]) -> tuple[int, int]:
    balance: dict[str, float] = {}
    for pair in passed:
        balance[pair.task] = balance.get(pair.task, 0) + pair.b - pair.a
    return sum(v > 0 for v in balance.values()), sum(v < 0 for v in balance.values())
