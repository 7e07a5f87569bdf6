"""`cab task`."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.examinations import doctor_row, print_examinations
from codingagentbench.cli.fitted import plain_table
from codingagentbench.cli.imported import import_row, print_imported
from codingagentbench.cli.options import FORMATS, CatalogOption, FormatOption, JsonOption, TasksFromOption, sources_of
from codingagentbench.cli.tables import make_console
from codingagentbench.doctor.examine import Examination
from codingagentbench.doctor.run import run_doctor
from codingagentbench.doctor.scaffold import LANGUAGES, new_task
from codingagentbench.errors import SetupError, UsageError
from codingagentbench.importers.harbor_export import export_harbor
from codingagentbench.importers.view import view
from codingagentbench.sandbox.toolchains import find_toolchain

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def tasks() -> None:
    """List, examine and scaffold tasks."""


@app.command("list")
def list_(catalog: CatalogOption = None, tasks_from: TasksFromOption = None, format_: FormatOption = None) -> None:
    """List the tasks of the catalogue; a task whose toolchain is missing would be skipped."""
    entries = open_catalog(catalog or [], sources_of(tasks_from, format_))
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


@app.command()
def doctor(
    task: Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help="Ids of tasks.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every task of the catalogue.")] = False,
    sandbox: Annotated[str, typer.Option(help="bubblewrap, or none (network not cut off: that check then fails).")] = (
        "bubblewrap"
    ),
    workers: Annotated[int | None, typer.Option(min=1, help="Tasks at a time. [default: one a core]")] = None,
    json: JsonOption = False,
    catalog: CatalogOption = None,
    tasks_from: TasksFromOption = None,
    format_: FormatOption = None,
) -> None:
    """Prove that tasks measure what they say: run solution, controls and a forger through the real grader.

    Exits 1 when a task is bad. The verdict is kept by the task's digest, and `cab sweep` runs no task that was found
    bad.
    """
    if bool(task) == all_:
        msg = "name tasks, or give --all"
        raise UsageError(msg)
    entries, console = open_catalog(catalog or [], sources_of(tasks_from, format_)), make_console(stderr=json)

    def done(found: Examination) -> None:
        if json:
            sys.stdout.buffer.write(msgspec.json.encode(doctor_row(found)) + b"\n")
            sys.stdout.buffer.flush()
        else:
            state = {True: "well", False: "BAD", None: "not examined"}[found.ok]
            console.print(Text(f"{state}: {found.task_id} ({found.seconds:.1f} s)", style="dim"))

    chosen = list(entries.task_places) if all_ else list(dict.fromkeys(task or []))
    found = run_doctor(entries, chosen, sandbox=sandbox, workers=workers, done=done)
    if not json:
        print_examinations(console, found)
    raise typer.Exit(1 if any(f.ok is False for f in found) else 0)


@app.command()
def new(
    task: Annotated[str, typer.Argument(metavar="FAMILY/NAME", help="Id of the task.")],
    language: Annotated[str, typer.Option(help=f"One of {', '.join(LANGUAGES)}.")],
    folder: Annotated[
        Path, typer.Option("--dir", help="The catalogue folder (the one that holds tasks/).", show_default=True)
    ] = Path("catalog"),
) -> None:
    """Scaffold a task that passes the doctor except for the parts to fill in, which the doctor names."""
    place = new_task(task, language, folder)
    console = make_console()
    console.print(Text(f"written: {place}"))
    console.print(Text(f"next: fill in what `cab task doctor {task} --catalog {folder}` names", style="dim"))


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="A task, or a folder of many; for swebench a file of rows.")],
    format_: Annotated[str, typer.Option("--format", help=f"{FORMATS[0].upper()}{FORMATS[1:]}.")],
    json: JsonOption = False,
) -> None:
    """Say which tasks of another format can be run here, and why each other one cannot.

    Nothing is converted: `cab sweep --tasks-from PATH --format ...` runs them as they are, and so does a catalogue
    folder whose sources.toml names the path. Exits 1 where none can be loaded.
    """
    found = view(path, format_)
    if json:
        for one in found:
            sys.stdout.buffer.write(msgspec.json.encode(import_row(one)) + b"\n")
    else:
        print_imported(make_console(), found)
    raise typer.Exit(0 if any(one.task for one in found) else 1)


@app.command()
def export(
    task: Annotated[list[str], typer.Argument(metavar="TASK...", help="Ids or globs of tasks.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into: one below it a task.")],
    format_: Annotated[str, typer.Option("--format", help="harbor.")],
    catalog: CatalogOption = None,
) -> None:
    """Write tasks as folders of another format, solution and hidden tests included."""
    if format_ != "harbor":
        msg = f"--format {format_!r}: accepted: harbor"
        raise UsageError(msg)
    entries = open_catalog(catalog or [])
    for place in export_harbor(entries, task, folder):
        typer.echo(str(place))
