"""Options that several verbs share, each written once."""

from pathlib import Path
from typing import Annotated

import typer

from codingagentbench.errors import UsageError

ResultsOption = Annotated[
    Path | None,
    typer.Option(
        "--results", help="Folder of the results. [default: $CAB_RESULTS, else ./results]", show_default=False
    ),
]
CatalogOption = Annotated[
    list[Path] | None,
    typer.Option("--catalog", help="A further catalogue folder; repeatable, adds to ours. [also: $CAB_CATALOG]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON on standard output, for scripts.")]
SweepFilter = Annotated[str | None, typer.Option("--sweep", help="Only the cells of this sweep.")]
FORMATS = "harbor, exercism or swebench"
TasksFromOption = Annotated[
    list[Path] | None,
    typer.Option("--tasks-from", help="Tasks in another format, seen as ours; repeatable. Needs --format."),
]
FormatOption = Annotated[str | None, typer.Option("--format", help=f"Format of --tasks-from: {FORMATS}.")]


def sources_of(places: list[Path] | None, form: str | None) -> list[tuple[Path, str]]:
    """Path and format of each of `places`. Raises UsageError where one option is there without the other."""
    if bool(places) != (form is not None):
        msg = f"--tasks-from and --format go together: accepted: --format {FORMATS}"
        raise UsageError(msg)
    return [(place, form) for place in places or [] if form is not None]
