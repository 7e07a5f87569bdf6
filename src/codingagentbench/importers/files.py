"""Reading folders that somebody else wrote: bounded, following no link, never waiting on a pipe."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.catalog.base import RelativePath
from codingagentbench.errors import CatalogError

MAX_BYTES = 64 << 20
MAX_FILES = 20_000
MAX_ENTRIES = 200_000
"""Folders and files looked at while searching for tasks."""
MAX_DEPTH = 12
SKIPPED = frozenset({".git", "__pycache__", ".pytest_cache", "node_modules", ".DS_Store"})
"""What versioning and runs leave behind is no part of a task."""

__all__ = ["RelativePath", "SourceFile", "find_folders", "read_file", "read_tree", "refusal"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's content, and whether it may be run."""

    content: bytes
    executable: bool = False


Files = Mapping[str, SourceFile]
"""Relative POSIX path to the file."""


def refusal(place: Path | str, what: str) -> CatalogError:
    """The reason why something is not loaded: where, and what is accepted."""
    return CatalogError(f"{str(place)!r}: {what}" if not str(place).isprintable() else f"{place}: {what}")


def read_file(file: Path, limit: int = MAX_BYTES) -> SourceFile:
    """A plain file. Raises CatalogError for a link, a pipe, a device, one that is too large or cannot be read."""
    try:
        # Not blocking, so that a pipe without a writer is opened and then refused.
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        linked = file.is_symlink()
        raise refusal(file, "a symbolic link: accepted: plain files" if linked else _unread(error)) from error
    except ValueError as error:  # a NUL in the name
        raise refusal(file, f"cannot be read: {error}") from error
    with os.fdopen(descriptor, "rb") as opened:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise refusal(file, "neither a file nor a folder: accepted: plain files")
        if facts.st_size > limit:
            raise refusal(file, f"{facts.st_size} bytes: accepted: at most {limit}")
        try:
            content = opened.read(limit + 1)
        except OSError as error:
            raise refusal(file, _unread(error)) from error
    if len(content) > limit:
        raise refusal(file, f"accepted: at most {limit} bytes")
    return SourceFile(content, bool(facts.st_mode & 0o100))


def read_tree(folder: Path) -> dict[str, SourceFile]:
    """Every file below `folder` by its path in it; refuses as `read_file` does, and what is too much for a task."""
    found: dict[str, SourceFile] = {}
    total = 0
    for file in _walk(folder):
        path = file.relative_to(folder).as_posix()
        if not path.isprintable():
            raise refusal(folder / repr(path), "a name with control characters or bytes that are no UTF-8")
        found[path] = read_file(file, MAX_BYTES - total)
        total += len(found[path].content)
        if len(found) > MAX_FILES:
            raise refusal(folder, f"too many files for a task: accepted: {MAX_FILES}")
    _case_colliding(folder, found)
    return dict(sorted(found.items()))


def find_folders(root: Path, marker: str) -> list[Path]:
    """Folders at or below `root` that hold `marker` (a relative path), sorted; nothing is looked for inside of them.

    Raises CatalogError where `root` is no folder or holds more than can be searched.
    """
    if not root.is_dir():
        raise refusal(root, "no such folder")
    found, stack, seen = [], [(root, 0)], 0
    while stack:
        folder, depth = stack.pop()
        if os.path.lexists(folder / marker):
            found.append(folder)
            continue
        for entry in _entries(folder):
            seen += 1
            if seen > MAX_ENTRIES:
                raise refusal(root, f"more than {MAX_ENTRIES} files: name a folder further down")
            if depth < MAX_DEPTH and entry.name not in SKIPPED and entry.is_dir(follow_symlinks=False):
                stack.append((Path(entry.path), depth + 1))
    return sorted(found)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What the folder holds; nothing where it cannot be read, for a search goes on elsewhere."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _walk(folder: Path) -> Iterator[Path]:
    stack, seen = [folder], 0
    while stack:
        here = stack.pop()
        try:
            with os.scandir(here) as entries:
                listed = [e for e in entries if e.name not in SKIPPED]
        except OSError as error:
            raise refusal(here, _unread(error)) from error
        seen += len(listed)
        if seen > MAX_ENTRIES:
            raise refusal(folder, f"more than {MAX_ENTRIES} files and folders")
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                stack.append(Path(entry.path))
            else:
                yield Path(entry.path)


def _case_colliding(folder: Path, found: Files) -> None:
    folded: dict[str, str] = {}
    for path in found:
        twin = folded.setdefault(path.casefold(), path)
        if twin != path:
            raise refusal(folder / path, f"differs from {twin} by case only, which some file systems fold")


def _unread(error: OSError) -> str:
    return f"cannot be read: {error.strerror}"
