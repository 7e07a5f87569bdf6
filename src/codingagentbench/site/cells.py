"""What the site knows of every cell at once: a small summary a cell, enough for matrices, links and page keys."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codingagentbench.paths import cell_folder
from codingagentbench.site.text import url_path
from codingagentbench.store.attempts import Attempt, latest_attempts
from codingagentbench.store.record import Record
from codingagentbench.sweep.failures import FAILURES

Verdict = Literal["pass", "fail", "none"]
INFRASTRUCTURE = frozenset({"model_endpoint", "sandbox", "harness"})
HEADLINE_METHODOLOGY = "v1"


@dataclass(frozen=True, slots=True)
class CellSummary:
    """One cell's headline figures; None is unknown. `verdict` is `none` where the cell has no score."""

    folder: Path
    stamp: str
    """Changes exactly when record.json does."""
    cell_id: str
    href: str
    """The page's path as it stands in a link."""
    sweep_id: str
    tui: str
    tui_verified: bool
    model: str
    family: str
    task_id: str
    variant: str
    """What follows the task in the cell id: plugin stack and repetition."""
    repetition: int
    control: str | None
    outcome: str
    label: str
    """The outcome in words: `passed`, `agent timeout`."""
    cause: str
    verdict: Verdict
    citable: bool
    as_expected: bool | None
    deviations: tuple[str, ...]
    started_at: str
    composite: float | None
    wall_clock_ms: float | None
    tokens_per_correct: float | None
    total_tokens: int | None
    model_calls: int | None
    blast_radius: float | None
    blast_without_droppings: float | None
    refusal: float | None
    integrity: float | None
    fidelity: float | None

    @property
    def page(self) -> str:
        """The cell page's path below the site's root."""
        return f"cell/{self.cell_id}/index.html"

    @property
    def badge(self) -> str:
        """The badge's path below the site's root."""
        return f"badge/{self.cell_id}.svg"

    @property
    def infrastructure(self) -> bool:
        """No score, and not for anything that the agent did."""
        return self.verdict == "none" and self.cause in INFRASTRUCTURE


def read_cells(results: Path) -> Iterator[CellSummary]:
    """A summary of every sealed cell's newest attempt. Raises StoreError on a damaged record."""
    for attempt in latest_attempts(results):
        yield summarise(attempt)


def summarise(attempt: Attempt) -> CellSummary:
    """The headline figures of one attempt."""
    record, axes = attempt.record, attempt.record.axes
    composite = record.composite.get(HEADLINE_METHODOLOGY)
    verdict = record.control_verdict
    scored = is_scored(record)
    return CellSummary(
        folder=attempt.folder,
        stamp=_stamp(attempt.folder),
        cell_id=record.cell_id,
        href=url_path(f"cell/{record.cell_id}/index.html"),
        sweep_id=record.sweep_id,
        tui=record.tui,
        tui_verified=record.tui_verified,
        model=record.model,
        family=record.task_id.partition("/")[0],
        task_id=record.task_id,
        variant=_variant(record),
        repetition=record.repetition,
        control=record.control,
        outcome=record.outcome,
        label=record.outcome.replace("_", " "),
        cause=record.cause,
        verdict=("pass" if axes.pass_rate.pass_ else "fail") if scored else "none",
        citable=record.citable,
        as_expected=verdict.as_expected if verdict else None,
        deviations=tuple(verdict.deviations) if verdict else (),
        started_at=record.started_at,
        composite=composite.composite if scored and composite else None,
        wall_clock_ms=axes.latency.wall_clock_ms,
        tokens_per_correct=axes.tokens.tokens_per_correct_task,
        total_tokens=axes.tokens.total_tokens,
        model_calls=axes.tokens.model_calls,
        blast_radius=axes.blast_radius.blast_radius,
        blast_without_droppings=axes.blast_radius.blast_radius_without_droppings,
        refusal=None if axes.refusal.not_applicable else axes.refusal.refusal,
        integrity=axes.integrity.integrity,
        fidelity=None if axes.fidelity.not_applicable else axes.fidelity.fidelity,
    )


def is_scored(record: Record) -> bool:
    """The failure table decides; a name that this version's table lacks is scored where it was graded."""
    graded = record.axes.pass_rate.pass_ is not None
    row = FAILURES.get(record.outcome)
    return graded and (row is None or row.scored)


def misplaced(cell: CellSummary, results: Path) -> str | None:
    """Why this record cannot be trusted with a path of the site; None where it lies where its cell id says."""
    parts = cell.cell_id.split("/")
    hidden = any(not part or part.startswith(".") or not part.isprintable() or "\\" in part for part in parts)
    if hidden or cell_folder(results, cell.cell_id) != cell.folder.parent or parts[0] != cell.sweep_id:
        return f"{cell.folder / 'record.json'}: cell_id {cell.cell_id!r}: the folder's place says otherwise: left out"
    return None


def _variant(record: Record) -> str:
    stack = f"+{'+'.join(record.plugin_stack)}" if record.plugin_stack else ""
    return stack + (f"#{record.repetition}" if record.repetition > 1 else "")


def _stamp(folder: Path) -> str:
    facts = os.stat(folder / "record.json")  # noqa: PTH116  # as a hot path: once a cell
    return f"{folder.name}:{facts.st_size}:{facts.st_mtime_ns}"
