"""The static site: read every sealed cell, render what has changed, put the raw files beside it.

A page is written again exactly when its key changes; a key covers the templates, the scripts, the records it shows and
the outcomes that it links to. So one new cell costs its own page and its neighbours', not the site.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from codingagentbench.catalog.load import Catalog
from codingagentbench.errors import StoreError
from codingagentbench.site.cast import SCRIPT
from codingagentbench.site.cells import CellSummary, misplaced, read_cells
from codingagentbench.site.files import FileWriter
from codingagentbench.site.manifest import NAME, Manifest, open_manifest, save_manifest
from codingagentbench.site.pages import Page, Site, all_pages
from codingagentbench.site.parallel import run_jobs
from codingagentbench.site.raw import RAW_FILES
from codingagentbench.site.related import Neighbourhood
from codingagentbench.site.render import Renderer, read_asset_names
from codingagentbench.site.sweeps import read_sweeps

Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What a build did. `problems`: one line for each cell that could not be shown."""

    cells: int
    pages: int
    """Of the whole site."""
    pages_written: int
    pages_removed: int
    seconds: float
    problems: tuple[str, ...] = ()


def build_site(
    results: Path, out: Path, *, catalog: Catalog | None, assets: Path, log: Log, base_url: str | None = None
) -> SiteReport:
    """Build or renew the site in `out` from everything sealed in `results`.

    assets: a folder made by `build_assets`. base_url: where the site will be served, for the snippets on its pages;
    without one they carry a placeholder. Raises UsageError where `out` holds something else, StoreError where a record
    is damaged or `out` cannot be written. A cell whose other files are damaged is left out and reported.
    """
    began = time.perf_counter()
    manifest = open_manifest(out)
    problems: list[str] = []
    try:
        cells = _vetted(read_cells(results), results, problems)
        renderer = Renderer(read_asset_names(assets))
        _copy_assets(assets, out / "assets")
        site = Site(
            out=out,
            files=FileWriter(out),
            cells=cells,
            sweeps=read_sweeps(results, cells),
            neighbours=Neighbourhood(cells),
            catalog=catalog,
            renderer=renderer,
            base_url=base_url,
            problems=problems,
        )
        written, pages = _write_changed(all_pages(site), manifest, out, problems)
        removed = _remove_stale(out, manifest.pages.keys() - pages.keys())
        save_manifest(out, Manifest(pages=pages))
    except OSError as error:
        msg = f"{error.filename or out}: the site cannot be written: {error.strerror}"
        raise StoreError(msg) from error
    for line in problems:
        log(line)
    return SiteReport(len(cells), len(pages), written, removed, time.perf_counter() - began, tuple(problems))


def _vetted(cells: Iterable[CellSummary], results: Path, problems: list[str]) -> list[CellSummary]:
    """Cells whose id may be used as a path: a record is data, and data does not choose where the site writes."""
    good = []
    for cell in cells:
        fault = misplaced(cell, results)
        if fault is None:
            good.append(cell)
        else:
            problems.append(fault)
    return good


def _write_changed(
    pages: Iterable[Page], manifest: Manifest, out: Path, problems: list[str]
) -> tuple[int, dict[str, str]]:
    """Pages written, and the keys of all that are there."""
    keys, changed = {}, []
    for page in pages:
        keys[page.path] = page.key
        if manifest.pages.get(page.path) != page.key or not (out / page.path).exists():
            changed.append(page)
    faults = run_jobs([partial(_write, page) for page in changed])
    for page, fault in zip(changed, faults, strict=True):
        if fault is not None:
            problems.append(fault)
            del keys[page.path]
    return sum(fault is None for fault in faults), keys


def _write(page: Page) -> str | None:
    try:
        page.write()
    except StoreError as error:
        return f"{error}: left out"
    return None


def _copy_assets(assets: Path, target: Path) -> None:
    """Names carry their content's hash, so what is there already is right; what is of an earlier build goes."""
    target.mkdir(parents=True, exist_ok=True)
    wanted = {f.name: f for f in assets.iterdir() if f.is_file() and f.name != "manifest.json"}
    for name, file in wanted.items():
        if not (target / name).exists():
            shutil.copyfile(file, target / f"{name}.new")
            (target / f"{name}.new").replace(target / name)
    for old in target.iterdir():
        if old.name not in wanted:
            old.unlink()


def _remove_stale(out: Path, paths: Iterable[str]) -> int:
    """Take away the pages of cells that are gone; only files that a build writes, and folders left empty by that."""
    removed = 0
    for path in paths:
        if ".." in path.split("/") or path.startswith("/") or path == NAME:
            continue
        removed += 1
        (out / path).unlink(missing_ok=True)
        if path.startswith("cell/"):
            for name in (SCRIPT, *(name for name, _ in RAW_FILES)):
                (out / path).with_name(name).unlink(missing_ok=True)
            badge = out / f"badge/{path.removeprefix('cell/').removesuffix('/index.html')}.svg"
            badge.unlink(missing_ok=True)
            _prune(badge.parent, out)
        _prune((out / path).parent, out)
    return removed


def _prune(folder: Path, out: Path) -> None:
    while folder != out and folder.is_dir() and not os.listdir(folder):  # noqa: PTH208  # iterdir would stay open
        folder.rmdir()
        folder = folder.parent
