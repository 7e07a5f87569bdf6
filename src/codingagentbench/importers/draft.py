"""What an importer makes of a foreign task, and how it becomes a task folder of the cache."""

import contextlib
import datetime as dt
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from codingagentbench.catalog.tasks import TaskFolder, read_task
from codingagentbench.catalog.toml_text import toml_text
from codingagentbench.errors import CatalogError, SetupError
from codingagentbench.importers.files import Files, refusal

VERSION = "imported"
"""Of every imported task: the folder above its family's."""
ADDED = dt.date(2026, 1, 1)
"""Foreign formats do not say when a task was added, and a view's digest must not depend on today."""


@dataclass
class Draft:
    """A task in our terms. `task` is what task.toml says besides id, family and version."""

    id: str
    task: dict[str, object]
    prompt: str
    workdir: Files
    grader: Files
    solution: Files
    notes: list[str] = field(default_factory=list)
    """What is different from how the format's own harness would run it."""


def stored(draft: Draft, source: Path, cache: Path) -> TaskFolder:
    """The draft as a task folder below `cache`, which is named by its content and written once.

    Raises CatalogError, in terms of `source`, where it would be no valid task.
    """
    parts = _parts(draft)
    digest = _digest(parts)
    place = cache / digest[:32] / VERSION / draft.id
    if not place.is_dir():
        _write(parts, cache, digest[:32], draft.id)
    try:
        return read_task(place)
    except CatalogError as error:
        text = str(error).replace(f"{place}/", "").replace(str(place), "the task")
        raise refusal(source, "; ".join(text.splitlines())) from error


def _parts(draft: Draft) -> dict[str, tuple[bytes, bool]]:
    family = draft.id.split("/")[0]
    top = {"id": draft.id, "family": family, "version": VERSION, **draft.task}
    parts = {
        "task.toml": (toml_text(top).encode("utf-8", "surrogateescape"), False),
        "prompt.md": (draft.prompt.encode("utf-8", "replace"), False),
    }
    for name, files in (("workdir", draft.workdir), ("grader", draft.grader), ("solution", draft.solution)):
        parts |= {f"{name}/{path}": (file.content, file.executable) for path, file in files.items()}
    return parts


def _digest(parts: dict[str, tuple[bytes, bool]]) -> str:
    total = hashlib.sha256()
    for path, (content, executable) in sorted(parts.items()):
        total.update(msgspec.json.encode([path, executable, hashlib.sha256(content).hexdigest()]))
    return total.hexdigest()


def _write(parts: dict[str, tuple[bytes, bool]], cache: Path, name: str, task_id: str) -> None:
    """Whole or not at all: written beside its place and renamed."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=cache))
        try:
            partial.chmod(0o755)
            folder = partial / VERSION / task_id
            for part in ("workdir", "grader", "solution"):
                (folder / part).mkdir(parents=True)
            for path, (content, executable) in parts.items():
                file = folder / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                file.chmod(0o755 if executable else 0o644)
            with contextlib.suppress(OSError):  # another process was faster
                os.rename(partial, cache / name)  # noqa: PTH104  # fails on a full folder, as is wanted
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        if isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError):
            msg = f"{error.filename}: is a file in one place and a folder in another"
            raise CatalogError(msg) from error
        msg = f"{error.filename or cache}: {error.strerror}: imported tasks are kept below $XDG_CACHE_HOME"
        raise SetupError(msg) from error
