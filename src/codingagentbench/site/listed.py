"""A cell as a row of a table of cells."""

from collections.abc import Sequence
from dataclasses import dataclass

from codingagentbench.site.cells import CellSummary
from codingagentbench.site.text import Figure, count, not_applicable, ratio, seconds, unknown


@dataclass(frozen=True, slots=True)
class ListedCell:
    """One row of a table of cells; the figures in the order of its columns."""

    cell: CellSummary
    label: str
    figures: Sequence[Figure]


def listed_cell(cell: CellSummary, label: str) -> ListedCell:
    """A cell as a row under `label`."""
    figures = [
        _scored(cell, ratio(cell.composite)),
        _tokens(cell),
        seconds(cell.wall_clock_ms),
        ratio(cell.blast_radius),
        not_applicable("not asked of this task") if cell.refusal is None else ratio(cell.refusal),
        ratio(cell.integrity),
        not_applicable("no constraints, or one could not be decided")
        if cell.fidelity is None
        else ratio(cell.fidelity),
    ]
    return ListedCell(cell, label, figures)


def _scored(cell: CellSummary, figure: Figure) -> Figure:
    return unknown("a cell without a score has no composite") if cell.verdict == "none" else figure


def _tokens(cell: CellSummary) -> Figure:
    if cell.verdict == "fail" and cell.tokens_per_correct is None:
        return not_applicable("tokens per correct task need a correct task")
    return count(cell.tokens_per_correct)
