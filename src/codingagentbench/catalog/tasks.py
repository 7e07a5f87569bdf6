"""Task folders: `<root>/tasks/<version>/<family>/<name>/`, read and checked."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.catalog.agents_md import agents_md
from codingagentbench.catalog.faults import fault_at, read_entry, read_text
from codingagentbench.catalog.task import Task
from codingagentbench.catalog.task_faults import task_faults
from codingagentbench.errors import CatalogError
from codingagentbench.globs import matches

MAX_TASK_BYTES = 64 << 20
MAX_TASK_FILES = 20_000
MAX_PROMPT_BYTES = 100_000
"""Linux takes no single argument of more than 128 KiB."""


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
    """Every folder at a task's depth below `<root>/tasks`, sorted; hidden ones are not the catalogue's."""
    found = sorted((root / "tasks").glob("*/*/*/"))
    return (f for f in found if not any(part.startswith(".") for part in f.relative_to(root).parts) and f.is_dir())


def read_task(folder: Path) -> TaskFolder:
    """The task in `folder`. Raises CatalogError with all its faults, one a line."""
    file = folder / "task.toml"
    task = read_entry(file, Task)
    files = list(_files(folder))
    prompt = read_text(folder / "prompt.md").strip()
    text = read_text(file)
    faults = [fault_at(file, text, place, what) for place, what in task_faults(task, folder)]
    faults += [f"{folder / path}: {what}" for path, what in _part_faults(task, folder, files, prompt)]
    if faults:
        raise CatalogError("\n".join(faults))
    return TaskFolder(task, folder, prompt, _digest(folder, files), agents_md(task))


def _files(folder: Path) -> Iterator[Path]:
    """Every file below `folder`; refuses links (they could leave it), special files, and what is far too large."""
    total = 0
    for count, entry in enumerate(_walk(folder)):
        if entry.is_symlink() or not entry.is_file():
            msg = f"{entry.path}: neither a file nor a folder: a task holds plain files only"
            raise CatalogError(msg)
        total += entry.stat().st_size
        if total > MAX_TASK_BYTES or count > MAX_TASK_FILES:
            msg = f"{folder}: too large for a task: accepted: {MAX_TASK_FILES} files, {MAX_TASK_BYTES >> 20} MiB"
            raise CatalogError(msg)
        yield Path(entry.path)


def _walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below `folder` that is no folder. Bytecode is refused: it changes the task without anybody's doing."""
    stack = [str(folder)]
    while stack:
        try:
            with os.scandir(stack.pop()) as entries:
                for entry in entries:
                    if entry.name == "__pycache__":
                        msg = f"{entry.path}: left by a run of the task's code: remove it"
                        raise CatalogError(msg)
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(entry.path)
                    else:
                        yield entry
        except OSError as error:
            msg = f"{error.filename}: cannot be read: {error.strerror}"
            raise CatalogError(msg) from error


def _digest(folder: Path, files: list[Path]) -> str:
    total = hashlib.sha256()
    try:
        for name, file in sorted((os.fsencode(f.relative_to(folder).as_posix()), f) for f in files):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            executable = "x" if file.stat().st_mode & 0o100 else "-"
            total.update(name + f"\0{executable}\0{content}\n".encode())
    except OSError as error:
        msg = f"{error.filename}: cannot be read: {error.strerror}"
        raise CatalogError(msg) from error
    return f"sha256:{total.hexdigest()}"


def _part_faults(task: Task, folder: Path, files: list[Path], prompt: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the folders beside task.toml: path in the folder, and what."""
    if not prompt:
        yield "prompt.md", "empty: it is all that the agent is told"
    if "\0" in prompt or len(prompt.encode()) > MAX_PROMPT_BYTES:
        yield "prompt.md", f"a CLI takes it as one argument: accepted: at most {MAX_PROMPT_BYTES} bytes, none of them 0"
    for part in ("workdir", "solution", *(["grader"] if task.scorer.kind == "tests" else [])):
        if not (folder / part).is_dir():
            yield part, "the folder is missing"
    for made in ("AGENTS.md", ".git"):
        if (folder / "workdir" / made).exists():
            yield f"workdir/{made}", "made by the harness (AGENTS.md from the constraints): remove it"
    folded: dict[str, str] = {}
    for path in (f.relative_to(folder).as_posix() for f in files):
        if (twin := folded.setdefault(path.casefold(), path)) != path:
            yield path, f"differs from {twin} by case only, which some file systems fold"
        if path.startswith("solution/") and matches(path.removeprefix("solution/"), task.protected):
            yield path, "protected: a right answer leaves it alone"
