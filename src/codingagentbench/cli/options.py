"""Options that several verbs share, each written once."""

from pathlib import Path
from typing import Annotated

import typer

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
