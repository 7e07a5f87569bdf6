"""`cab task`."""

import typer
from rich.text import Text

from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.fitted import plain_table
from codingagentbench.cli.options import CatalogOption
from codingagentbench.cli.tables import make_console
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.toolchains import find_toolchain

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def tasks() -> None:
    """List tasks and what this machine lacks for them."""


@app.command("list")
def list_(catalog: CatalogOption = None) -> None:
    """List the tasks of the catalogue; a task whose toolchain is missing would be skipped."""
    entries = open_catalog(catalog or [])
    table = plain_table()
    for name in ("task", "language", "title", "this machine"):
        table.add_column(name, no_wrap=name == "task")
    for task_id in entries.task_places:
        task = entries.task(task_id).task
        try:
            found = [find_toolchain(entries.toolchain(name)) for name in task.toolchains]
            state = Text(", ".join(f"{t.name} {t.version}" for t in found), style="green")
        except SetupError as error:
            state = Text(str(error), style="yellow")
        table.add_row(task_id, task.language, Text(task.title), state)
    make_console().print(table)
