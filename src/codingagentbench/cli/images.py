"""`cab images`."""

import re
import sys
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.options import CatalogOption, JsonOption
from codingagentbench.cli.tables import make_console
from codingagentbench.paths import bundle_store, image_store

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
BaseOption = Annotated[
    str | None,
    typer.Option(
        "--base", help="Install packages in this image (it needs apt). [default: made from Debian's by mmdebstrap]"
    ),
]


@app.command()
def build(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Images or CLIs of the catalogue. [default: every image]", show_default=False),
    ] = None,
    base: BaseOption = None,
    catalog: CatalogOption = None,
    json: JsonOption = False,
) -> None:
    """Build images; one that is there with the same recipe is not made again."""
    from codingagentbench.images.request import build_all  # noqa: PLC0415  # Docker's client takes 0.2 s to import

    entries = open_catalog(catalog or [])

    def log(line: str) -> None:
        typer.echo(line, err=True)

    for built in build_all(entries, names or list(entries.images), base, image_store(), bundle_store(), log):
        if json:
            sys.stdout.buffer.write(msgspec.json.encode(built) + b"\n")
        else:
            typer.echo(f"{built.name} {built.digest}")


@app.command()
def base(base_image: BaseOption = None, catalog: CatalogOption = None, json: JsonOption = False) -> None:
    """Build the one image that all others stand on."""
    build(["base"], base_image, catalog, json)


@app.command("list")
def list_(catalog: CatalogOption = None, json: JsonOption = False) -> None:
    """List the images that this machine's daemon has, with their toolchains and digests.

    Cells run in current ones only: `cab images build NAME` makes an outdated one
    anew, `cab images prune` removes superseded ones.
    """
    from codingagentbench.images.request import rows  # noqa: PLC0415  # Docker's client takes 0.2 s to import

    found = rows(open_catalog(catalog or []), image_store())
    if json:
        for row in found:
            sys.stdout.buffer.write(msgspec.json.encode(row) + b"\n")
        return
    table = Table(header_style="bold", pad_edge=False)
    for name in ("image", "state", "digest", "MiB", "toolchains", "packages"):
        table.add_column(name, overflow="fold")
    for row in found:
        toolchains = ", ".join(f"{name} {_number(version)}" for name, version in row.toolchains.items())
        size, packages = str(row.size >> 20), str(row.packages) if row.packages is not None else "unknown"
        table.add_row(row.name, row.state, row.digest[:19], size, toolchains, packages)
    make_console().print(table)


def _number(version: str) -> str:
    """The number in what a toolchain says of itself, for people; JSON has all of it."""
    found = re.search(r"\d+(\.\d+)+", version)
    return found[0] if found else version


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    json: JsonOption = False,
) -> None:
    """Remove images that a later build has superseded."""
    from codingagentbench.images.request import prune as prune_images  # noqa: PLC0415  # as above

    removed = prune_images(image_store(), dry_run=dry_run)
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(removed) + b"\n")
        return
    for image in removed:
        typer.echo(f"{'would remove' if dry_run else 'removed'} {image.name} {image.digest[:19]}")
    if not removed:
        typer.echo("no image is superseded, or those that are are in use")
