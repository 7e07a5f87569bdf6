"""The catalogue: ours and other people's folders, read lazily, each kind once."""

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from codingagentbench.catalog.faults import fault_at, read_entry, read_text
from codingagentbench.catalog.image import ImageRecipe
from codingagentbench.catalog.model import ControlModel, Endpoint, EndpointModel, ModelFile
from codingagentbench.catalog.plugin import Plugin, PluginEntry
from codingagentbench.catalog.plugins import read_plugin
from codingagentbench.catalog.price import PriceTable
from codingagentbench.catalog.prices import PriceEntry, Quote, quote
from codingagentbench.catalog.source import SourceFile
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.catalog.task_faults import Fault, program_faults
from codingagentbench.catalog.tasks import TaskFolder, read_task, task_folders
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.catalog.tui import Tui
from codingagentbench.errors import CatalogError, UsageError, unknown_name
from codingagentbench.globs import matches
from codingagentbench.paths import cache_root

if TYPE_CHECKING:
    from codingagentbench.importers.view import Imported

__all__ = ["Catalog", "ModelEntry", "PluginEntry", "TaskFolder", "TuiEntry", "open_catalog"]
T = TypeVar("T")
Found = dict[str, tuple[str, T, Path]]
"""Case-folded name to name, entry and the file that it stands in."""

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class TuiEntry:
    """A TUI and the file that it stands in; lock paths are relative to it."""

    tui: Tui
    file: Path


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model: a control, or one behind an endpoint."""

    id: str
    control: ControlModel | None
    endpoint: Endpoint | None
    model: EndpointModel | None
    file: Path


class Catalog:
    """The entries of all roots together. Every access may raise CatalogError; an id in two files is one."""

    def __init__(self, roots: Sequence[Path], sources: Sequence[tuple[Path, str]] = ()) -> None:
        self.roots = tuple(roots)
        self._sources = tuple(sources)
        """Further tasks in another format: path and format."""

    @cached_property
    def sources(self) -> Sequence[tuple[Path, str]]:
        """Path and format of tasks in other formats: those given, and those of each root's `sources.toml`."""
        return [*self._sources, *(pair for root in self.roots for pair in _sources_of(root))]

    @cached_property
    def imported(self) -> Sequence["Imported"]:
        """Every task of `sources`: as ours, or refused with the reasons."""
        if not self.sources:
            return []
        from codingagentbench.importers.view import view  # noqa: PLC0415  # its parsers take 0.1 s to import

        return [one for path, form in self.sources for one in view(path, form)]

    @property
    def hidden(self) -> list[Path]:
        """Folders that no sandbox may show: they hold solutions and hidden tests."""
        places = [(path if path.is_dir() else path.parent).resolve() for path, _ in self.sources]
        return [*self.roots, *places, *([cache_root() / "imported"] if places else [])]

    @cached_property
    def task_places(self) -> Mapping[str, Path]:
        """Task id to folder, without reading the tasks."""
        found: Found[Path] = {}
        for root in self.roots:
            for folder in task_folders(root):
                _put(found, f"{folder.parent.name}/{folder.name}", folder, folder / "task.toml", "task")
        for task in (one.task for one in self.imported if one.task is not None):
            _put(found, task.task.id, task.folder, task.folder / "task.toml", "task")
        return _entries_of(found)

    @cached_property
    def tasks(self) -> Mapping[str, TaskFolder]:
        """Every task by id, all of them read. Raises CatalogError with the faults of all."""
        if faults := [fault for name in self.task_places for fault in _faults_of(partial(self.task, name))]:
            raise CatalogError("\n".join(dict.fromkeys(faults)))
        return {name: self.task(name) for name in self.task_places}

    @cached_property
    def _read_tasks(self) -> dict[str, TaskFolder]:
        return {}

    @cached_property
    def tuis(self) -> Mapping[str, TuiEntry]:
        """By name."""
        return self._entries("tuis", Tui, lambda tui, file: [(tui.name, TuiEntry(tui, file))])

    @cached_property
    def models(self) -> Mapping[str, ModelEntry]:
        """By id."""
        return self._entries("models", ModelFile, lambda content, file: list(_models(content, file)))

    @cached_property
    def prices(self) -> Mapping[str, PriceEntry]:
        """Price tables by `name@version`."""
        return self._entries("prices", PriceTable, lambda t, file: [(t.id, PriceEntry(t, file, self._root_of(file)))])

    def with_models(self, entries: Mapping[str, ModelEntry]) -> "Catalog":
        """The same with models that none of its files has: a replay needs no endpoint, but the model's id."""
        catalog = Catalog(self.roots)
        catalog.models = {**entries, **self.models}
        return catalog

    def quote(self, model_id: str, day: dt.date) -> Quote | None:
        """What a model costs on `day`; None where no table knows."""
        model = self.model(model_id)
        names = [model_id, (model.model and model.model.endpoint_id) or ""]
        return quote(self.prices.values(), names, day)

    @cached_property
    def plugins(self) -> Mapping[str, PluginEntry]:
        """By name."""
        return self._entries("plugins", Plugin, lambda plugin, file: [(plugin.name, read_plugin(plugin, file))])

    @cached_property
    def toolchains(self) -> Mapping[str, Toolchain]:
        """By name."""
        return self._entries("toolchains", Toolchain, lambda toolchain, _: [(toolchain.name, toolchain)])

    @cached_property
    def images(self) -> Mapping[str, tuple[ImageRecipe, Path]]:
        """Recipe and file by the image's name."""
        return self._entries("images", ImageRecipe, lambda recipe, file: [(recipe.name, (recipe, file))])

    @cached_property
    def sweep_files(self) -> Mapping[str, Path]:
        """Sweep name (the file's) to file."""
        found: Found[Path] = {}
        for file in self._files("sweeps"):
            _put(found, file.stem, file, file, "sweep")
        return _entries_of(found)

    def task(self, task_id: str) -> TaskFolder:
        """A task, read when first asked for. Raises UsageError with the nearest ids where it is unknown."""
        if task_id not in self._read_tasks:
            task = read_task(_get(self.task_places, "task", task_id))
            self._check_toolchains(task)
            self._read_tasks[task_id] = task
        return self._read_tasks[task_id]

    def tui(self, name: str) -> TuiEntry:
        """A TUI. Raises UsageError with the nearest names where it is unknown."""
        return _get(self.tuis, "TUI", name)

    def model(self, model_id: str) -> ModelEntry:
        """A model. Raises UsageError with the nearest ids where it is unknown."""
        return _get(self.models, "model", model_id)

    def plugin(self, name: str) -> PluginEntry:
        """A plugin. Raises UsageError with the nearest names where it is unknown."""
        return _get(self.plugins, "plugin", name)

    def toolchain(self, name: str) -> Toolchain:
        """A toolchain. Raises UsageError with the nearest names where it is unknown."""
        return _get(self.toolchains, "toolchain", name)

    def image(self, name: str) -> tuple[ImageRecipe, Path]:
        """An image's recipe and its file. Raises UsageError with the nearest names where it is unknown."""
        return _get(self.images, "image", name)

    def sweep(self, name_or_path: str) -> SweepSpec:
        """A sweep by name or by path, its task globs expanded and every name in it known."""
        path = Path(name_or_path)
        named = not (path.suffix == ".toml" or "/" in name_or_path)
        if named:
            path = _get(self.sweep_files, "sweep", name_or_path)
        spec = read_entry(path, SweepSpec)
        if named and spec.id != name_or_path:
            what = f"bad value {spec.id!r}: accepted: {name_or_path!r}, the file's name"
            raise CatalogError(fault_at(path, read_text(path), ("id",), what))
        try:
            return self.resolve(spec)
        except CatalogError:  # another file is at fault, and the text says which
            raise
        except UsageError as error:
            raise CatalogError("\n".join(f"{path}: {fault}" for fault in str(error).splitlines())) from error

    def resolve(self, spec: SweepSpec) -> SweepSpec:
        """`spec` with task globs expanded. Raises UsageError with every name that is unknown, one a line."""
        faults = [
            *_unknown("TUI", spec.tuis, self.tuis),
            *_unknown("model", spec.models, self.models),
            *_unknown("plugin", [name for stack in spec.stacks for name in stack], self.plugins),
            *_unknown("task", [t for t in spec.tasks if not self._expand(t)], self.task_places),
        ]
        if faults:
            raise UsageError("\n".join(dict.fromkeys(faults)))
        tasks = list(dict.fromkeys(name for pattern in spec.tasks for name in self._expand(pattern)))
        for name in tasks:
            self.task(name)
        return spec.model_copy(update={"tasks": tasks})

    def check(self) -> list[str]:
        """Every fault of every file, one a line; empty where all is well."""
        faults = _faults_of(lambda: self.imported)
        if faults:  # without its sources the catalogue's tasks cannot be told
            return faults
        for kind in ("tuis", "models", "prices", "plugins", "toolchains", "images", "tasks", "sweep_files"):
            faults += _faults_of(partial(getattr, self, kind))
        for file in self._files("sweeps"):
            faults += _faults_of(partial(self._check_sweep, file))
        return list(dict.fromkeys(faults))

    def _check_sweep(self, file: Path) -> None:
        read_entry(file, SweepSpec)
        self.sweep(file.stem)

    def _expand(self, pattern: str) -> list[str]:
        """A lone `*` is every task: it is what is typed first, and no task has a name without a family."""
        return [task for task in self.task_places if pattern == "*" or matches(task, [pattern])]

    def _check_toolchains(self, task: TaskFolder) -> None:
        unknown = _unknown("toolchain", task.task.toolchains, self.toolchains)
        faults: list[Fault] = [(("toolchains",), what) for what in unknown]
        faults = faults or list(program_faults(task.task, self.toolchains))
        if faults:
            file = task.folder / "task.toml"
            text = read_text(file)
            raise CatalogError("\n".join(fault_at(file, text, place, what) for place, what in faults))

    def _files(self, kind: str) -> Iterator[Path]:
        for root in self.roots:
            yield from sorted(f for f in (root / kind).glob("*.toml") if not f.name.startswith("."))

    def _root_of(self, file: Path) -> int:
        return max(n for n, root in enumerate(self.roots) if file.is_relative_to(root))

    def _entries(self, kind: str, model: type[M], keyed: Callable[[M, Path], list[tuple[str, T]]]) -> Mapping[str, T]:
        found: Found[T] = {}
        faults = []
        for file in self._files(kind):
            try:
                for name, entry in keyed(read_entry(file, model), file):
                    _put(found, name, entry, file, kind.removesuffix("s"))
            except CatalogError as error:
                faults.append(str(error))
        if faults:
            raise CatalogError("\n".join(faults))
        return _entries_of(found)


