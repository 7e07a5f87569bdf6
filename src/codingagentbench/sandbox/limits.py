"""Limits enforced from outside: cgroup v2 where it can be written, cgroup v1 as root, otherwise rlimits alone."""

import contextlib
import itertools
import os
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path

from codingagentbench.sandbox.base import Limits

CGROUP_ROOT = Path("/sys/fs/cgroup")
V1_CONTROLLERS = ("memory", "pids", "cpu", "cpuacct")
_PERIOD_US = 100_000
_NOFILE = 65_536
_COUNTER = itertools.count(1)
_EMPTY_WAIT_S = 5.0


@dataclass
class Usage:
    """What a sandbox used; None where nobody counted."""

    cpu_s: float | None = None
    peak_memory_bytes: int | None = None
    out_of_memory: bool = False


@dataclass
class Group:
    """The cgroup folders of one sandbox (one on v2, one a controller on v1, none where none can be made)."""

    version: int | None
    folders: dict[str, Path] = field(default_factory=dict)
    enforced: dict[str, str] = field(default_factory=dict)
    not_enforced: list[str] = field(default_factory=list)

    def add(self, pid: int) -> None:
        """Put a process in; its later children follow."""
        for folder in set(self.folders.values()):
            (folder / "cgroup.procs").write_text(str(pid))

    def usage(self) -> Usage:
        """Counters at the end of the run."""
        if self.version == 2:  # noqa: PLR2004  # the version's own number
            return _usage_v2(self.folders["memory"])
        return _usage_v1(self.folders) if self.version == 1 else Usage()

    def kill(self) -> None:
        """SIGKILL to all of it at once, where the kernel can (v2)."""
        for folder in set(self.folders.values()):
            with contextlib.suppress(OSError):
                (folder / "cgroup.kill").write_text("1")

    def remove(self) -> None:
        """Wait until nobody is in it, and take the folders away."""
        deadline = time.monotonic() + _EMPTY_WAIT_S
        for folder in set(self.folders.values()):
            while time.monotonic() < deadline:
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:  # still busy: its last process is being reaped
                    time.sleep(0.002)


def make_group(limits: Limits) -> Group:
    """A cgroup with `limits`, and in words what holds and what does not on this machine."""
    group = _make_v2() or _make_v1() or Group(None)
    wanted = {"memory": limits.memory_bytes, "pids": limits.pids, "cpu": limits.cpus}
    for name, value in wanted.items():
        if value is None:
            continue
        if name in group.folders and _write_limit(group, name, value):
            group.enforced[name] = f"cgroup v{group.version}: {_words(name, value)}"
        else:
            group.not_enforced.append(f"{name}: {_words(name, value)}: no writable cgroup with this controller")
    group.enforced["wall"] = f"watchdog of the harness: {limits.wall_s:g} s"
    if limits.file_bytes is not None:
        group.enforced["file size"] = f"rlimit: {limits.file_bytes >> 20} MiB"
    return group


def set_rlimits(pid: int, limits: Limits) -> None:
    """Limits that a process and its children inherit; set on a process that is held and has not forked yet."""
    hard_nofile = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
    nofile = _NOFILE if hard_nofile == resource.RLIM_INFINITY else min(_NOFILE, hard_nofile)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (nofile, nofile))
    resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
    if limits.file_bytes is not None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limits.file_bytes, limits.file_bytes))


def sweep_leftovers() -> list[Path]:
    """Remove cgroups of harnesses that were killed: `cab-<pid>-<n>` whose pid is no more. Returns what was removed."""
    removed = []
    for parent in {f.parent for f in _candidate_folders("cab-0-0")}:
        for folder in parent.glob("cab-*-*") if parent.is_dir() else ():
            owner = folder.name.split("-")[1]
            if owner.isdigit() and not Path(f"/proc/{owner}").exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    removed.append(folder)
    return removed


def _own_cgroups() -> dict[str, str]:
    """Controller to path in its hierarchy; the v2 path under the empty name."""
    found = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            found[controller] = path
    return found


