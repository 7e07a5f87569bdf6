"""The raw files behind a cell, next to its page: cloned or linked where the file system can, copied where not."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.site.text import size_text

RAW_FILES: tuple[tuple[str, str], ...] = (
    ("record.json", "identity, timing, axes, receipt"),
    ("model_calls.jsonl", "one line a model call"),
    ("trace.jsonl", "one line a span"),
    ("terminal.cast", "terminal recording, asciicast v2"),
    ("diff.patch", "the agent's changes"),
    ("changes.json", "every changed path with digests"),
    ("grade.json", "what the grading sandbox reported"),
    ("agent.log", "the terminal's text"),
    ("trajectory.json", "the run as a trajectory (ATIF)"),
)
_FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file that can be had beside the page."""

    name: str
    what: str
    size: int

    @property
    def size_text(self) -> str:
        """For people."""
        return size_text(self.size)


def raw_files(folder: Path) -> list[RawFile]:
    """Those of RAW_FILES that the attempt has."""
    with os.scandir(folder) as entries:
        sizes = {entry.name: entry.stat().st_size for entry in entries if entry.is_file(follow_symlinks=False)}
    return [RawFile(name, what, sizes[name]) for name, what in RAW_FILES if name in sizes]


def place_raw(folder: Path, target: Path, *, raw: Sequence[RawFile], transfer: Callable[[str, str], None]) -> None:
    """Put `raw` of an attempt into `target`; files there from an earlier attempt are replaced or removed."""
    base, onto = f"{folder}/", f"{target}/"
    present = {file.name for file in raw}
    for name, _ in RAW_FILES:
        if name not in present:
            Path(onto + name).unlink(missing_ok=True)
    for file in raw:
        try:
            transfer(base + file.name, onto + file.name)
        except FileExistsError:
            Path(onto + file.name).unlink()
            transfer(base + file.name, onto + file.name)


def pick_transfer(sample: Path, target: Path) -> Callable[[str, str], None]:
    """The cheapest way from `sample`'s file system to the folder `target`: clone, hard link, or copy.

    A clone shares the blocks but not the file, so that the site can never change a record; a hard link is the same
    file under a second name. Tried once a build, not once a file.
    """
    probe = str(target / ".cab-probe")
    for transfer in (clone, os.link):
        try:
            transfer(str(sample), probe)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EROFS, errno.EACCES}:
                raise
        else:
            return transfer
        finally:
            Path(probe).unlink(missing_ok=True)
    return copy


def clone(source: str, target: str) -> None:
    """A reflink (btrfs, xfs, bcachefs). Raises OSError where the file system has none, FileExistsError."""
    with open(source, "rb") as from_, open(target, "xb") as to:  # noqa: PTH123  # a hot path with strings
        fcntl.ioctl(to.fileno(), _FICLONE, from_.fileno())


def copy(source: str, target: str) -> None:
    """A plain copy. Raises FileExistsError."""
    with open(source, "rb") as from_, open(target, "xb") as to:  # noqa: PTH123  # a hot path with strings
        shutil.copyfileobj(from_, to)
