"""Listings of work directories: what is there, without following a link or trusting a name."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_LONGEST_PATH, _LONGEST_NAME = 4_095, 256  # of Linux, PATH_MAX and NAME_MAX, each with its end
_NOW = 1 << 62
FileType = Literal["file", "symlink", "other"]


@dataclass(frozen=True, slots=True)
class Node:
    """One path below a work directory: not a folder."""

    path: bytes
    """Relative, as the file system holds it."""
    type: FileType
    executable: bool
    size: int
    ctime_ns: int


@dataclass(frozen=True, slots=True)
class Known:
    """A path of the pristine tree: its type, mode bit, size and content digest."""

    type: FileType
    executable: bool
    size: int
    digest: str


def walk(root: Path, *, skip: frozenset[bytes] = frozenset({b".git"})) -> Iterator[Node]:
    """Every file, link and special file below `root`, except below the top-level names in `skip`.

    A folder so deep that the kernel takes no path to what may be in it is one node of the type "other".
    """
    stack = [b""]
    base = os.fsencode(root)
    while stack:
        prefix = stack.pop()
        if len(base) + 1 + len(prefix) + _LONGEST_NAME > _LONGEST_PATH:
            yield Node(prefix, "other", executable=False, size=0, ctime_ns=_NOW)
            continue
        with os.scandir(base + b"/" + prefix if prefix else base) as entries:
            for entry in entries:
                if not prefix and entry.name in skip:
                    continue
                path = prefix + b"/" + entry.name if prefix else entry.name
                if entry.is_dir(follow_symlinks=False):
                    stack.append(path)
                else:
                    yield _node(path, entry.stat(follow_symlinks=False))


def _node(path: bytes, status: os.stat_result) -> Node:
    kind: FileType = "other"
    if stat.S_ISREG(status.st_mode):
        kind = "file"
    elif stat.S_ISLNK(status.st_mode):
        kind = "symlink"
    return Node(path, kind, bool(status.st_mode & 0o100), status.st_size, status.st_ctime_ns)


def read_node(root: Path, node: Node) -> bytes:
    """A regular file's bytes (never through a link, never blocking on a fifo) or a link's target."""
    full = os.fsencode(root) + b"/" + node.path
    if node.type == "symlink":
        return os.readlink(full)
    descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(node.size + 1)


def digest_node(root: Path, node: Node) -> str:
    """sha256 of `read_node`, hex, read in blocks."""
    full = os.fsencode(root) + b"/" + node.path
    if node.type == "symlink":
        return hashlib.sha256(read_node(root, node)).hexdigest()
    descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def snapshot(root: Path) -> dict[bytes, Known]:
    """Every path below `root` (its own `.git` apart) with its digest."""
    return {n.path: Known(n.type, n.executable, n.size, digest_node(root, n)) for n in walk(root)}


def make_accessible(root: Path) -> None:
    """Give back to the owner what an agent took away (mode 000 folders and files), so that they can be read."""
    waiting = [os.fsencode(root)]
    while waiting:
        here = waiting.pop()
        if len(here) + _LONGEST_NAME > _LONGEST_PATH:
            continue
        with os.scandir(here) as entries:
            for entry in entries:
                folder = entry.is_dir(follow_symlinks=False)
                _add_mode(entry, 0o700 if folder else 0o400)
                if folder:
                    waiting.append(entry.path)


def _add_mode(entry: os.DirEntry[bytes], bits: int) -> None:
    mode = entry.stat(follow_symlinks=False).st_mode
    if not stat.S_ISLNK(mode) and mode & bits != bits:
        os.chmod(entry.path, stat.S_IMODE(mode) | bits)
