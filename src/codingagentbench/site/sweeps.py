"""Sweeps as the site lists them: what was planned (from the journal), what ran, what has a score, what has none."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codingagentbench.errors import StoreError
from codingagentbench.site.cells import CellSummary


@dataclass(frozen=True, slots=True)
class SkippedCell:
    """A cell that was planned and cannot run here."""

    cell_id: str
    tui: str
    model: str
    task_id: str
    reason: str
    tui_verified: bool = True


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep. `planned` is None where its journal cannot be read."""

    sweep_id: str
    cells: Sequence[CellSummary]
    planned: int | None
    skipped: Sequence[SkippedCell] = field(default=())

    @property
    def page(self) -> str:
        """The sweep page's path below the site's root."""
        return f"sweep/{self.sweep_id}/index.html"

    @property
    def started_at(self) -> str:
        """When its newest cell started: ISO 8601, empty without cells."""
        return max((c.started_at for c in self.cells), default="")

    @property
    def counts(self) -> Mapping[str, int | None]:
        """The denominators, in the order of their table: planned, run, scored, passed, ..."""
        infrastructure = sum(c.infrastructure for c in self.cells)
        scored = sum(c.verdict != "none" for c in self.cells)
        return {
            "planned": self.planned,
            "run": len(self.cells),
            "scored": scored,
            "passed": sum(c.verdict == "pass" for c in self.cells),
            "infrastructure": infrastructure,
            "other_no_score": len(self.cells) - scored - infrastructure,
            "skipped": None if self.planned is None else len(self.skipped),
        }

    @property
    def outcomes(self) -> list[tuple[str, str, int]]:
        """(outcome, verdict, cells) for cells without a score, the most frequent first."""
        tally = Counter((c.label, c.verdict) for c in self.cells if c.verdict == "none")
        return [(label, verdict, n) for (label, verdict), n in tally.most_common()]

    def skipped_by_pair(self) -> dict[tuple[str, str], int]:
        """(TUI, model) to the number of its skipped cells."""
        return dict(Counter((s.tui, s.model) for s in self.skipped))


def read_sweeps(results: Path, cells: Iterable[CellSummary]) -> list[Sweep]:
    """Every sweep that has cells or a journal, the newest first."""
    grouped: dict[str, list[CellSummary]] = defaultdict(list)
    for cell in cells:
        grouped[cell.sweep_id].append(cell)
    journals = {p.parent.name: p for p in results.glob("*/journal.sqlite")}
    sweeps = [_sweep(name, grouped.get(name, []), journals.get(name)) for name in sorted(grouped.keys() | journals)]
    return sorted(sweeps, key=lambda s: s.started_at, reverse=True)


def _sweep(name: str, cells: Sequence[CellSummary], journal: Path | None) -> Sweep:
    if journal is None:
        return Sweep(name, cells, None)
    try:
        planned, skipped = _read_journal(journal)
    except StoreError:  # a damaged or locked journal costs the site one figure, which then says "unknown"
        return Sweep(name, cells, None)
    return Sweep(name, cells, planned, skipped)


def _read_journal(path: Path) -> tuple[int, list[SkippedCell]]:
    from codingagentbench.sweep.journal import Journal  # noqa: PLC0415  # SQLAlchemy takes longer to import than a build

    journal = Journal(path)
    try:
        rows = list(journal.rows())
    finally:
        journal.close()
    skipped = [
        SkippedCell(
            cell_id=r.plan.cell_id,
            tui=r.plan.tui,
            model=r.plan.model,
            task_id=r.plan.task_id,
            reason=r.plan.skip or r.outcome or "",
            tui_verified=r.plan.tui_verified,
        )
        for r in rows
        if r.state == "skipped"
    ]
    return len(rows), skipped
