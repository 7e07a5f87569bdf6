"""Layers that are the same bytes whenever their files are: sorted, one time, no names of owners, nothing volatile."""

import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from codingagentbench.globs import matches

EPOCH = 1_767_225_600
"""2026-01-01T00:00:00Z, as SOURCE_DATE_EPOCH: no file in an image is younger."""
VOLATILE = (
    "dev/**",
    "proc/**",
    "sys/**",
    "run/**",
    "tmp/**",
    "var/cache/**",
    "var/lib/apt/lists/**",
    "var/log/**",
    "var/tmp/**",
    "etc/machine-id",
    "etc/hostname",
    "etc/resolv.conf",
    "var/lib/dbus/machine-id",
    ".dockerenv",
)
_SETUID = stat.S_ISUID | stat.S_ISGID
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a layer. `data` opens its content; None for what has none."""

    info: tarfile.TarInfo
    data: Callable[[], IO[bytes]] | None
    content: str
    """sha256 of the content; empty for what has none."""

    @property
    def identity(self) -> str:
        """Equal for equal files."""
        i = self.info
        return f"{i.type!r} {i.mode:o} {i.uid}:{i.gid} {i.linkname} {self.content}"


Entries = dict[str, Entry]


def read_tree(archive: tarfile.TarFile, exclude: Sequence[str] = ()) -> Entries:
    """The files of a root file system's archive, without what is volatile. The archive stays open for their contents.

    Hard links become files of their own: which of two names is the link depends on the order of reading.
    """
    found: Entries = {}
    for info in archive:
        name = _name(info.name)
        if not name or info.isdev() or matches(name, [*VOLATILE, *exclude]):
            continue
        source = archive.getmember(info.linkname) if info.islnk() else info
        if source.isreg():
            found[name] = _file(name, source, lambda s=source: _opened(archive, s))  # type: ignore[misc]  # a default binds it
        else:
            found[name] = Entry(_plain(name, info), None, "")
    return found


def read_folder(folder: Path, target: str) -> Entries:
    """The files below a folder of this machine, as root's, at `target`."""
    found: Entries = {}
    for here, folders, files in os.walk(folder):
        for name in sorted((*folders, *files)):
            path = Path(here, name)
            inside = f"{target}/{path.relative_to(folder).as_posix()}"
            if path.is_symlink():
                found[inside] = link(inside, str(path.readlink()))
            elif path.is_dir():
                found[inside] = directory(inside)
            elif path.is_file():
                mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
                found[inside] = file(inside, lambda p=path: p.open("rb"), path.stat().st_size, mode)  # type: ignore[misc]
    return found


def file(name: str, opener: Callable[[], IO[bytes]], size: int, mode: int) -> Entry:
    """A file of root's."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, mode
    return _file(name, info, opener)


def text(name: str, content: bytes, mode: int = 0o644) -> Entry:
    """A small file of root's."""
    return file(name, lambda: io.BytesIO(content), len(content), mode)


def directory(name: str, mode: int = 0o755) -> Entry:
    """A folder of root's."""
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, mode
    return Entry(_plain(name, info), None, "")


def link(name: str, target: str) -> Entry:
    """A symbolic link."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
    return Entry(_plain(name, info), None, "")


def difference(below: Mapping[str, str], tree: Entries) -> Entries:
    """What a layer has to hold so that `tree` appears over layers with the files `below` (name to identity)."""
    added = {name: entry for name, entry in tree.items() if below.get(name) != entry.identity}
    gone = [name for name in below if name not in tree and not _covered(name, below, tree)]
    for name in gone:  # a whiteout, as OCI images spell it
        head, _, tail = name.rpartition("/")
        place = f"{head}/.wh.{tail}" if head else f".wh.{tail}"
        added[place] = text(place, b"")
    return added


def _covered(name: str, below: Mapping[str, str], tree: Entries) -> bool:
    """Whether a folder above it is gone too, whose whiteout is enough."""
    parents = Path(name).parents
    return any(str(p) in below and str(p) not in tree for p in parents if str(p) != ".")


def write_layer(entries: Entries, out: Path) -> str:
    """Write the archive; its digest, "sha256:<hex>"."""
    with out.open("wb") as plain, tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(entries):
            entry = entries[name]
            if entry.data is None:
                archive.addfile(entry.info)
            else:
                with entry.data() as content:
                    archive.addfile(entry.info, content)
    return file_sha256(out)


def file_sha256(path: Path) -> str:
    """The digest of a file, "sha256:<hex>"."""
    with path.open("rb") as content:
        return f"sha256:{_sha256(content)}"


def identities(entries: Entries) -> dict[str, str]:
    """Name to identity, to be kept beside a layer for `difference`."""
    return {name: entry.identity for name, entry in sorted(entries.items())}


def _file(name: str, info: tarfile.TarInfo, opener: Callable[[], IO[bytes]]) -> Entry:
    with opener() as content:
        digest = _sha256(content)
    return Entry(_plain(name, info), opener, digest)


def _plain(name: str, info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Name, kind, size, mode without setuid, owner by number; nothing else."""
    made = tarfile.TarInfo(name)
    made.type = tarfile.REGTYPE if info.islnk() else info.type
    made.size = info.size if made.isreg() else 0
    made.mode = info.mode & ~_SETUID & 0o7777
    made.uid, made.gid = info.uid, info.gid
    made.linkname = info.linkname if info.issym() else ""
    made.mtime = EPOCH
    return made


def _name(path: str) -> str:
    return path.removeprefix("./").strip("/").removeprefix("./") if path not in {".", "./"} else ""


def _opened(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(info)
    assert content is not None, info.name  # noqa: S101  # for mypy: it is a regular file
    return content


def _sha256(content: IO[bytes]) -> str:
    total = hashlib.sha256()
    for chunk in _chunks(content):
        total.update(chunk)
    return total.hexdigest()


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    while chunk := content.read(_CHUNK):
        yield chunk


def with_parents(entries: Entries, known: Iterable[str] = ()) -> Entries:
    """Add the folders above every entry that are neither there nor `known`."""
    there, added = {*entries, *known}, dict(entries)
    for name in entries:
        for parent in reversed(Path(name).parents):
            folder = parent.as_posix()
            if folder != "." and folder not in there:
                there.add(folder)
                added[folder] = directory(folder)
    return added