def _candidate_folders(name: str) -> list[Path]:
    own = _own_cgroups()
    v1 = [CGROUP_ROOT / c / own[c].lstrip("/") / name for c in V1_CONTROLLERS if c in own]
    base = _v2_base()
    return [*v1, base / name] if base else v1


def _new_name() -> str:
    return f"cab-{os.getpid()}-{next(_COUNTER)}"


def _v2_base() -> Path | None:
    """The nearest cgroup above ours that gives its children memory and pids, and that we may write to."""
    own = _own_cgroups().get("")
    if own is None or not (CGROUP_ROOT / "cgroup.controllers").exists():
        return None
    here = CGROUP_ROOT / own.lstrip("/")
    for folder in [here, *here.parents]:
        control = folder / "cgroup.subtree_control"
        if control.exists() and {"memory", "pids"} <= set(control.read_text().split()) and os.access(folder, os.W_OK):
            return folder
        if folder == CGROUP_ROOT:
            return None
    return None


def _make_v2() -> Group | None:
    base = _v2_base()
    if base is None:
        return None
    folder = base / _new_name()
    try:
        folder.mkdir()
    except OSError:
        return None
    controllers = (folder / "cgroup.controllers").read_text().split()
    return Group(2, {name: folder for name in ("memory", "pids", "cpu") if name in controllers})


def _make_v1() -> Group | None:
    own, name = _own_cgroups(), _new_name()
    folders = {}
    for controller in V1_CONTROLLERS:
        folder = CGROUP_ROOT / controller / own.get(controller, "").lstrip("/") / name
        if controller in own and os.access(folder.parent, os.W_OK):
            with contextlib.suppress(OSError):
                folder.mkdir()
                folders[controller] = folder
    return Group(1, folders) if folders else None


def _write_limit(group: Group, name: str, value: float) -> bool:
    folder = group.folders[name]
    files: dict[tuple[int, str], list[tuple[str, object]]] = {
        (2, "memory"): [("memory.max", value), ("memory.swap.max", 0)],
        (1, "memory"): [("memory.limit_in_bytes", value), ("memory.memsw.limit_in_bytes", value)],
        (2, "pids"): [("pids.max", value)],
        (1, "pids"): [("pids.max", value)],
        (2, "cpu"): [("cpu.max", f"{int(value * _PERIOD_US)} {_PERIOD_US}")],
        (1, "cpu"): [("cpu.cfs_quota_us", int(value * _PERIOD_US))],
    }
    first, *rest = files[(group.version or 0, name)]
    try:
        (folder / first[0]).write_text(str(first[1]))
    except OSError:
        return False
    for file, text in rest:  # swap accounting is not in every kernel; without it the limit still holds for memory
        with contextlib.suppress(OSError):
            (folder / file).write_text(str(text))
    return True


def _words(name: str, value: float) -> str:
    return {"memory": f"{int(value) >> 20} MiB", "pids": f"{value:g} processes", "cpu": f"{value:g} cores"}[name]


def _usage_v2(folder: Path) -> Usage:
    cpu = _fields(folder / "cpu.stat").get("usage_usec")
    events = _fields(folder / "memory.events")
    return Usage(
        cpu_s=cpu / 1e6 if cpu is not None else None,
        peak_memory_bytes=_number(folder / "memory.peak"),
        out_of_memory=events.get("oom_kill", 0) > 0,
    )


def _usage_v1(folders: dict[str, Path]) -> Usage:
    cpu = _number(folders["cpuacct"] / "cpuacct.usage") if "cpuacct" in folders else None
    memory = folders.get("memory")
    return Usage(
        cpu_s=cpu / 1e9 if cpu is not None else None,
        peak_memory_bytes=_number(memory / "memory.max_usage_in_bytes") if memory else None,
        out_of_memory=_fields(memory / "memory.oom_control").get("oom_kill", 0) > 0 if memory else False,
    )


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
