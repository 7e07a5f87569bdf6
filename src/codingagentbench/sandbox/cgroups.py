"""The cgroups of one sandbox: v2 where a delegated one can be written, v1 as root, otherwise none.

Names are `cab-<pid of the harness>-<number>`, so that a later start can sweep up after a harness that was killed.
"""

import asyncio
import contextlib
import itertools
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
V1_CONTROLLERS = ("memory", "pids", "cpu", "cpuacct")
_PERIOD_US = 100_000
_COUNTER = itertools.count(1)
_EMPTY_WAIT_S = 5.0
_SWEEP_WAIT_S = 1.0
_POLL_S = 0.002
# What a sandbox's first processes run to put themselves in. A process that moves *itself* through `tasks` does not wait
# for the kernel's lock on all process groups (0.8 ms instead of 6 to 15 ms when another process moves it).
JOIN_SCRIPT = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 125; shift; done; shift; exec "$@"'


@dataclass
class Usage:
    """What a sandbox used; None where nobody counted. Peak memory includes the page cache, as the kernel counts it."""

    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    out_of_memory: bool = False


@dataclass
class Group:
    """The folders by controller: one and the same on v2, one each on v1, none where none can be made."""

    version: int | None = None
    folders: dict[str, Path] = field(default_factory=dict)

    def limit(self, controller: str, value: float) -> bool:
        """Set a limit (bytes, processes, cores). False where this machine cannot."""
        if controller not in self.folders:
            return False
        first, *rest = _limit_files(self.version, controller, value)
        try:
            _write(self.folders[controller] / first[0], first[1])
        except OSError:
            return False
        for name, text in rest:  # swap accounting is not in every kernel; the limit holds for memory without it
            with contextlib.suppress(OSError):
                _write(self.folders[controller] / name, text)
        return True

    def joining(self, command: list[str]) -> list[str]:
        """`command`, started so that it is in the group from its first instruction (v1; on v2 see `add`)."""
        if self.version != 1:
            return command
        return ["/bin/sh", "-c", JOIN_SCRIPT, "sh", *(str(f / "tasks") for f in self._unique()), "--", *command]

    def add(self, pid: int) -> None:
        """Put in a process that is held and has not forked yet (v2, where `joining` does nothing)."""
        if self.version == 2:  # noqa: PLR2004  # the version's own number
            for folder in self._unique():
                _write(folder / "cgroup.procs", str(pid))

    def usage(self) -> Usage:
        """Counters at the end of the run."""
        if self.version == 2:  # noqa: PLR2004  # the version's own number
            return _usage_v2(next(iter(self._unique())))
        return _usage_v1(self.folders)

    def kill(self) -> None:
        """SIGKILL to everything in it."""
        for folder in self._unique():
            _kill_all(folder)

    async def remove(self) -> None:
        """Kill what is left and take the folders away."""
        deadline = asyncio.get_running_loop().time() + _EMPTY_WAIT_S
        while not self._removed() and asyncio.get_running_loop().time() < deadline:
            self.kill()
            await asyncio.sleep(_POLL_S)

    def _removed(self) -> bool:
        left = [folder for folder in self._unique() if not _remove(folder)]
        return not left

    def _unique(self) -> list[Path]:
        return list(dict.fromkeys(self.folders.values()))


def make_group() -> Group:
    """A new, empty cgroup without limits; with no folders where this user can make none."""
    name = f"cab-{os.getpid()}-{next(_COUNTER)}"
    return _make_v2(name) or _make_v1(name) or Group()


def group_of(pid: int) -> Group:
    """The cgroup that a process is in, to read its counters; no folders where it cannot be seen from here."""
    own = _cgroups_of(Path("/proc", str(pid), "cgroup"))
    unified = ROOT / own.get("", "")
    if own.get("") and (unified / "memory.current").exists():
        return Group(2, dict.fromkeys(("memory", "pids", "cpu"), unified))
    folders = {c: folder for c, folder in _v1_parents(own).items() if own[c] and folder.is_dir()}
    return Group(1, folders) if folders else Group()


def held_by_cgroups() -> set[str]:
    """Which of memory, pids and cpu a cgroup made here can hold."""
    group = make_group()
    held = {name for name, value in (("memory", 1 << 30), ("pids", 100), ("cpu", 1.0)) if group.limit(name, value)}
    for folder in group.folders.values():
        _remove(folder)
    return held


def sweep_leftovers() -> list[Path]:
    """End and remove the cgroups of harnesses that are no more. Returns the folders that were removed."""
    return [folder for folder in _leftovers() if _sweep(folder)]


def leftovers() -> list[Path]:
    """The cgroups of harnesses that are no more."""
    return list(_leftovers())


def _leftovers() -> Iterator[Path]:
    for parent in _parents():
        for folder in parent.glob("cab-*-*"):
            owner = folder.name.split("-")[1]
            if owner.isdigit() and not Path("/proc", owner).exists():
                yield folder


