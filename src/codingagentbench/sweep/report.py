"""What is said of cells: one row a cell for scripts, one line a TUI x model for people."""

import math
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from codingagentbench.errors import UsageError
from codingagentbench.paths import cell_folder
from codingagentbench.stats.intervals import Rate
from codingagentbench.store.attempts import read_attempt, sealed_attempts
from codingagentbench.store.record import Record
from codingagentbench.sweep.failures import FAILURES
from codingagentbench.sweep.journal import Journal, JournalRow
from codingagentbench.sweep.plan import PlannedCell

Cells = Iterable[tuple[PlannedCell, Record | None]]


def journalled_cells(results: Path, sweep: str | None = None) -> Iterator[tuple[PlannedCell, Record | None]]:
    """Every cell of every sweep (or of one) in its plan's order, with its newest sealed record.

    Raises UsageError where `sweep` has no results.
    """
    for folder in _sweeps(results, sweep):
        journal = Journal(folder / "journal.sqlite")
        try:
            rows = list(journal.rows())
        finally:
            journal.close()
        for row in rows:
            sealed = sealed_attempts(cell_folder(results, row.plan.cell_id))
            yield _why_not_run(row), read_attempt(sealed[-1]).record if sealed else None


def _why_not_run(row: JournalRow) -> PlannedCell:
    """The plan of a cell; of one that the sweep left unrun, with the reason."""
    if row.state != "planned" or row.outcome is None or row.plan.skip is not None:
        return row.plan
    return msgspec.structs.replace(row.plan, skip_outcome=row.outcome, skip=FAILURES[row.outcome].words)


def _sweeps(results: Path, sweep: str | None) -> list[Path]:
    found = sorted(f.parent for f in results.glob("*/journal.sqlite"))
    if sweep is None:
        return found
    chosen = [f for f in found if f.name == sweep]
    if not chosen:
        known = ", ".join(f.name for f in found) or "none"
        msg = f"no sweep {sweep!r} in {results}: there are: {known}"
        raise UsageError(msg)
    return chosen


def cell_row(plan: PlannedCell, record: Record | None) -> dict[str, Any]:
    """The cell as a flat object: identity, outcome, every axis's headline figure. null is unknown.

    Every row has the same keys; of a cell without a record everything that was measured is null.
    """
    return {
        "cell_id": plan.cell_id,
        "tui": plan.tui,
        "tui_verified": plan.tui_verified,
        "model": plan.model,
        "task_id": plan.task_id,
        "base_task": plan.base_task,
        "variant": plan.variant,
        "plugin_stack": list(plan.plugin_stack),
        "repetition": plan.repetition,
        "outcome": record.outcome if record else plan.skip_outcome or "not_run",
        "outcome_detail": record.outcome_detail if record else plan.skip,
        **{key: figure(record) if record else None for key, figure in _FIGURES.items()},
    }


def _refusal(record: Record) -> float | None:
    return None if record.axes.refusal.not_applicable else record.axes.refusal.refusal


_FIGURES: dict[str, Callable[[Record], Any]] = {
    "cause": lambda r: r.cause,
    "scored": lambda r: FAILURES[r.outcome].scored,
    "attempt": lambda r: r.attempt,
    "pass_rate": lambda r: r.axes.pass_rate.pass_,
    "tokens": lambda r: r.axes.tokens.total_tokens,
    "tokens_estimated": lambda r: r.axes.tokens.estimated_calls > 0,
    "prompt_tokens": lambda r: r.axes.tokens.prompt_tokens,
    "completion_tokens": lambda r: r.axes.tokens.completion_tokens,
    "cost_usd": lambda r: r.axes.tokens.cost_usd,
    "known_cost_usd": lambda r: r.axes.tokens.known_cost_usd,
    "price": lambda r: r.axes.tokens.price,
    "model_calls": lambda r: r.axes.tokens.model_calls,
    "wall_clock_ms": lambda r: r.axes.latency.wall_clock_ms,
    "model_call_ms": lambda r: r.axes.latency.model_call_ms,
    "blast_radius": lambda r: r.axes.blast_radius.blast_radius,
    "blast_radius_without_droppings": lambda r: r.axes.blast_radius.blast_radius_without_droppings,
    "refusal": _refusal,
    "refusal_correct": lambda r: r.axes.refusal.refusal_correct,
    "integrity": lambda r: r.axes.integrity.integrity,
    "fidelity": lambda r: r.axes.fidelity.fidelity,
    "composite": lambda r: {version: c.composite for version, c in r.composite.items()},
    "citable": lambda r: r.citable,
    "control": lambda r: r.control,
    "as_expected": lambda r: r.control_verdict.as_expected if r.control_verdict else None,
    "deviations": lambda r: r.control_verdict.deviations if r.control_verdict else [],
}


@dataclass(frozen=True, slots=True)
class Summary:
    """One TUI x model over its tasks. Medians are over the scored cells; None where there are none."""

    tui: str
    tui_verified: bool
    model: str
    control: bool
    passed: Rate
    skipped: int
    as_expected: tuple[int, int] | None
    """Controls: how many got their verdict, of how many."""
    wall_s: float | None
    tokens: float | None
    cost_usd: float | None
    """Sum over the cells that ran, unscored ones too: it was spent. None as soon as one is unknown."""
    known_cost_usd: float | None
    blast_radius: float | None
    """Mean, without declared droppings."""
    integrity: float | None
    fidelity: float | None


def summaries(cells: Cells) -> list[Summary]:
    """A row for every TUI x model, in the order in which they first come."""
    groups: dict[tuple[str, str], list[tuple[PlannedCell, Record | None]]] = {}
    for plan, record in cells:
        groups.setdefault((plan.model, plan.tui), []).append((plan, record))
    return [_summary(tui, model, group) for (model, tui), group in groups.items()]


def _summary(tui: str, model: str, group: list[tuple[PlannedCell, Record | None]]) -> Summary:
    run = [r for _, r in group if r is not None]
    scored = [r for r in run if FAILURES[r.outcome].scored]
    verdicts = [r.control_verdict.as_expected for r in run if r.control_verdict]
    return Summary(
        tui=tui,
        tui_verified=all(plan.tui_verified for plan, _ in group),
        model=model,
        control=any(r.control for r in run),
        passed=Rate(
            planned=len(group),
            run=len(run),
            scored=len(scored),
            infrastructure=len(run) - len(scored),
            successes=sum(r.axes.pass_rate.pass_ == 1 for r in scored),
        ),
        skipped=len(group) - len(run),
        as_expected=(sum(verdicts), len(verdicts)) if verdicts else None,
        wall_s=_seconds(_median(r.axes.latency.wall_clock_ms for r in scored)),
        tokens=_median(r.axes.tokens.total_tokens for r in scored),
        cost_usd=_sum([r.axes.tokens.cost_usd for r in run if r.axes.tokens.model_calls]),
        known_cost_usd=_known_sum(r.axes.tokens.known_cost_usd for r in run),
        blast_radius=_mean(r.axes.blast_radius.blast_radius_without_droppings for r in scored),
        integrity=_mean(r.axes.integrity.integrity for r in scored),
        fidelity=_mean(r.axes.fidelity.fidelity for r in scored),
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return statistics.median(known) if known else None


def _sum(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return math.fsum(known) if values and len(known) == len(values) else None


def _known_sum(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return math.fsum(known) if known else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return statistics.fmean(known) if known else None


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
