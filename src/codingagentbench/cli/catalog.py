"""`cab catalog`."""

import json
from typing import Annotated

import typer

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.schema import schemas
from codingagentbench.cli.options import CatalogOption
from codingagentbench.errors import unknown_name

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Kind = Annotated[str | None, typer.Argument(help="One kind of file; all where it is left out.")]


@app.command()
def check(catalog: CatalogOption = None) -> None:
    """Read every file of the catalogue; prints every fault, one a line, and exits 2 where there is one."""
    entries = open_catalog(catalog or [])
    faults = entries.check()
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise typer.Exit(2)
    kinds = ("task_places", "tuis", "models", "prices", "plugins", "toolchains", "sweep_files")
    counts = ", ".join(f"{len(getattr(entries, kind))} {kind.split('_')[0].rstrip('s')}s" for kind in kinds)
    typer.echo(f"no faults: {counts}")


@app.command()
def schema(kind: Kind = None) -> None:
    """Print the JSON Schemas of the catalogue's files."""
    known = schemas()
    if kind is not None and kind not in known:
        raise unknown_name("kind of catalogue file", kind, known)
    typer.echo(json.dumps(known[kind] if kind else known, indent=2))
