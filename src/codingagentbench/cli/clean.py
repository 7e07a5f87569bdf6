"""`cab clean`."""

from typing import Annotated

import typer

from codingagentbench.cli.options import JsonOption


def command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    json: JsonOption = False,
) -> None:
    """Clear up what killed runs left on this machine: containers, cgroups, scratch folders.

    Runs that are alive are never touched. Every sweep does the same when it
    starts.
    """
    from codingagentbench.sandbox.leftovers import clear_up  # noqa: PLC0415  # only this verb needs it

    found = clear_up(dry_run=dry_run)
    if json:
        import msgspec  # noqa: PLC0415  # as above

        typer.echo(msgspec.json.encode(found).decode())
        return
    word = "would remove" if dry_run else "removed"
    for kind, names in found.items():
        for name in names or ():
            typer.echo(f"{word} {kind} {name}")
    if not any(found.values()):
        typer.echo("nothing is left of killed runs")
    if found["container"] is None:
        typer.echo("no Docker daemon answers here: its containers were not looked at")
