"""The pages that list cells: the index, a sweep, one TUI x model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codingagentbench.site.cells import CellSummary
from codingagentbench.site.listed import listed_cell
from codingagentbench.site.matrix import AXES, calibration, matrix, square
from codingagentbench.site.sweeps import Sweep
from codingagentbench.site.task_view import TaskPage
from codingagentbench.site.text import DASH, Figure, count, unknown, url_path

MAX_SKIPPED = 500


@dataclass(frozen=True, slots=True)
class ListedSweep:
    """One row of the table of sweeps; the figures in the order of `Sweep.counts`."""

    sweep_id: str
    href: str
    newest: str
    figures: Sequence[Figure]


def index_context(sweeps: Sequence[Sweep], tasks: Sequence[TaskPage]) -> dict[str, Any]:
    """The matrix of the newest sweep with real models, the calibration of the newest with controls; all else."""
    measured = next((s for s in sweeps if any(c.control is None for c in s.cells)), None)
    calibrated = next((s for s in sweeps if any(c.control is not None for c in s.cells)), None)
    return {
        "sweep": listed_sweep(measured) if measured else None,
        "grid": matrix(measured.cells, measured.skipped_by_pair()) if measured else None,
        "control_sweep": listed_sweep(calibrated) if calibrated else None,
        "controls": calibration(calibrated.cells) if calibrated else None,
        "axes": AXES,
        "sweeps": [listed_sweep(sweep) for sweep in sweeps],
        "tasks": [task.row() for task in tasks],
    }


def sweep_context(sweep: Sweep) -> dict[str, Any]:
    """One sweep with its denominators."""
    return {
        "sweep": listed_sweep(sweep),
        "grid": matrix(sweep.cells, sweep.skipped_by_pair()),
        "controls": calibration(sweep.cells),
        "axes": AXES,
        "outcomes": sweep.outcomes,
        "skipped": sweep.skipped[:MAX_SKIPPED],
        "skipped_count": len(sweep.skipped),
    }


def pair_context(cells: Sequence[CellSummary]) -> dict[str, Any]:
    """One TUI x model in one sweep; `cells` is not empty."""
    first = cells[0]
    return {
        "tui": first.tui,
        "verified": first.tui_verified,
        "model": first.model,
        "control": first.control,
        "sweep_id": first.sweep_id,
        "sweep_href": url_path(f"sweep/{first.sweep_id}/index.html"),
        "square": square(cells),
        "axes": AXES,
        "cells": [listed_cell(c, f"{c.task_id}{c.variant}") for c in cells],
    }


def listed_sweep(sweep: Sweep) -> ListedSweep:
    """A sweep as a row."""
    figures = [unknown("the sweep's journal is not here") if n is None else count(n) for n in sweep.counts.values()]
    return ListedSweep(sweep.sweep_id, url_path(sweep.page), _day_and_time(sweep.started_at), figures)


def _day_and_time(stamp: str) -> str:
    """`2026-06-16 18:37 UTC`."""
    return f"{stamp[:10]} {stamp[11:16]} UTC" if stamp else DASH
