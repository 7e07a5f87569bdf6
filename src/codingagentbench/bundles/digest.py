"""The digest of a folder's content: the same on every machine that installed the same thing."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

# Caches, and files in which installers note how, when and from where they installed.
_LEFT_OUT_FOLDERS = frozenset({"__pycache__"})
_LEFT_OUT_FILES = frozenset(
    {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", ".package-lock.json", ".lock"}
)


def file_digests(root: Path) -> dict[str, str]:
    """Relative path to a text that pins the entry: kind, executable bit, sha256 (or a link's target)."""
    return dict(sorted(_entries(root)))


def content_digest(root: Path) -> str:
    """ "sha256:<hex>" over `file_digests`."""
    total = hashlib.sha256()
    for path, pin in file_digests(root).items():
        total.update(f"{path}\0{pin}\n".encode())
    return f"sha256:{total.hexdigest()}"


def _entries(root: Path) -> Iterator[tuple[str, str]]:
    for here, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in _LEFT_OUT_FOLDERS]
        links = [f for f in folders if Path(here, f).is_symlink()]
        for name in [*files, *links]:
            place = Path(here, name)
            if name not in _LEFT_OUT_FILES:
                yield place.relative_to(root).as_posix(), _pin(place)


def _pin(place: Path) -> str:
    if place.is_symlink():
        return f"link {place.readlink()}"
    with place.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return f"{'program' if place.stat().st_mode & 0o100 else 'file'} {content}"
