"""`cab`: the verbs and their one-line helps. A verb's module is imported when the verb is used, not before."""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from codingagentbench import __version__
from codingagentbench.errors import CabError

VERBS = {
    "sweep": "Run what is missing of a sweep; show what came of it.",
    "cells": "List the cells of sweeps, one line each.",
    "show": "Show the record of one cell.",
    "compare": "Compare stacks, CLIs, models or sweeps pair by pair.",
    "score": "Score stored cells again, running nothing.",
    "replay": "Run cells again on their recorded replies, offline.",
    "cassette": "Export a cell's recorded calls, check such files.",
    "gateway": "Serve the metering model proxy alone, without sweeps.",
    "composite": "Compute composites of rows read from standard input.",
    "site": "Build the static site from results.",
    "tui": "List, install and verify coding-agent CLIs.",
    "task": "List, examine and scaffold tasks.",
    "mutate": "Make tasks by mutating the correct source of tasks.",
    "contamination": "Compare pass rates on public and held-out variants.",
    "images": "Build and list the docker engine's images.",
    "clean": "Clear up what killed runs left on this machine.",
    "catalog": "Check the catalogue, print its JSON Schemas.",
}
_HELP = "Measure coding-agent CLIs x models x tasks in sandboxes; every number can be followed and re-run."
_EPILOG = (
    "Exit codes: 0 all well, 1 some cells have no score, 2 bad input, 3 a control deviates, "
    "4 this machine lacks something, 5 a gate of compare failed."
)
_INTERRUPTED = 130


def main() -> None:
    """The entry point of the `cab` script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line; the exit code. An error of the interface is printed as its text, without a traceback."""
    verb = next((a for a in arguments if not a.startswith("-")), None)
    try:
        build(verb)(args=list(arguments), prog_name="cab", standalone_mode=True)
    except CabError as error:
        typer.echo(f"cab: {error}", err=True)
        return error.exit_code
    except KeyboardInterrupt:
        typer.echo("cab: interrupted; what is sealed stays, the same command goes on from here", err=True)
        return _INTERRUPTED
    except BrokenPipeError:
        return 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def build(verb: str | None) -> typer.Typer:
    """The application with `verb` in full and every other one as a line of the help."""
    app = typer.Typer(
        help=_HELP,
        epilog=_EPILOG,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for name, help_line in VERBS.items():
        if name != verb:
            app.command(name, help=help_line)(_line_of_the_help)
            continue
        module = import_module(f"codingagentbench.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, help=help_line)
        else:
            app.command(name)(module.command)
    return app


def _line_of_the_help() -> None:
    """Stands in the help for a verb that is not used."""


def _show_version(value: bool) -> None:  # typer's callback has this shape
    if value:
        typer.echo(f"cab {__version__}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Print the version."),
) -> None:
    """Options of `cab` itself."""