def open_catalog(extra: Sequence[Path] = (), sources: Sequence[tuple[Path, str]] = ()) -> Catalog:
    """Ours, then `extra`, then the folders in CAB_CATALOG, and tasks in other formats from `sources` (path, format).

    Raises UsageError where a folder does not exist.
    """
    given = [*extra, *(Path(p) for p in os.environ.get("CAB_CATALOG", "").split(os.pathsep) if p)]
    for folder in given:
        if not folder.is_dir():
            msg = f"--catalog {folder}: no such folder"
            raise UsageError(msg)
    return Catalog([own_root(), *given], sources)


def own_root() -> Path:
    """Our catalogue: `catalog/` of the checkout, or the copy that a wheel carries."""
    package = Path(__file__).parent.parent
    checkout = package.parent.parent / "catalog"
    return checkout if (checkout / "tuis").is_dir() else package / "data" / "catalog"


def _sources_of(root: Path) -> Iterator[tuple[Path, str]]:
    file = root / "sources.toml"
    if os.path.lexists(file):
        for source in read_entry(file, SourceFile).source:
            yield root / source.path, source.format


def _models(content: ModelFile, file: Path) -> Iterator[tuple[str, ModelEntry]]:
    if content.model and content.endpoint is None:
        msg = f"{file}: endpoint: missing: [[model]] tables need the [endpoint] that serves them"
        raise CatalogError(msg)
    for control in content.control:
        yield control.id, ModelEntry(control.id, control, None, None, file)
    for model in content.model:
        yield model.id, ModelEntry(model.id, None, content.endpoint, model, file)


def _put(found: Found[T], name: str, entry: T, file: Path, kind: str) -> None:
    # Names become folder names, and some file systems fold case.
    folded = name.casefold()
    if folded in found:
        twin, _, place = found[folded]
        msg = f"{file}: {kind} {name!r} stands in {place} already (as {twin!r}): names are unique"
        raise CatalogError(msg)
    found[folded] = (name, entry, file)


def _entries_of(found: Found[T]) -> dict[str, T]:
    return {name: entry for name, entry, _ in found.values()}


def _get(entries: Mapping[str, T], kind: str, name: str) -> T:
    if name not in entries:
        raise unknown_name(kind, name, entries)
    return entries[name]


def _unknown(kind: str, names: Sequence[str], known: Mapping[str, object]) -> list[str]:
    return [str(unknown_name(kind, name, known)) for name in names if name not in known]


def _faults_of(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except UsageError as error:
        return str(error).splitlines()
    return []
