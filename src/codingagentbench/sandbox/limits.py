"""A sandbox's limits set from outside: cgroups first, rlimits for what they do not hold, and in words which it was."""

import resource
from dataclasses import dataclass, field

from codingagentbench.sandbox.base import Limits
from codingagentbench.sandbox.cgroups import Group, make_group

NOFILE = 65_536
_NO_CGROUP = "no cgroup that this user can write has the controller"


@dataclass
class Enforcement:
    """What holds a sandbox, and by what."""

    group: Group
    enforced: dict[str, str] = field(default_factory=dict)
    not_enforced: list[str] = field(default_factory=list)
    rlimits: dict[int, int] = field(default_factory=dict)

    def hold(self, pid: int) -> None:
        """Bind a process that has not forked yet; its children inherit all of it. Raises OSError."""
        for which, value in self.rlimits.items():
            hard = resource.prlimit(pid, which)[1]
            most = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.prlimit(pid, which, (most, most))
        self.group.add(pid)


def enforcement(limits: Limits, *, own_uid: bool) -> Enforcement:
    """A cgroup with `limits` and what replaces it where there is none.

    `own_uid`: the kernel counts the sandbox's processes apart from the user's other ones (an uid or a user namespace
    of its own), so that an rlimit on them can stand in for the pids cgroup.
    """
    held = Enforcement(make_group(), rlimits={resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: NOFILE})
    held.enforced["wall"] = f"watchdog of the harness: {limits.wall_s:g} s"
    _file_size(held, limits.file_bytes)
    _memory(held, limits.memory_bytes)
    _pids(held, limits.pids, own_uid=own_uid)
    _cpu(held, limits.cpus)
    return held


def _file_size(held: Enforcement, value: int | None) -> None:
    if value is not None:
        held.rlimits[resource.RLIMIT_FSIZE] = value
        held.enforced["file size"] = f"rlimit: {mib(value)}"


def _memory(held: Enforcement, value: int | None) -> None:
    """RLIMIT_DATA and not RLIMIT_AS, which the address space that V8 and the JVM only reserve would exceed at once."""
    if value is None:
        return
    if held.group.limit("memory", value):
        held.enforced["memory"] = f"cgroup v{held.group.version}: {mib(value)}"
        return
    held.rlimits[resource.RLIMIT_DATA] = value
    held.enforced["memory per process"] = f"rlimit: {mib(value)} of data"
    held.not_enforced.append(f"memory in all, {mib(value)}: {_NO_CGROUP}")


def _pids(held: Enforcement, value: int | None, *, own_uid: bool) -> None:
    if value is None:
        return
    if held.group.limit("pids", value):
        held.enforced["pids"] = f"cgroup v{held.group.version}: {value}"
    elif own_uid:
        held.rlimits[resource.RLIMIT_NPROC] = value
        held.enforced["pids"] = f"rlimit: {value}"
    else:
        held.not_enforced.append(f"pids, {value}: {_NO_CGROUP}")


def _cpu(held: Enforcement, value: float | None) -> None:
    if value is None:
        return
    if held.group.limit("cpu", value):
        held.enforced["cpu"] = f"cgroup v{held.group.version}: {value:g} cores"
    else:
        held.not_enforced.append(f"cpu, {value:g} cores: {_NO_CGROUP}")


def mib(value: int) -> str:
    """A size in words."""
    return f"{value / (1 << 20):g} MiB"
