"""`cab show`."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from codingagentbench.cli.fitted import plain_table
from codingagentbench.cli.names import tui_name
from codingagentbench.cli.options import JsonOption, ResultsOption
from codingagentbench.cli.tables import make_console
from codingagentbench.paths import results_root
from codingagentbench.store.attempts import latest_attempt
from codingagentbench.wording import rounded

Cell = Annotated[str, typer.Argument(help="A cell id, as `cab cells` prints it: sweep/tui/model/family/task.")]


def command(cell: Cell, json: JsonOption = False, results: ResultsOption = None) -> None:
    """Show the record of one cell: its newest sealed attempt."""
    attempt = latest_attempt(results or results_root(), cell)
    record = attempt.record
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(record) + b"\n")
        return
    console = make_console()
    name = tui_name(record.cell_id, verified=record.tui_verified)
    name.stylize("bold", 0, len(record.cell_id))
    console.print(name)
    console.print(Text(f"{record.outcome}: {record.outcome_detail}"))
    axes = msgspec.to_builtins(record.axes)
    table = plain_table()
    table.add_column("axis", no_wrap=True)
    table.add_column("value")
    for axis, values in axes.items():
        table.add_row(axis, Text(_line(values)))
    for version, composite in record.composite.items():
        value = (
            "unknown: " + ", ".join(composite.unknown) if composite.composite is None else f"{composite.composite:.4f}"
        )
        table.add_row(f"composite {version}", Text(value))
    console.print(table)
    console.print(Text(f"files: {attempt.folder}", style="dim"))


def _line(values: dict[str, object]) -> str:
    """The plain figures of an axis; the long texts and lists are in the files."""
    plain = {k: v for k, v in values.items() if isinstance(v, int | float | bool) or v is None}
    return "  ".join(f"{k}={_figure(v)}" for k, v in plain.items())


def _figure(value: object) -> str:
    return "unknown" if value is None else rounded(value) if isinstance(value, float) else str(value)
