"""What a run holds on disk, limited from outside: a watcher that stops the sandbox once it is past its limit.

/work and HOME are folders of this machine, which no mount option limits. A walk costs time with the number of files, so
the watcher asks for the file system's free space ten times a second, which costs nothing, and walks only when that
has fallen by half of what the run may still take. Files that were deleted and are still open count as well.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from codingagentbench.sandbox.base import Limits, SandboxExit, SandboxSpec

POLL_S = 0.1
_REST = 5
"""Times its own duration that a walk is followed by a rest, so that no run can keep the watcher walking."""
_ANYWAY_S = 15.0
"""Walk after so long where anything was written at all: what others delete hides what this run writes."""
_LONGEST = 2_000
"""Bytes of a path before its folder is opened and named anew: an agent may nest deeper than any path reaches."""


@dataclass
class Held:
    """Bytes and files, each file once however many names it has; a sparse file counts with the size that it shows."""

    bytes: int = 0
    files: int = 0
    _linked: set[tuple[int, int]] = field(default_factory=set)

    def add(self, status: os.stat_result) -> None:
        """Count a file, link or folder."""
        if status.st_nlink > 1:
            if (status.st_dev, status.st_ino) in self._linked:
                return
            self._linked.add((status.st_dev, status.st_ino))
        self.files += 1
        self.bytes += max(status.st_size, status.st_blocks * 512)

    def past(self, limits: Limits) -> bool:
        """Whether it is more than is allowed."""
        most_bytes, most_files = limits.disk_bytes, limits.files
        return (most_bytes is not None and self.bytes > most_bytes) or (
            most_files is not None and self.files > most_files
        )


@dataclass
class DiskWatch:
    """One run's watcher. `first` gives the sandbox's first process on this machine, 0 where there is none."""

    spec: SandboxSpec
    """As the engine is to run it: its `stop` is set by whoever held the original one, and by the watcher."""
    first: Callable[[], int] = lambda: 0
    full: bool = False

    @property
    def folders(self) -> tuple[Path, Path]:
        """What is measured."""
        return self.spec.work, self.spec.home

    async def watch(self) -> None:
        """Look until the run is past its limit."""
        free, walked, rest = _free(self.spec.work), time.monotonic(), 0.0
        room = (self.spec.limits.disk_bytes or 0, self.spec.limits.files or 0)
        while not self.full:
            await asyncio.sleep(max(POLL_S, rest))
            now = _free(self.spec.work)
            fallen = [before - after for before, after in zip(free, now, strict=True)]
            due = any(f > 0 for f in fallen) and time.monotonic() - walked > _ANYWAY_S
            if not due and not any(r and f * 2 >= max(r, 1) for f, r in zip(fallen, room, strict=True)):
                continue
            walked = time.monotonic()
            held = await asyncio.to_thread(self.measure)
            self._judge(held)
            rest = (time.monotonic() - walked) * _REST
            limits = self.spec.limits
            room = (max((limits.disk_bytes or 0) - held.bytes, 0), max((limits.files or 0) - held.files, 0))
            free = now

    def measure(self) -> Held:
        """Walk, no further than to the limit."""
        held = Held()
        for status in _everything(self.folders, self.first()):
            held.add(status)
            if held.past(self.spec.limits):
                break
        return held

    def _judge(self, held: Held) -> None:
        if held.past(self.spec.limits):
            self.full = True
            if self.spec.stop is not None:
                self.spec.stop.set()

    def told(self, ended: SandboxExit) -> SandboxExit:
        """The exit, with what the watcher knows."""
        words = disk_words(self.spec.limits)
        enforced = {**ended.enforced, "disk": words} if words else ended.enforced
        return replace(ended, stopped=ended.stopped and not self.full, disk_full=self.full, enforced=enforced)


@contextlib.asynccontextmanager
async def watching(spec: SandboxSpec) -> AsyncIterator[DiskWatch]:
    """A watcher for the time of a run. The run is to use its `spec`."""
    watch = DiskWatch(replace(spec, stop=asyncio.Event()))
    tasks = [asyncio.ensure_future(_pass_on(spec.stop, watch.spec.stop))]
    if disk_words(spec.limits):
        tasks.append(asyncio.ensure_future(watch.watch()))
    try:
        yield watch
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def disk_words(limits: Limits) -> str:
    """What is held and by what; empty where nothing is."""
    held = [f"{limits.disk_bytes >> 20} MiB"] if limits.disk_bytes is not None else []
    held += [f"{limits.files} files"] if limits.files is not None else []
    return f"watcher of the harness, {POLL_S:g} s: {' and '.join(held)} in /work and HOME" if held else ""


async def _pass_on(given: asyncio.Event | None, ours: asyncio.Event | None) -> None:
    if given is not None and ours is not None:
        await given.wait()
        ours.set()


def _free(folder: Path) -> tuple[int, int]:
    """Bytes and files that still fit on the file system."""
    status = os.statvfs(folder)
    return status.f_bfree * status.f_frsize, status.f_ffree


def _everything(folders: Sequence[Path], first: int) -> Iterator[os.stat_result]:
    yield from _deleted(first)
    for folder in folders:
        yield from _below(folder)


def _below(folder: Path) -> Iterator[os.stat_result]:
    """Everything below, however deep; what is gone or changed meanwhile is left out."""
    stack: list[tuple[_Anchor | None, bytes]] = [(None, os.fsencode(folder))]
    while stack:
        anchor, path = stack.pop()
        try:
            if len(path) > _LONGEST:
                anchor, path = _Anchor(anchor, path), b"."
            with os.scandir(_named(anchor, path)) as entries:
                for entry in entries:
                    with contextlib.suppress(OSError):
                        yield entry.stat(follow_symlinks=False)
                        if entry.is_dir(follow_symlinks=False):
                            stack.append((anchor, path + b"/" + entry.name))
        except OSError:
            continue


class _Anchor:
    """An open folder, closed when the last path below it was visited."""

    def __init__(self, above: "_Anchor | None", path: bytes) -> None:
        self.descriptor = os.open(_named(above, path), os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError, OSError):
            os.close(self.descriptor)


def _named(anchor: _Anchor | None, path: bytes) -> bytes:
    return path if anchor is None else b"/proc/self/fd/%d/%s" % (anchor.descriptor, path)


def _deleted(first: int) -> Iterator[os.stat_result]:
    """Files without a name that a process of the sandbox has open."""
    seen = set[tuple[int, int]]()
    for process in _processes(first):
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{process}/fd"):
                with contextlib.suppress(OSError):
                    status = os.stat(f"/proc/{process}/fd/{descriptor}")
                    if status.st_nlink == 0 and (status.st_dev, status.st_ino) not in seen:
                        seen.add((status.st_dev, status.st_ino))
                        yield status


def _processes(first: int) -> Iterator[str]:
    """All processes of the sandbox whose first one this is."""
    if not first:
        return
    with contextlib.suppress(OSError):
        whose = _namespace
        try:
            ours = whose(first)
        except PermissionError:  # a gate that may be executed and not read, of an ordinary user's container
            whose = _cgroups
            ours = whose(first)
        for process in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if whose(process) == ours:
                    yield process


def _namespace(process: int | str) -> str:
    return os.readlink(f"/proc/{process}/ns/pid")


def _cgroups(process: int | str) -> str:
    """A container has its own, and nothing in it can leave them."""
    return Path(f"/proc/{process}/cgroup").read_text()
