"""Stored cells as comparisons read them."""

from collections.abc import Iterator
from pathlib import Path

from codingagentbench.stats.compare import Cell
from codingagentbench.store.record import Record
from codingagentbench.sweep.failures import FAILURES
from codingagentbench.sweep.plan import PlannedCell
from codingagentbench.sweep.report import journalled_cells
from codingagentbench.sweep.spec import stack_name


def compared_cells(results: Path, sweep: str | None = None) -> Iterator[Cell]:
    """Every planned cell of every sweep (or of one) with its newest attempt's figures.

    Raises UsageError where `sweep` has no results.
    """
    for plan, record in journalled_cells(results, sweep):
        yield _cell(plan, record)


def _cell(plan: PlannedCell, record: Record | None) -> Cell:
    scored = record is not None and FAILURES[record.outcome].scored
    axes = record.axes if record is not None and scored else None
    wall = axes.latency.wall_clock_ms if axes else None
    plugins = record.applied_plugins if record else None
    return Cell(
        sweep=plan.sweep_id,
        tui=plan.tui,
        model=plan.model,
        plugin_stack=stack_name(plan.plugin_stack),
        task=plan.task_id,
        repetition=plan.repetition,
        passed=axes.pass_rate.pass_ if axes else None,
        tokens=axes.tokens.total_tokens if axes else None,
        latency=wall / 1000 if wall is not None else None,
        blast_radius=axes.blast_radius.blast_radius_without_droppings if axes else None,
        tui_verified=plan.tui_verified,
        plugins_skipped=bool(plugins and plugins.skipped),
    )
