"""`cab score`."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.options import CatalogOption, JsonOption, ResultsOption, SweepFilter
from codingagentbench.cli.tables import make_console
from codingagentbench.paths import results_root
from codingagentbench.runner.score import rescore
from codingagentbench.scoring.agreement import disagreements
from codingagentbench.scoring.methodology import METHODOLOGIES
from codingagentbench.store.attempts import latest_attempt, latest_attempts
from codingagentbench.wording import counted

_SHOWN = 5
Cell = Annotated[str | None, typer.Argument(help="One cell; all cells (of --sweep) where it is left out.")]


def command(
    cell: Cell = None,
    sweep: SweepFilter = None,
    json: JsonOption = False,
    results: ResultsOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Score stored cells again from their evidence, running nothing; records are not changed.

    Exits 1 when a figure differs from the sealed one. Figures that are younger than a record are computed and shown,
    and are no difference.
    """
    place, entries = results or results_root(), open_catalog(catalog or [])
    attempts = [latest_attempt(place, cell)] if cell else latest_attempts(place, sweep)
    console, differing, count = make_console(), 0, 0
    for attempt in attempts:
        axes, composites = rescore(attempt, entries)
        found = disagreements(attempt.stored(), axes, composites)
        same, count = not found, count + 1
        differing += not same
        if json:
            row = {"cell_id": attempt.record.cell_id, "same": same, "axes": axes, "composite": composites}
            row["differences"] = found
            sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")
        elif not same:
            console.print(Text(f"differs from its record: {attempt.record.cell_id}"))
            for difference in found[:_SHOWN]:
                console.print(Text(f"  {difference}", style="dim"))
    if not json:
        cells_done = counted(count, "cell")
        console.print(f"{cells_done} scored again by methodology {', '.join(METHODOLOGIES)}: {differing} differing")
    raise typer.Exit(1 if differing else 0)
