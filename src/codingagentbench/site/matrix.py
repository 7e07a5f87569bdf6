"""Aggregates over cells: one TUI x model, one control, one sweep. Every rate carries its n."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from codingagentbench.site.cells import CellSummary
from codingagentbench.site.text import DASH, Figure, count, ratio, seconds, url_path
from codingagentbench.stats.intervals import wilson

_TINTS = 5

AXES: tuple[tuple[str, str, str], ...] = (
    ("pass", "Pass", "cells whose hidden tests all passed / cells with a score, with the Wilson 95 % interval"),
    ("composite", "Composite", "mean composite v1 over cells where it is known; derivative, the axes are canonical"),
    ("tokens", "Tokens/correct", "median tokens per correct task, over passed cells with known usage"),
    ("wall", "Wall", "median wall clock of the agent, over cells with a score"),
    ("blast", "Blast", "mean share of changed files that the task did not ask for; lower is better"),
    ("refusal", "Refusal", "mean refusal score, over tasks that must be refused"),
    ("integrity", "Integrity", "mean integrity, over cells with a score"),
    ("fidelity", "Fidelity", "mean share of the AGENTS.md constraints that were honoured"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One axis in one square of the matrix. `tint` 1 (poor) to 5 (good), 0 for none."""

    axis: str
    text: str
    note: str
    title: str
    tint: int


@dataclass(frozen=True, slots=True)
class Square:
    """One TUI x model: every axis, and where its cells are listed."""

    href: str
    shown: Sequence[Shown]
    no_score: int
    skipped: int


def pair_page(sweep: str, tui: str, model: str) -> str:
    """The path of the page that lists the cells of one TUI x model in one sweep."""
    return f"sweep/{sweep}/{tui}/{model}/index.html"


def square(cells: Sequence[CellSummary], skipped: int = 0) -> Square:
    """The aggregate of one TUI x model; `cells` is not empty."""
    scored = [c for c in cells if c.verdict != "none"]
    first = cells[0]
    return Square(
        href=url_path(pair_page(first.sweep_id, first.tui, first.model)),
        shown=[
            _passes(scored),
            _mean("composite", scored, lambda c: c.composite),
            _median("tokens", [c for c in scored if c.verdict == "pass"], lambda c: c.tokens_per_correct, count),
            _median("wall", scored, lambda c: c.wall_clock_ms, seconds),
            _mean("blast", scored, lambda c: c.blast_radius, lower_is_better=True),
            _mean("refusal", scored, lambda c: c.refusal),
            _mean("integrity", scored, lambda c: c.integrity),
            _mean("fidelity", scored, lambda c: c.fidelity),
        ],
        no_score=len(cells) - len(scored),
        skipped=skipped,
    )


def _passes(scored: Sequence[CellSummary]) -> Shown:
    n, passes = len(scored), sum(c.verdict == "pass" for c in scored)
    interval = wilson(passes, n)
    if interval is None:
        return Shown("pass", DASH, "no score", "none of the cells has a score", 0)
    low, high = interval
    title = f"{passes} of {n} scored cells passed ({passes / n:.0%}); Wilson 95 % interval {low:.3f} to {high:.3f}"
    return Shown("pass", f"{passes}/{n}", f"{low * 100:.0f}{DASH}{high:.0%}", title, _tint(passes / n))


Getter = Callable[[CellSummary], float | None]


def _mean(axis: str, cells: Sequence[CellSummary], get: Getter, *, lower_is_better: bool = False) -> Shown:
    known = [v for c in cells if (v := get(c)) is not None]
    if not known:
        return Shown(axis, DASH, "n = 0", "unknown: no cell has this figure", 0)
    mean = statistics.fmean(known)
    return Shown(
        axis,
        ratio(mean).text,
        f"n = {len(known)}",
        f"mean {mean!r} over {len(known)} cells",
        _tint(1 - mean if lower_is_better else mean),
    )


def _median(axis: str, cells: Sequence[CellSummary], get: Getter, as_figure: Callable[[float | None], Figure]) -> Shown:
    known = [v for c in cells if (v := get(c)) is not None]
    if not known:
        return Shown(axis, DASH, "n = 0", "unknown: no cell has this figure", 0)
    middle = statistics.median(known)
    return Shown(axis, as_figure(middle).text, f"n = {len(known)}", f"median {middle!r} over {len(known)} cells", 0)


def _tint(rate: float) -> int:
    return 1 + min(_TINTS - 1, int(rate * _TINTS))


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of squares: one row a TUI, one column a model; None where a sweep has no such pair."""

    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[object]]]
    unverified: Sequence[str] = ()
    """The TUIs whose catalogue entry was never run by who wrote it."""


Skipped = dict[tuple[str, str], int]
"""(TUI, model) to the number of its cells that were planned and skipped."""


def matrix(cells: Iterable[CellSummary], skipped: Skipped | None = None) -> Grid:
    """The cells that are no controls as TUI x model."""
    return _grid([c for c in cells if c.control is None], lambda group: square(group, _count(skipped, group)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """One TUI x control: in how many cells the control got the verdict that it must get."""

    href: str
    as_expected: int
    judged: int
    no_score: int
    deviations: Sequence[str]


def calibration(cells: Iterable[CellSummary]) -> Grid:
    """The controls as TUI x control; never ranked."""
    return _grid([c for c in cells if c.control is not None], _calibrated)


def _calibrated(group: Sequence[CellSummary]) -> Calibration:
    judged = [c for c in group if c.as_expected is not None]
    first = group[0]
    return Calibration(
        href=url_path(pair_page(first.sweep_id, first.tui, first.model)),
        as_expected=sum(bool(c.as_expected) for c in judged),
        judged=len(judged),
        no_score=len(group) - len(judged),
        deviations=[f"{c.task_id}{c.variant}: {line}" for c in judged if not c.as_expected for line in c.deviations],
    )


def _grid(cells: Sequence[CellSummary], aggregate: Callable[[Sequence[CellSummary]], object]) -> Grid:
    groups: dict[tuple[str, str], list[CellSummary]] = defaultdict(list)
    for cell in cells:
        groups[cell.tui, cell.model].append(cell)
    columns = sorted({c.model for c in cells})
    squares = {pair: aggregate(group) for pair, group in groups.items()}
    rows = [(tui, [squares.get((tui, model)) for model in columns]) for tui in sorted({c.tui for c in cells})]
    return Grid(columns, rows, sorted({c.tui for c in cells if not c.tui_verified}))


def _count(skipped: Skipped | None, group: Sequence[CellSummary]) -> int:
    return (skipped or {}).get((group[0].tui, group[0].model), 0)
