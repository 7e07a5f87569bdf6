"""Imported tasks, as a table for people and as rows for programs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from codingagentbench.catalog.load import Catalog

if TYPE_CHECKING:
    from codingagentbench.importers.view import Imported


def import_row(one: "Imported") -> dict[str, object]:
    """One line of `cab task import --json`. `task_id` is null where the task is refused."""
    task = one.task
    return {
        "source": str(one.source),
        "task_id": task.task.id if task else None,
        "language": task.task.language if task else None,
        "tests": len(task.task.scorer.tests) if task else None,
        "digest": task.digest if task else None,
        "refused": one.refused,
        "notes": one.notes,
    }


def print_imported(console: Console, found: Sequence["Imported"]) -> None:
    """Every task with its notes, or the reasons why it is refused; the counts at the end."""
    for one in found:
        if one.task is not None:
            line = Text.assemble((one.task.task.id, "green"), f"  {one.task.task.language}")
            console.print(line, soft_wrap=True)
            for note in one.notes:
                console.print(Text(f"  note: {note}", style="dim"), soft_wrap=True)
        for reason in one.refused:
            console.print(Text.assemble(("refused: ", "yellow"), reason), soft_wrap=True)
    loaded = sum(one.task is not None for one in found)
    console.print(Text(f"{loaded} of {len(found)} loaded, {len(found) - loaded} refused"))


def warn_of_refused(catalog: Catalog) -> None:
    """One line on standard error where sources of the catalogue hold tasks that are refused."""
    if not catalog.sources:
        return
    refused = sum(one.task is None for one in catalog.imported)
    if refused:
        typer.echo(
            f"{refused} of {len(catalog.imported)} imported tasks are refused: `cab task import` says why", err=True
        )
