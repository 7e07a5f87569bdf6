"""`cab cassette`."""

from pathlib import Path
from typing import Annotated

import typer

from codingagentbench.cli.options import ResultsOption
from codingagentbench.gateway.cassettes.cassette import cassette_of
from codingagentbench.gateway.cassettes.exchange import read_cassette, write_cassette
from codingagentbench.paths import results_root
from codingagentbench.store.attempts import latest_attempt
from codingagentbench.wording import counted

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Cell = Annotated[str, typer.Argument(help="A cell id, as `cab cells` prints it; its newest attempt.")]
File = Annotated[Path, typer.Argument(help="A cassette file.")]


@app.command()
def export(cell: Cell, file: File, results: ResultsOption = None) -> None:
    """Write one cell's record, calls and bodies to one file: `cab replay --from FILE` checks it anywhere, offline."""
    cassette = cassette_of(latest_attempt(results or results_root(), cell))
    size = write_cassette(cassette, file)
    typer.echo(f"{file}: {counted(len(cassette.calls), 'call')}, {size} bytes")


@app.command()
def check(file: File) -> None:
    """Check a cassette file against its own digests and say what it holds."""
    cassette = read_cassette(file)
    record = cassette.record
    typer.echo(f"{record.cell_id}: attempt {record.attempt}, {counted(len(cassette.calls), 'call')}, {record.outcome}")
    typer.echo(f"record {cassette.record_digest}, calls {record.receipt.transcript}")
