"""A path in another format as tasks of ours: each is loaded, or refused with the reason; none stops the others."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from codingagentbench.catalog.source import Format
from codingagentbench.catalog.tasks import TaskFolder
from codingagentbench.errors import CatalogError, unknown_name
from codingagentbench.importers.draft import Draft, stored
from codingagentbench.importers.exercism import exercism_drafts
from codingagentbench.importers.harbor import harbor_drafts
from codingagentbench.importers.swebench import swebench_drafts
from codingagentbench.paths import cache_root

Source = tuple[Path, Callable[[], Draft]]
"""Where a foreign task stands, and what reads it. Reading raises CatalogError."""

IMPORTERS: dict[str, Callable[[Path], Iterator[Source]]] = {
    "harbor": harbor_drafts,
    "exercism": exercism_drafts,
    "swebench": swebench_drafts,
}


@dataclass(frozen=True)
class Imported:
    """One foreign task: as ours, or `refused` with the reasons."""

    source: Path
    task: TaskFolder | None
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_format(name: str) -> None:
    """Raises UsageError where there is no such format."""
    if name not in IMPORTERS:
        raise unknown_name("format", name, get_args(Format))


def view(path: Path, form: str) -> list[Imported]:
    """Every task at or below `path`, in the order of their places. Raises UsageError where there is none to look at."""
    check_format(form)
    cache = cache_root() / "imported"
    found = [_imported(source, read, cache) for source, read in IMPORTERS[form](path.absolute())]
    if not found:
        msg = f"{path}: holds nothing in the format {form}: docs/import.md says what is looked for"
        raise CatalogError(msg)
    return list(_without_twins(found))


def _imported(source: Path, read: Callable[[], Draft], cache: Path) -> Imported:
    try:
        draft = read()
        return Imported(source, stored(draft, source, cache), notes=draft.notes)
    except CatalogError as error:
        return Imported(source, None, str(error).splitlines())


def _without_twins(found: list[Imported]) -> Iterator[Imported]:
    taken: dict[str, Path] = {}
    for one in found:
        if one.task is not None:
            first = taken.setdefault(one.task.task.id.casefold(), one.source)
            if first != one.source:
                reason = f"{one.source}: the id {one.task.task.id!r} is that of {first} already: ids are unique"
                yield Imported(one.source, None, [reason])
                continue
        yield one
