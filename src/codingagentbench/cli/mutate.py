"""`cab mutate`."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.mutants import mutant_row, print_revealed, print_yields, yield_row
from codingagentbench.cli.options import CatalogOption, JsonOption, ResultsOption
from codingagentbench.cli.tables import make_console
from codingagentbench.errors import UsageError
from codingagentbench.mutation.mutate import Seed, Yield
from codingagentbench.mutation.run import run_mutate
from codingagentbench.paths import results_root
from codingagentbench.sweep.held_out import revealed


def command(
    task: Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="Ids of tasks.")] = None,
    seed: Annotated[str | None, typer.Option(help="Decides everything: the same seed makes the same mutants.")] = None,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Mutants of each task, at most.")] = 1,
    out: Annotated[Path, typer.Option(help="The catalogue folder to write them below.")] = Path("mutants"),
    sandbox: Annotated[str, typer.Option(help="bubblewrap, docker or none.")] = "bubblewrap",
    workers: Annotated[int | None, typer.Option(min=1, help="Trials at a time. [default: one a core]")] = None,
    reveal: Annotated[
        str | None, typer.Option(metavar="SWEEP", help="Publish the seed of a sweep's held-out tasks; makes nothing.")
    ] = None,
    json: JsonOption = False,
    results: ResultsOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Make tasks out of the correct source of tasks: one mistake put in, names and prompt changed by the seed.

    Kept are mutants that still build and that the hidden tests kill. Run them with `--catalog OUT`. Exits 1 when a
    task has fewer than --count.

    --reveal checks that every held-out cell of the sweep carries the commitment to the seed, and writes seed and nonce
    to held-out.json beside the cells. Anybody can then make the same tasks with --seed: their names are their content.
    """
    if reveal is not None:
        print_revealed(revealed(results or results_root(), reveal), json=json)
        return
    if not task or seed is None:
        msg = "give tasks and a --seed: cab mutate polyglot/python-recurring-dates --seed 1"
        raise UsageError(msg)
    console = make_console(stderr=json)

    def done(result: Yield) -> None:
        if json:
            rows = [*map(mutant_row, result.mutants), yield_row(result)]
            sys.stdout.buffer.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
            sys.stdout.buffer.flush()

    found = run_mutate(
        open_catalog(catalog or []),
        list(dict.fromkeys(task)),
        Seed(seed),
        count=count,
        out=out,
        sandbox=sandbox,
        workers=workers,
        log=lambda line: console.print(Text(line, style="dim")),
        done=done,
    )
    if not json:
        print_yields(console, found)
        console.print(Text(f"run them: cab sweep --task 'mutations/...' --catalog {out}", style="dim"))
    raise typer.Exit(1 if any(len(f.mutants) < count for f in found) else 0)