def _sweep(folder: Path) -> bool:
    deadline = time.monotonic() + _SWEEP_WAIT_S
    while not _remove(folder):
        if time.monotonic() > deadline:
            return False
        _kill_all(folder)
        time.sleep(_POLL_S)
    return True


def _parents() -> Iterable[Path]:
    own = _own_cgroups()
    base = _v2_base(own)
    return dict.fromkeys([*([base] if base else []), *(p for p in _v1_parents(own).values() if p.is_dir())])


def _own_cgroups() -> dict[str, str]:
    return _cgroups_of(Path("/proc/self/cgroup"))


def _cgroups_of(file: Path) -> dict[str, str]:
    """Controller to path in its hierarchy; the v2 path under the empty name."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in file.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            found |= dict.fromkeys(controllers.split(","), path.lstrip("/"))
    return found


def _v1_parents(own: dict[str, str]) -> dict[str, Path]:
    """The folder in each hierarchy."""
    return {c: _v1_root(c) / own[c] for c in V1_CONTROLLERS if c in own}


@lru_cache(maxsize=8)
def _v1_root(controller: str) -> Path:
    """Resolved, since cpu and cpuacct are often two links to one hierarchy."""
    return (ROOT / controller).resolve()


def _v2_base(own: dict[str, str]) -> Path | None:
    """The nearest cgroup at or above ours that gives its children memory and pids, and that we may write to."""
    if "" not in own or not (ROOT / "cgroup.controllers").exists():
        return None
    here = ROOT / own[""]
    for folder in itertools.takewhile(lambda f: f.is_relative_to(ROOT), [here, *here.parents]):
        with contextlib.suppress(OSError):
            given = set((folder / "cgroup.subtree_control").read_text().split())
            if {"memory", "pids"} <= given and os.access(folder / "cgroup.procs", os.W_OK):
                return folder
    return None


def _make_v2(name: str) -> Group | None:
    base = _v2_base(_own_cgroups())
    if base is None:
        return None
    folder = base / name
    try:
        folder.mkdir()
        controllers = (folder / "cgroup.controllers").read_text().split()
    except OSError:
        return None
    return Group(2, {name: folder for name in ("memory", "pids", "cpu") if name in controllers})


def _make_v1(name: str) -> Group | None:
    folders = {}
    for controller, parent in _v1_parents(_own_cgroups()).items():
        with contextlib.suppress(OSError):
            (parent / name).mkdir(exist_ok=True)
            folders[controller] = parent / name
    return Group(1, folders) if folders else None


def _limit_files(version: int | None, controller: str, value: float) -> list[tuple[str, str]]:
    whole, quota = str(int(value)), int(value * _PERIOD_US)
    return {
        (2, "memory"): [("memory.max", whole), ("memory.swap.max", "0")],
        (1, "memory"): [("memory.limit_in_bytes", whole), ("memory.memsw.limit_in_bytes", whole)],
        (2, "pids"): [("pids.max", whole)],
        (1, "pids"): [("pids.max", whole)],
        (2, "cpu"): [("cpu.max", f"{quota} {_PERIOD_US}")],
        (1, "cpu"): [("cpu.cfs_quota_us", str(quota))],
    }[version or 0, controller]


def _usage_v2(folder: Path) -> Usage:
    cpu = _fields(folder / "cpu.stat").get("usage_usec")
    return Usage(
        cpu_s=cpu / 1e6 if cpu is not None else None,
        peak_memory_bytes=_number(folder / "memory.peak"),
        out_of_memory=_fields(folder / "memory.events").get("oom_kill", 0) > 0,
    )


def _usage_v1(folders: dict[str, Path]) -> Usage:
    cpu = _number(folders["cpuacct"] / "cpuacct.usage") if "cpuacct" in folders else None
    memory = folders.get("memory")
    return Usage(
        cpu_s=cpu / 1e9 if cpu is not None else None,
        peak_memory_bytes=_number(memory / "memory.max_usage_in_bytes") if memory else None,
        out_of_memory=bool(memory and _fields(memory / "memory.oom_control").get("oom_kill", 0)),
    )


def _kill_all(folder: Path) -> None:
    with contextlib.suppress(OSError):
        _write(folder / "cgroup.kill", "1")
        return
    with contextlib.suppress(OSError):  # v1
        for pid in (folder / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def _remove(folder: Path) -> bool:
    """False while it is busy: its last process is being reaped."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _write(file: Path, text: str) -> None:
    """Write to a control file, which must be there (`Path.write_text` would try to create it)."""
    descriptor = os.open(file, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _fields(file: Path) -> dict[str, int]:
    try:
        return {k: int(v) for k, v in (line.split() for line in file.read_text().splitlines())}
    except (OSError, ValueError):
        return {}


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
