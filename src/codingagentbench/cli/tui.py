"""`cab tui`."""

from typing import Annotated

import typer
from rich.text import Text

from codingagentbench.bundles.bundle import install as install_bundle
from codingagentbench.bundles.bundle import installed
from codingagentbench.bundles.bundle import verify as verify_bundle
from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.fitted import Column, print_fitted
from codingagentbench.cli.options import CatalogOption
from codingagentbench.cli.tables import make_console
from codingagentbench.paths import bundle_store

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Names = Annotated[list[str], typer.Argument(help="Names of CLIs, as `cab tui list` prints them.")]


@app.command("list")
def list_(catalog: CatalogOption = None) -> None:
    """List the CLIs of the catalogue and whether they are installed."""
    rows = []
    for entry in open_catalog(catalog or []).tuis.values():
        tui, bundle = entry.tui, installed(entry.tui, entry.file, store=bundle_store())
        state = Text(bundle.digest[:19], style="green") if bundle else Text("no", style="dim")
        facts = (tui.name, tui.install.version, tui.install.registry, tui.wire, tui.licence)
        rows.append([*map(Text, facts), state])
    print_fitted(make_console(), _COLUMNS, rows)


_COLUMNS = (
    Column("TUI", "left"),
    Column("version", "left"),
    Column("from", "left", spare=1),
    Column("wire", "left", spare=2),
    Column("licence", "left", spare=3),
    Column("installed", "left"),
)


@app.command()
def install(names: Names, catalog: CatalogOption = None) -> None:
    """Install CLIs from their registries, from locks with hashes; prints each bundle's digest."""
    entries = open_catalog(catalog or [])
    for name in names:
        entries.tui(name)
    for name in names:
        entry = entries.tui(name)
        bundle = install_bundle(
            entry.tui, entry.file, store=bundle_store(), log=lambda line: typer.echo(line, err=True)
        )
        typer.echo(f"{bundle.image} {bundle.digest} {bundle.folder}")


@app.command()
def verify(names: Names, catalog: CatalogOption = None) -> None:
    """Hash installed bundles again; exits 1 and names the files where one is not what was installed."""
    entries, damaged = open_catalog(catalog or []), 0
    for name in names:
        entry = entries.tui(name)
        bundle = installed(entry.tui, entry.file, store=bundle_store())
        wrong = verify_bundle(bundle) if bundle else ["not installed: cab tui install " + name]
        damaged += bool(wrong)
        typer.echo(f"{name}: {'as installed' if not wrong else ', '.join(wrong[:20])}")
    raise typer.Exit(1 if damaged else 0)
