"""`cab replay`."""

import sys
from itertools import chain
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.options import CatalogOption, JsonOption, ResultsOption
from codingagentbench.cli.tables import make_console
from codingagentbench.errors import UsageError
from codingagentbench.gateway.cassettes.cassette import Cassette, cassette_of
from codingagentbench.gateway.cassettes.exchange import read_cassette
from codingagentbench.paths import bundle_store, cell_folder, results_root
from codingagentbench.store.attempts import latest_attempt, latest_attempts
from codingagentbench.sweep.replay import FOLDER, Replayed, ReplayOptions, run_replays
from codingagentbench.wording import counted, marked

TIMINGS = ("fast", "original")


def command(
    cells: Annotated[
        list[str] | None, typer.Argument(help="Cells, as `cab cells` prints them; their newest attempts.")
    ] = None,
    sweep: Annotated[str | None, typer.Option(help="All cells of this sweep.")] = None,
    files: Annotated[
        list[Path] | None, typer.Option("--from", help="A file of `cab cassette export`; repeatable.")
    ] = None,
    timing: Annotated[
        str, typer.Option(help="fast, or original: replies as late and as slow as they were recorded.")
    ] = "fast",
    sandbox: Annotated[
        str | None, typer.Option(help="bubblewrap, docker or none. [default: what each cell was recorded in]")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Replays at a time. [default: one a core]")] = None,
    results: ResultsOption = None,
    catalog: CatalogOption = None,
    json: JsonOption = False,
) -> None:
    """Run cells again on their recorded replies, offline, and compare grade and axes with the sealed ones.

    No key, no network. Sealed records stay as they are; a replay's own goes to replays/ below the results.
    Exits 1 when a replay differs in more than time, or asks for what was not recorded.
    """
    if timing not in TIMINGS:
        msg = f"--timing {timing!r}: accepted: {', '.join(TIMINGS)}"
        raise typer.BadParameter(msg)
    place = results or results_root()
    options = ReplayOptions(
        results=place,
        store=bundle_store(),
        sandbox=sandbox,
        workers=workers,
        timing="original" if timing == "original" else "fast",
    )
    console = make_console(stderr=json)

    def show(replayed: Replayed) -> None:
        if json:
            sys.stdout.buffer.write(msgspec.json.encode(_row(replayed, place)) + b"\n")
            return
        for line in _lines(replayed):
            console.print(Text(line))

    chosen = _chosen(place, cells or [], sweep, files or [])
    done = run_replays(
        chosen, open_catalog(catalog or []), options, log=lambda line: typer.echo(line, err=True), ended=show
    )
    differing = sum(not replayed.same for replayed in done)
    if not json:
        cells_done = counted(len(done), "cell")
        console.print(Text(f"{cells_done} replayed offline: {len(done) - differing} the same, {differing} not"))
        console.print(Text(f"records: {place / FOLDER}"), style="dim")
    raise typer.Exit(1 if differing else 0)


def _chosen(results: Path, cells: list[str], sweep: str | None, files: list[Path]) -> list[Cassette]:
    attempts = chain(
        (latest_attempt(results, cell) for cell in cells), latest_attempts(results, sweep) if sweep else ()
    )
    chosen = {c.record.cell_id: c for c in [*map(cassette_of, attempts), *map(read_cassette, files)]}
    if not chosen:
        msg = "nothing to replay: name cells, --sweep SWEEP or --from FILE; `cab cells` lists the cells that are there"
        raise UsageError(msg)
    return list(chosen.values())


def _lines(replayed: Replayed) -> list[str]:
    facts, record = replayed.facts, replayed.record
    verdict = "same" if replayed.same else "diverged" if facts.divergences else "differs"
    name = marked(record.cell_id, verified=record.tui_verified)
    lines = [f"{verdict:<9} {record.outcome:<16} {facts.served}/{facts.recorded} calls  {name}"]
    lines += [f"  note: {note}" for note in replayed.notes]
    for divergence in facts.divergences:
        lines += [f"  {line}" for line in str(divergence).splitlines()]
    if facts.unasked and not replayed.same:
        lines.append(f"  recorded and not asked for: {', '.join(f'#{number}' for number in facts.unasked)}")
    return lines + [f"  {difference}" for difference in replayed.differences]


def _row(replayed: Replayed, results: Path) -> dict[str, object]:
    record = replayed.record
    folder = cell_folder(results / FOLDER, record.cell_id) / f"attempt-{record.attempt:03d}"
    return {
        "cell_id": record.cell_id,
        "same": replayed.same,
        "outcome": record.outcome,
        "original_outcome": replayed.original.outcome,
        "differences": replayed.differences,
        "replay": replayed.facts,
        "notes": replayed.notes,
        "folder": str(folder),
    }
