"""Tables that fit the terminal: where it is narrow, whole columns go, the least needed first, and it says which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_ANY_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Of those with `spare`, the highest goes first; one without it always stays."""

    name: str
    justify: Literal["left", "right"] = "right"
    spare: int | None = None


def print_fitted(
    console: Console, columns: Sequence[Column], rows: Sequence[Sequence[Text]], *, title: str | None = None
) -> None:
    """Print the table, without the columns that there is no room for."""
    shown = list(columns)
    while (spare := _most_spare(shown)) is not None and _width(console, _table(columns, shown, rows)) > console.width:
        shown.remove(spare)
    if title:
        console.print(Text(title, style="bold"))
    console.print(_table(columns, shown, rows))
    left_out = [column.name for column in columns if column not in shown]
    if left_out:
        console.print(Text(f"no room here for: {', '.join(left_out)}", style="dim"))


def plain_table() -> Table:
    """An empty table as all of ours look, for rows whose texts may wrap."""
    return Table(box=box.SIMPLE_HEAD, header_style="bold", show_edge=False, pad_edge=False)


def _table(columns: Sequence[Column], shown: Sequence[Column], rows: Sequence[Sequence[Text]]) -> Table:
    table = plain_table()
    for column in shown:
        table.add_column(column.name, justify=column.justify, no_wrap=True)
    places = [columns.index(column) for column in shown]
    for row in rows:
        table.add_row(*(row[place] for place in places))
    return table


def _most_spare(columns: Sequence[Column]) -> Column | None:
    return max((c for c in columns if c.spare is not None), key=lambda c: c.spare or 0, default=None)


def _width(console: Console, table: Table) -> int:
    return console.measure(table, options=console.options.update(max_width=_ANY_WIDTH)).maximum
