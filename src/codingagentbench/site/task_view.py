"""Task pages: what a task tells the agent, what it allows, and the cells that ran on it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from codingagentbench.catalog.agents_md import constraint_text
from codingagentbench.catalog.behaviour_text import duties, right_answer
from codingagentbench.catalog.load import Catalog
from codingagentbench.catalog.tasks import TaskFolder
from codingagentbench.errors import UsageError
from codingagentbench.site.cells import CellSummary
from codingagentbench.site.listed import listed_cell
from codingagentbench.site.text import DASH, TIMES, Figure, not_applicable, url_path

MAX_CELLS = 1_000


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One task. `folder` is None where the catalogue does not hold it."""

    task_id: str
    folder: TaskFolder | None
    cells: Sequence[CellSummary]

    @property
    def page(self) -> str:
        """Its path below the site's root."""
        return f"task/{self.task_id}/index.html"

    @property
    def digest(self) -> str | None:
        """Of the task's folder."""
        return self.folder.digest if self.folder else None

    def row(self) -> dict[str, Any]:
        """The task in the index's table."""
        task = self.folder.task if self.folder else None
        return {
            "task_id": self.task_id,
            "href": url_path(self.page),
            "title": task.title if task else "not in this catalogue",
            "language": task.language if task else DASH,
            "answer": ("refusal" if task.expected_refusal else "solution") if task else DASH,
            "cells": len(self.cells),
        }


def task_pages(catalog: Catalog | None, cells: Sequence[CellSummary], problems: list[str]) -> list[TaskPage]:
    """Every task that the catalogue or a record knows, by id. A task that is wrong costs a line in `problems`."""
    grouped: dict[str, list[CellSummary]] = defaultdict(list)
    for cell in cells:
        grouped[cell.task_id].append(cell)
    known = set(catalog.task_places) if catalog else set()
    return [TaskPage(t, _folder(catalog, t, problems), grouped.get(t, [])) for t in sorted(known | grouped.keys())]


def _folder(catalog: Catalog | None, task_id: str, problems: list[str]) -> TaskFolder | None:
    if catalog is None or task_id not in catalog.task_places:
        return None
    try:
        return catalog.task(task_id)
    except UsageError as error:
        if str(error) not in problems:
            problems.append(str(error))
        return None


def task_context(page: TaskPage) -> dict[str, Any]:
    """The template's variables."""
    folder = page.folder
    cells = sorted(page.cells, key=lambda c: c.control is not None)[:MAX_CELLS]
    context: dict[str, Any] = {
        "task_id": page.task_id,
        "family": page.task_id.partition("/")[0],
        "folder": folder,
        "cells": [listed_cell(c, f"{c.tui} {TIMES} {c.model}{c.variant} ({c.sweep_id})") for c in cells],
        "cells_count": len(page.cells),
    }
    return context | (_catalogue_part(folder) if folder else {})


def _catalogue_part(folder: TaskFolder) -> dict[str, Any]:
    task = folder.task
    return {
        "constraints": [(c.kind, constraint_text(c)) for c in task.constraints],
        "right": right_answer(task),
        "duties": list(duties(task.behaviour)) if task.behaviour else [],
        "facts": [
            ("task_id", Figure(task.id)),
            ("family", Figure(task.family)),
            ("language", Figure(task.language)),
            ("version", Figure(task.version)),
            ("task_added_date", Figure(task.added.isoformat())),
            ("source", Figure(task.source)),
            ("task_digest", Figure(folder.digest)),
            ("toolchains", _listed(task.toolchains, "this task needs none")),
        ],
        "budget": [
            ("max_turns", Figure(str(task.budget.max_turns))),
            ("timeout_s", Figure(str(task.budget.timeout_s))),
            ("scorer.kind", Figure(task.scorer.kind)),
            ("ground_truth_files", Figure(", ".join(task.ground_truth_files))),
            ("expected_refusal", Figure("yes" if task.expected_refusal else "no")),
            ("protected", _listed(task.protected, "no file is restored before grading")),
        ],
    }


def _listed(values: Sequence[str], why_none: str) -> Figure:
    return Figure(", ".join(values)) if values else not_applicable(why_none)
