"""What a folder holds, as digests: of every entry to find damage, and one over the content to name it.

The content's digest is the same on every machine that installed the same thing: it leaves out caches and the files in
which installers note how, when, from where and for which interpreter they installed.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

_CACHES = "__pycache__"
_NOTES = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", ".package-lock.json", ".lock"}
)
_MADE_HERE = frozenset({"pyvenv.cfg", "bin/python"})
"""Of a bundle's own making; they name the interpreter."""


def file_digests(root: Path) -> dict[str, str]:
    """Every file and link below `root`, sorted: relative path to kind, executable bit, sha256 (or a link's target).

    A name that is not UTF-8 appears with surrogate escapes.
    """
    places = sorted(_places(root))
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # hashing happens outside the interpreter's lock
        return dict(zip(places, threads.map(lambda p: _pin(root / p), places, chunksize=64), strict=True))


def content_digest(files: Mapping[str, str]) -> str:
    """ "sha256:<hex>" over those `file_digests` that are the same on every machine."""
    total = hashlib.sha256()
    for path, pin in sorted(files.items()):
        if _is_content(PurePosixPath(path)):
            total.update(f"{path}\0{pin}\n".encode("utf-8", "surrogateescape"))
    return f"sha256:{total.hexdigest()}"


def _is_content(path: PurePosixPath) -> bool:
    return _CACHES not in path.parts and path.name not in _NOTES and str(path) not in _MADE_HERE


def _places(root: Path) -> Iterator[str]:
    for here, folders, files in os.walk(root):
        links = [f for f in folders if Path(here, f).is_symlink()]
        yield from (Path(here, name).relative_to(root).as_posix() for name in [*files, *links])


def _pin(place: Path) -> str:
    if place.is_symlink():
        return f"link {place.readlink()}"
    with place.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{'program' if place.stat().st_mode & 0o100 else 'file'} {content}"
