"""The catalogue: ours and other people's folders, read lazily, each kind once."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from codingagentbench.catalog.faults import read_entry
from codingagentbench.catalog.model import ControlModel, Endpoint, EndpointModel, ModelFile
from codingagentbench.catalog.plugin import Plugin
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.catalog.tasks import TaskFolder, read_task, task_folders
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.catalog.tui import Tui
from codingagentbench.errors import CatalogError, UsageError, unknown_name
from codingagentbench.globs import matches

__all__ = ["Catalog", "ModelEntry", "TaskFolder", "TuiEntry", "open_catalog"]
T = TypeVar("T")
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

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = tuple(roots)

    @cached_property
    def task_places(self) -> Mapping[str, Path]:
        """Task id to folder, without reading the tasks."""
        found: dict[str, tuple[Path, Path]] = {}
        for root in self.roots:
            for folder in task_folders(root):
                _put(found, f"{folder.parent.name}/{folder.name}", folder, folder / "task.toml", "task")
        return {name: folder for name, (folder, _) in found.items()}

    @cached_property
    def _tasks(self) -> dict[str, TaskFolder]:
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
    def plugins(self) -> Mapping[str, Plugin]:
        """By name."""
        return self._entries("plugins", Plugin, lambda plugin, _: [(plugin.name, plugin)])

    @cached_property
    def toolchains(self) -> Mapping[str, Toolchain]:
        """By name."""
        return self._entries("toolchains", Toolchain, lambda toolchain, _: [(toolchain.name, toolchain)])

    @cached_property
    def sweep_files(self) -> Mapping[str, Path]:
        """Sweep name (the file's) to file."""
        found: dict[str, tuple[Path, Path]] = {}
        for file in self._files("sweeps"):
            _put(found, file.stem, file, file, "sweep")
        return {name: file for name, (file, _) in found.items()}

    def task(self, task_id: str) -> TaskFolder:
        """A task, read when first asked for. Raises UsageError with the nearest ids where it is unknown."""
        if task_id not in self._tasks:
            folder = _get(self.task_places, "task", task_id)
            task = read_task(folder)
            for name in task.task.toolchains:
                if name not in self.toolchains:
                    msg = f"{folder / 'task.toml'}: toolchains: {unknown_name('toolchain', name, self.toolchains)}"
                    raise CatalogError(msg)
            self._tasks[task_id] = task
        return self._tasks[task_id]

    def tui(self, name: str) -> TuiEntry:
        """A TUI. Raises UsageError with the nearest names where it is unknown."""
        return _get(self.tuis, "TUI", name)

    def model(self, model_id: str) -> ModelEntry:
        """A model. Raises UsageError with the nearest ids where it is unknown."""
        return _get(self.models, "model", model_id)

    def plugin(self, name: str) -> Plugin:
        """A plugin. Raises UsageError with the nearest names where it is unknown."""
        return _get(self.plugins, "plugin", name)

    def toolchain(self, name: str) -> Toolchain:
        """A toolchain. Raises UsageError with the nearest names where it is unknown."""
        return _get(self.toolchains, "toolchain", name)

    def sweep(self, name_or_path: str) -> SweepSpec:
        """A sweep by name or by path, its task globs expanded and every name in it known."""
        path = Path(name_or_path)
        if not (path.suffix == ".toml" or "/" in name_or_path):
            path = _get(self.sweep_files, "sweep", name_or_path)
        return self.resolve(read_entry(path, SweepSpec))

    def resolve(self, spec: SweepSpec) -> SweepSpec:
        """`spec` with task globs expanded. Raises UsageError for the first name that is unknown."""
        for tui in spec.tuis:
            self.tui(tui)
        for model in spec.models:
            self.model(model)
        for stack in spec.stacks:
            for plugin in stack:
                self.plugin(plugin)
        tasks = list(dict.fromkeys(t for pattern in spec.tasks for t in self._expand(pattern)))
        for task in tasks:
            self.task(task)
        return spec.model_copy(update={"tasks": tasks})

    def check(self) -> list[str]:
        """Every fault of every file, one a line; empty where all is well."""
        faults: list[str] = []
        for kind in ("tuis", "models", "plugins", "toolchains", "task_places", "sweep_files"):
            faults += _faults_of(partial(getattr, self, kind))
        if not faults:
            for name in self.task_places:
                faults += _faults_of(partial(self.task, name))
            for name in self.sweep_files:
                faults += _faults_of(partial(self.sweep, name))
        return faults

    def _expand(self, pattern: str) -> list[str]:
        if "*" not in pattern:
            return [pattern]
        found = [task for task in self.task_places if matches(task, [pattern])]
        if not found:
            raise unknown_name("task matching", pattern, self.task_places)
        return found

    def _files(self, kind: str) -> Iterator[Path]:
        for root in self.roots:
            yield from sorted((root / kind).glob("*.toml"))

    def _entries(self, kind: str, model: type[M], keyed: Callable[[M, Path], list[tuple[str, T]]]) -> dict[str, T]:
        found: dict[str, tuple[T, Path]] = {}
        faults = []
        for file in self._files(kind):
            try:
                for name, entry in keyed(read_entry(file, model), file):
                    _put(found, name, entry, file, kind.removesuffix("s"))
            except CatalogError as error:
                faults.append(str(error))
        if faults:
            raise CatalogError("\n".join(faults))
        return {name: entry for name, (entry, _) in found.items()}


def open_catalog(extra: Sequence[Path] = ()) -> Catalog:
    """Ours, then `extra`, then the folders in CAB_CATALOG. Raises UsageError where a folder does not exist."""
    given = [*extra, *(Path(p) for p in os.environ.get("CAB_CATALOG", "").split(os.pathsep) if p)]
    for folder in given:
        if not folder.is_dir():
            msg = f"--catalog {folder}: no such folder"
            raise UsageError(msg)
    return Catalog([own_root(), *given])


def own_root() -> Path:
    """Our catalogue: `catalog/` of the checkout, or the copy that a wheel carries."""
    package = Path(__file__).parent.parent
    checkout = package.parent.parent / "catalog"
    return checkout if (checkout / "tuis").is_dir() else package / "data" / "catalog"


def _models(content: ModelFile, file: Path) -> Iterator[tuple[str, ModelEntry]]:
    if content.model and content.endpoint is None:
        msg = f"{file}: endpoint: missing: [[model]] tables need the [endpoint] that serves them"
        raise CatalogError(msg)
    for control in content.control:
        yield control.id, ModelEntry(control.id, control, None, None, file)
    for model in content.model:
        yield model.id, ModelEntry(model.id, None, content.endpoint, model, file)


def _put(found: dict[str, tuple[T, Path]], name: str, entry: T, file: Path, kind: str) -> None:
    # Names become folder names, and some file systems fold case.
    twin = next((n for n in found if n.casefold() == name.casefold()), None)
    if twin is not None:
        msg = f"{file}: {kind} {name!r} stands in {found[twin][1]} already (as {twin!r}): names are unique"
        raise CatalogError(msg)
    found[name] = (entry, file)


def _get(entries: Mapping[str, T], kind: str, name: str) -> T:
    if name not in entries:
        raise unknown_name(kind, name, entries)
    return entries[name]


def _faults_of(read: Callable[[], object]) -> list[str]:
    try:
        read()
    except UsageError as error:
        return str(error).splitlines()
    return []
