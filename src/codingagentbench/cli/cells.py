"""`cab cells`."""

import sys

import msgspec
from rich.table import Table
from rich.text import Text

from codingagentbench.cli.options import JsonOption, ResultsOption, SweepFilter
from codingagentbench.cli.tables import make_console
from codingagentbench.paths import results_root
from codingagentbench.sweep.report import cell_row, journalled_cells


def command(sweep: SweepFilter = None, json: JsonOption = False, results: ResultsOption = None) -> None:
    """List the cells of sweeps, one line each; with --json one JSON object a line."""
    rows = [cell_row(plan, record) for plan, record in journalled_cells(results or results_root(), sweep)]
    if json:
        for row in rows:
            sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")
        return
    table = Table(header_style="bold", pad_edge=False)
    for name in ("cell", "outcome", "pass", "integrity", "blast", "tokens", "calls", "cost", "wall"):
        table.add_column(name, justify="left" if name in {"cell", "outcome"} else "right", no_wrap=name != "cell")
    for row in rows:
        table.add_row(Text(row["cell_id"]), Text(row["outcome"]), *(_figure(row, *f) for f in _FIGURES))
    make_console().print(table)


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
        return Text("-" if "citable" not in row else "unknown", style="dim")
    return Text(form.format(value * factor))
