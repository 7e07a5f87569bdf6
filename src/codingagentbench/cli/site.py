"""`cab site`."""

from pathlib import Path
from typing import Annotated

import typer

from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.options import CatalogOption, ResultsOption
from codingagentbench.paths import bundle_store, results_root
from codingagentbench.site.assets import build_assets, default_cache
from codingagentbench.site.build import build_site
from codingagentbench.site.node import provide_node
from codingagentbench.wording import counted

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
OutOption = Annotated[Path, typer.Option("--out", help="Folder of the site; what is unchanged in it is kept.")]
BaseOption = Annotated[str | None, typer.Option("--base-url", help="Where it will be served, for badges and embeds.")]


@app.callback()
def site() -> None:
    """Build the static site from results."""


@app.command()
def build(
    results: ResultsOption = None,
    out: OutOption = Path("site"),
    base_url: BaseOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Render every sealed cell; the pages open from the disk, no server is needed."""

    def log(line: str) -> None:
        typer.echo(line, err=True)

    entries = open_catalog(catalog or [])
    store = bundle_store()
    store.mkdir(parents=True, exist_ok=True)
    node, npm = provide_node(store, log)
    assets = build_assets(default_cache(), log, node=node, npm=npm)
    report = build_site(results or results_root(), out, catalog=entries, assets=assets, log=log, base_url=base_url)
    made = f"{counted(report.cells, 'cell')}, {counted(report.pages, 'page')}"
    typer.echo(f"{made} ({report.pages_written} written) in {report.seconds:.2f} s")
    typer.echo(f"open {(out / 'index.html').resolve().as_uri()}")
    raise typer.Exit(1 if report.problems else 0)
