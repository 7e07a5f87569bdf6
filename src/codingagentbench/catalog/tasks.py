"""Task folders: `<root>/tasks/<version>/<family>/<name>/`, read and checked."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.catalog.agents_md import agents_md
from codingagentbench.catalog.faults import read_entry, read_text
from codingagentbench.catalog.task import Task
from codingagentbench.errors import CatalogError

MAX_TASK_BYTES = 64 << 20
MAX_TASK_FILES = 20_000


@dataclass(frozen=True, slots=True)
class TaskFolder:
    """One task with everything that its folder holds."""

    task: Task
    folder: Path
    prompt: str
    digest: str
    """sha256 over every file of the folder: path, executable bit, content."""
    agents_md: str

    @property
    def workdir(self) -> Path:
        """What the agent gets."""
        return self.folder / "workdir"

    @property
    def grader(self) -> Path:
        """Hidden; laid over the graded tree."""
        return self.folder / "grader"

    @property
    def solution(self) -> Path:
        """Laid over the work directory, it is right."""
        return self.folder / "solution"


def task_folders(root: Path) -> Iterator[Path]:
    """Every folder below `<root>/tasks` that holds a task.toml, sorted."""
    return iter(sorted(f.parent for f in (root / "tasks").glob("*/*/*/task.toml")))


def read_task(folder: Path) -> TaskFolder:
    """The task in `folder`. Raises CatalogError with all its faults, one a line."""
    file = folder / "task.toml"
    task = read_entry(file, Task)
    files = list(_files(folder))
    prompt = read_text(folder / "prompt.md").strip()
    faults = [*_id_faults(task, folder), *_part_faults(task, folder, prompt), *_scorer_faults(task)]
    if faults:
        raise CatalogError("\n".join(f"{file}: {fault}" for fault in faults))
    return TaskFolder(task, folder, prompt, _digest(folder, files), agents_md(task))


def _files(folder: Path) -> Iterator[Path]:
    """Every file below `folder`; refuses links (they could leave it), special files, and what is far too large."""
    total = 0
    for count, path in enumerate(_walk(folder)):
        if path.is_symlink() or not path.is_file():
            msg = f"{path}: neither a file nor a folder: a task holds plain files only"
            raise CatalogError(msg)
        total += path.stat().st_size
        if total > MAX_TASK_BYTES or count > MAX_TASK_FILES:
            msg = f"{folder}: too large for a task: accepted: {MAX_TASK_FILES} files, {MAX_TASK_BYTES >> 20} MiB"
            raise CatalogError(msg)
        yield path


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _walk(Path(entry.path))
            else:
                yield Path(entry.path)


def _digest(folder: Path, files: list[Path]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        executable = "x" if file.stat().st_mode & 0o100 else "-"
        total.update(f"{file.relative_to(folder).as_posix()}\0{executable}\0{content}\n".encode())
    return f"sha256:{total.hexdigest()}"


def _id_faults(task: Task, folder: Path) -> Iterator[str]:
    family, name = task.id.split("/")
    if (folder.parent.name, folder.name) != (family, name):
        yield f"id: bad value {task.id!r}: the folder is {folder.parent.name}/{folder.name}, and so must the id be"
    if family != task.family:
        yield f"family: bad value {task.family!r}: the id {task.id!r} says {family!r}"
    if folder.parent.parent.name != task.version:
        yield f"version: bad value {task.version!r}: the folder lies below {folder.parent.parent.name!r}"


def _part_faults(task: Task, folder: Path, prompt: str) -> Iterator[str]:
    if not prompt:
        yield "prompt.md is empty: it is all that the agent is told"
    for part in ("workdir", "solution", *(["grader"] if task.scorer.kind == "tests" else [])):
        if not (folder / part).is_dir():
            yield f"the folder {part}/ is missing"
    for path in task.ground_truth_files:
        if not (folder / "solution" / path).is_file():
            yield f"ground_truth_files: bad value {path!r}: not in solution/"


def _scorer_faults(task: Task) -> Iterator[str]:
    scorer = task.scorer
    if scorer.kind == "tests" and not (scorer.command and scorer.tests and scorer.format):
        yield "scorer: kind 'tests' needs command, tests and format"
    if (scorer.kind == "refusal") != (task.refusal is not None):
        yield "scorer.kind: 'refusal' and the table [refusal] go together"
    if task.expected_refusal != (task.refusal is not None):
        yield f"expected_refusal: bad value {task.expected_refusal}: true exactly where there is a table [refusal]"
