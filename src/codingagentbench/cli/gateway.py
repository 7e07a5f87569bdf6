"""`cab gateway`."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from codingagentbench.catalog.gateway_config import read_config
from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.options import CatalogOption
from codingagentbench.gateway.standalone.station import Station
from codingagentbench.wording import counted

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _gateway() -> None:
    """The metering model proxy without sweeps."""


@app.command()
def serve(
    config: Annotated[Path, typer.Option(help="A TOML file: endpoints, tokens, budgets, where to record.")],
    catalog: CatalogOption = None,
) -> None:
    """Serve the endpoints of a file to any client, and record every call: tokens, times, cost, bodies.

    Stops on SIGINT or SIGTERM when the calls under way have ended. A budget holds as in a sweep: calls in number
    exactly, tokens and dollars up to what calls under way use beyond their reservations.
    """
    settings = read_config(config)
    entries = open_catalog(catalog or [])

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        place = config.parent / settings.record
        async with Station(settings, place, entries, lambda line: typer.echo(line, err=True)) as station:
            typer.echo(f"listening on {station.address}, recording to {station.folder}")
            await stop.wait()
            typer.echo("stopping: calls under way may end", err=True)
        calls = counted(station.totals.calls, "call")
        typer.echo(f"{calls} recorded, {station.totals.failed} of them failed", err=True)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
