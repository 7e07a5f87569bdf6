"""Every page of the site with the key of what it shows and the function that writes it."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from codingagentbench.catalog.load import Catalog
from codingagentbench.site.cast import SCRIPT, view_cast
from codingagentbench.site.cell_view import cell_context
from codingagentbench.site.cells import CellSummary
from codingagentbench.site.commands import CatalogFacts, catalog_facts
from codingagentbench.site.embed import badge
from codingagentbench.site.files import FileWriter
from codingagentbench.site.lists import index_context, pair_context, sweep_context
from codingagentbench.site.matrix import pair_page
from codingagentbench.site.raw import pick_transfer, place_raw, raw_files
from codingagentbench.site.related import Neighbourhood
from codingagentbench.site.render import Renderer
from codingagentbench.site.sweeps import Sweep
from codingagentbench.site.task_view import TaskPage, task_context, task_pages
from codingagentbench.store.attempts import read_attempt


@dataclass
class Site:
    """Everything that pages are made from."""

    out: Path
    cells: Sequence[CellSummary]
    sweeps: Sequence[Sweep]
    neighbours: Neighbourhood
    catalog: Catalog | None
    renderer: Renderer
    base_url: str | None
    problems: list[str]
    files: FileWriter
    _facts: dict[tuple[str, str, str], CatalogFacts] = field(default_factory=dict)

    @cached_property
    def transfer(self) -> Callable[[str, str], None]:
        """How raw files get from the results to the site; found out with the first cell."""
        return pick_transfer(self.cells[0].folder / "record.json", self.out)

    @cached_property
    def tasks(self) -> Sequence[TaskPage]:
        """Every task of the catalogue and of the records."""
        return task_pages(self.catalog, self.cells, self.problems)

    def facts(self, cell: CellSummary) -> CatalogFacts:
        """What the catalogue says of a cell's TUI, model and task; read once each."""
        key = (cell.tui, cell.model, cell.task_id)
        if key not in self._facts:
            self._facts[key] = catalog_facts(self.catalog, *key, self.problems)
        return self._facts[key]


@dataclass(frozen=True, slots=True)
class Page:
    """One page. `write` renders it and writes it with what belongs to it; it may raise StoreError."""

    path: str
    key: str
    write: Callable[[], None]


def all_pages(site: Site) -> Iterator[Page]:
    """The whole site, cells first."""
    by_pair: dict[tuple[str, str, str], list[CellSummary]] = defaultdict(list)
    for cell in site.cells:
        by_pair[cell.sweep_id, cell.tui, cell.model].append(cell)
        yield _cell_page(site, cell)
    for (sweep_id, tui, model), cells in by_pair.items():
        yield _page(site, "pair.html", pair_page(sweep_id, tui, model), partial(pair_context, cells), _stamps(cells))
    for sweep in site.sweeps:
        yield _page(site, "sweep.html", sweep.page, partial(sweep_context, sweep), _sweep_stamp(sweep))
    for task in site.tasks:
        yield _page(site, "task.html", task.page, partial(task_context, task), (task.digest, _stamps(task.cells)))
    everything = ([_sweep_stamp(s) for s in site.sweeps], [(t.task_id, t.digest, len(t.cells)) for t in site.tasks])
    yield _page(site, "index.html", "index.html", partial(index_context, site.sweeps, site.tasks), everything)
    yield _page(site, "404.html", "404.html", dict, site.base_url, root=f"{(site.base_url or '').rstrip('/')}/")


def _page(
    site: Site,
    template: str,
    path: str,
    context: Callable[[], Mapping[str, Any]],
    shows: object,
    *,
    root: str | None = None,
) -> Page:
    def write() -> None:
        site.files.write(path, site.renderer.page(template, path, context(), root=root))

    return Page(path, _key(site, shows), write)


def _cell_page(site: Site, cell: CellSummary) -> Page:
    facts = site.facts(cell)
    key = _key(site, (cell.stamp, site.neighbours.digest(cell), facts, site.base_url))
    return Page(cell.page, key, partial(_write_cell, site, cell, facts))


def _write_cell(site: Site, cell: CellSummary, facts: CatalogFacts) -> None:
    """The page, its badge, its playback script and its raw files."""
    attempt = read_attempt(cell.folder)
    cast, raw = view_cast(cell.folder / "terminal.cast"), raw_files(cell.folder)
    context = cell_context(
        attempt, cell, cast=cast, raw=raw, neighbours=site.neighbours, facts=facts, base_url=site.base_url
    )
    page = site.renderer.page("cell.html", cell.page, context)
    folder = cell.page.removesuffix("/index.html")
    site.files.write(cell.badge, site.renderer.page("badge.svg", cell.badge, {"b": badge(cell)}))
    site.files.write(cell.page, page)
    site.files.write(f"{folder}/{SCRIPT}", cast.script)
    place_raw(cell.folder, site.files.folder(folder), raw=raw, transfer=site.transfer)


def _key(site: Site, shows: object) -> str:
    return hashlib.blake2b(f"{site.renderer.digest}\0{shows!r}".encode(), digest_size=12).hexdigest()


def _stamps(cells: Iterable[CellSummary]) -> list[tuple[str, str]]:
    return [(c.cell_id, c.stamp) for c in cells]


def _sweep_stamp(sweep: Sweep) -> object:
    return sweep.sweep_id, _stamps(sweep.cells), sweep.planned, sweep.skipped
