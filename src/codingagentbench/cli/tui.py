"""`cab tui`."""

from typing import Annotated

import msgspec
import typer
from rich.text import Text

from codingagentbench.bundles.bundle import install as install_bundle
from codingagentbench.bundles.bundle import installed
from codingagentbench.bundles.bundle import verify as verify_bundle
from codingagentbench.bundles.outdated import look_up
from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.fitted import Column, print_fitted
from codingagentbench.cli.options import CatalogOption, JsonOption
from codingagentbench.cli.tables import make_console
from codingagentbench.cli.tui_tables import print_diagnoses, print_pins
from codingagentbench.errors import UsageError
from codingagentbench.paths import bundle_store
from codingagentbench.sweep.tui_doctor import examine
from codingagentbench.wording import UNVERIFIED

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Names = Annotated[list[str], typer.Argument(help="Names of CLIs, as `cab tui list` prints them.")]


@app.command("list")
def list_(catalog: CatalogOption = None) -> None:
    """List the CLIs of the catalogue, whether they are installed, and which entries were never run."""
    rows = []
    entries = open_catalog(catalog or []).tuis.values()
    for entry in entries:
        tui, bundle = entry.tui, installed(entry.tui, entry.file, store=bundle_store())
        state = Text(bundle.digest[:19], style="green") if bundle else Text("no", style="dim")
        verified = Text("yes") if tui.verified else Text(UNVERIFIED, style="yellow")
        facts = (tui.name, tui.install.version, tui.install.registry, tui.wire, tui.licence)
        rows.append([*map(Text, facts), verified, state])
    print_fitted(make_console(), _COLUMNS, rows)
    for entry in entries:
        if not entry.tui.verified:
            typer.echo(f"{entry.tui.name} is {UNVERIFIED}: {entry.tui.unverified_reason}")


_COLUMNS = (
    Column("TUI", "left"),
    Column("version", "left"),
    Column("from", "left", spare=1),
    Column("wire", "left", spare=2),
    Column("licence", "left", spare=3),
    Column("verified", "left"),
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


@app.command()
def doctor(
    names: Annotated[list[str] | None, typer.Argument(help="Names of CLIs, as `cab tui list` prints them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every CLI of the catalogue that is verified.")] = False,
    sandbox: Annotated[str, typer.Option(help="The engine to run them in.")] = "bubblewrap",
    catalog: CatalogOption = None,
    json: JsonOption = False,
) -> None:
    """Prove catalogue entries: install each CLI, run the oracle and the control that does nothing through it.

    Checked: both verdicts, that nothing but the gateway was tried to be reached, the wire, that the files left behind
    are the declared droppings, and that the CLI's own token report can be read. Exits 1 where an entry has a fault.
    """
    entries = open_catalog(catalog or [])
    chosen = names or [name for name, entry in entries.tuis.items() if every and entry.tui.verified]
    if not chosen:
        msg = "name a CLI, or give --all"
        raise UsageError(msg)
    found = []
    for entry in [entries.tui(name) for name in chosen]:
        found.append(examine(entry, entries, sandbox=sandbox, store=bundle_store(), log=_say))
        if json:
            typer.echo(msgspec.json.encode(found[-1]))
    if not json:
        print_diagnoses(found)
    raise typer.Exit(0 if all(d.healthy for d in found) else 1)


@app.command()
def outdated(
    names: Annotated[list[str] | None, typer.Argument(help="Names of CLIs. [default: all]", show_default=False)] = None,
    catalog: CatalogOption = None,
    json: JsonOption = False,
) -> None:
    """Compare the pinned versions with the newest that the registries offer.

    Exits 1 where a pin is behind, 4 where none is known to be and a registry could not be asked.
    """
    entries = open_catalog(catalog or [])
    pins = look_up([entries.tui(name).tui for name in names or entries.tuis])
    if json:
        for pin in pins:
            typer.echo(msgspec.json.encode({**msgspec.structs.asdict(pin), "behind": pin.behind}))
    else:
        print_pins(pins)
    raise typer.Exit(1 if any(p.behind for p in pins) else 4 if any(p.unanswered for p in pins) else 0)


def _say(line: str) -> None:
    typer.echo(line, err=True)
