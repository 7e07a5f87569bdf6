"""`cab contamination`."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from codingagentbench.cli.fitted import plain_table
from codingagentbench.cli.options import JsonOption, ResultsOption, SweepFilter
from codingagentbench.cli.tables import make_console
from codingagentbench.paths import results_root
from codingagentbench.stats.contamination import Gap, gaps
from codingagentbench.sweep.variants import scored_variants


def command(
    sweep: SweepFilter = None,
    originals: Annotated[
        bool, typer.Option("--originals", help="Count the base tasks themselves as public variants too.")
    ] = False,
    json: JsonOption = False,
    results: ResultsOption = None,
) -> None:
    """Compare pass rates on public and held-out variants of the same base tasks, a row for each CLI and model.

    The gap is public minus held-out; a gap whose interval lies above 0 speaks for memorised answers. Intervals: 95 %,
    Newcombe's (cells taken as independent) and, from five base tasks on, a bootstrap that draws whole base tasks.
    """
    found = gaps(scored_variants(results or results_root(), sweep, originals=originals))
    if json:
        for gap in found:
            sys.stdout.buffer.write(msgspec.json.encode(gap_row(gap)) + b"\n")
        return
    console = make_console()
    for controls in (False, True):
        rows = [gap for gap in found if gap.control is controls]
        if not rows:
            continue
        table = plain_table()
        table.title = "Controls: scripted models, which remember nothing" if controls else "Public and held out"
        for name in _COLUMNS:
            table.add_column(name)
        for gap in rows:
            table.add_row(*map(Text, _cells(gap)))
        console.print(table)
    if not any(gap.bases for gap in found):
        hint = "no base task has scored cells on both sides: a sweep with [held_out] and public_seed makes them"
        console.print(Text(hint, style="yellow"))


_COLUMNS = (
    *("tui", "model", "public", "held out", "bases"),
    *("gap", "95 % (Newcombe)", "95 % (clustered)", "left out"),
)


def gap_row(gap: Gap) -> dict[str, object]:
    """One line of --json."""
    return {
        "tui": gap.tui,
        "model": gap.model,
        "control": gap.control,
        "public_passed": gap.public[0],
        "public_scored": gap.public[1],
        "held_out_passed": gap.held_out[0],
        "held_out_scored": gap.held_out[1],
        "bases": gap.bases,
        "left_out": gap.left_out,
        "gap": gap.gap,
        "interval": gap.interval,
        "clustered_interval": gap.clustered,
    }


def _cells(gap: Gap) -> list[str]:
    shown = "unknown" if gap.gap is None else f"{gap.gap * 100:+.0f}"
    return [
        gap.tui,
        gap.model,
        f"{gap.public[0]}/{gap.public[1]}",
        f"{gap.held_out[0]}/{gap.held_out[1]}",
        str(gap.bases),
        shown,
        _interval(gap.interval),
        _interval(gap.clustered),
        str(gap.left_out),
    ]


def _interval(ends: tuple[float, float] | None) -> str:
    return "-" if ends is None else f"{ends[0] * 100:+.0f} to {ends[1] * 100:+.0f}"
