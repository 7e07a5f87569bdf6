"""`cab cells`."""

import sys

import msgspec
from rich.text import Text

from codingagentbench.cli.fitted import Column, print_fitted
from codingagentbench.cli.names import tui_name
from codingagentbench.cli.options import JsonOption, ResultsOption, SweepFilter
from codingagentbench.cli.tables import make_console
from codingagentbench.paths import results_root
from codingagentbench.sweep.report import cell_row, journalled_cells


def command(sweep: SweepFilter = None, json: JsonOption = False, results: ResultsOption = None) -> None:
    """List the cells of sweeps, one line each; with --json one JSON object a line.

    "~" before tokens: an endpoint reported no usage, so a tokenizer's estimate is in the figure.
    """
    rows = [cell_row(plan, record) for plan, record in journalled_cells(results or results_root(), sweep)]
    if json:
        for row in rows:
            sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")
        return
    lines = [
        [
            tui_name(row["cell_id"], verified=row["tui_verified"]),
            Text(row["outcome"]),
            *(_figure(row, *f) for f in _FIGURES),
        ]
        for row in rows
    ]
    print_fitted(make_console(), _COLUMNS, lines)


_COLUMNS = (
    Column("cell", "left"),
    Column("outcome", "left"),
    Column("pass", spare=1),
    Column("integrity", spare=5),
    Column("blast", spare=4),
    Column("tokens", spare=2),
    Column("calls", spare=6),
    Column("cost", spare=7),
    Column("wall", spare=3),
)
_FIGURES = (
    ("pass_rate", "{:g}", 1.0),
    ("integrity", "{:g}", 1.0),
    ("blast_radius_without_droppings", "{:.2f}", 1.0),
    ("tokens", "{:,}", 1),
    ("model_calls", "{}", 1),
    ("cost_usd", "${:.4f}", 1),
    ("wall_clock_ms", "{:.1f} s", 0.001),
)


def _figure(row: dict[str, object], key: str, form: str, factor: float) -> Text:
    value = row.get(key)
    if not isinstance(value, int | float):
        return Text("-" if row["attempt"] is None else "unknown", style="dim")
    estimated = key == "tokens" and row.get("tokens_estimated")
    return Text(("~" if estimated else "") + form.format(value * factor))
