"""A SandboxSpec as Docker's container configuration. Pure: nothing is asked of the daemon here."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codingagentbench.sandbox.base import DOOR_PORT, HOME, WORK, Limits, Mount, SandboxSpec
from codingagentbench.sandbox.docker_api import LABEL
from codingagentbench.sandbox.limits import NOFILE, mib
from codingagentbench.sandbox.owner import harness_tag
from codingagentbench.sandbox.seccomp import docker_profile
from codingagentbench.sandbox.view import SHM_BYTES, TMP_BYTES, masks

GATE = "/usr/libexec/codingagentbench/gate"
"""A copy of the shell that nobody may read: the kernel then lets no process of the same user trace it or see its
descriptors, so that a command cannot forge the word of its own end. Every image that `cab images` builds has it."""
IO = "/run/cab"
"""The folder of the gate's pipes. They are unlinked as soon as the gate has opened them."""
_SCRIPT = """\
ulimit -n {files} 2>/dev/null
exec 3<{io}/life 4>{io}/status 5<{io}/orders{opens}
{door}echo ready >&4
(exec /usr/bin/env -i /bin/sh <&5 {streams} 3<&- 4>&- 5<&-{closes})
echo "$?" >&4
read -r _ <&3"""
_PIPES = {"opens": f" 6>{IO}/out 7>{IO}/err", "streams": ">&6 2>&7", "closes": " 6>&- 7>&-"}
# Opened in the subshell: the gate leads its session, and would make it its own controlling terminal.
_TERMINAL = {"opens": "", "streams": f"1<>{IO}/tty 2>&1", "closes": ""}


_DOOR = f"/usr/bin/python3 -I -S {IO}/door.py {DOOR_PORT} {IO}/door 2>{{errors}} || exit 1\n"
"""Before the command, so that nothing of it is there yet that could make the door in our stead."""


@dataclass(frozen=True, slots=True)
class DaemonFacts:
    """What the daemon says of itself that decides what it can enforce."""

    version: str
    cgroup_version: str
    memory: bool
    pids: bool
    cpu: bool
    seccomp: bool
    storage: str
    rootless: bool

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> "DaemonFacts":
        """From the answer to `/info`."""
        options = " ".join(info.get("SecurityOptions") or [])
        return cls(
            version=str(info.get("ServerVersion", "unknown")),
            cgroup_version=str(info.get("CgroupVersion") or "1"),
            memory=bool(info.get("MemoryLimit")),
            pids=bool(info.get("PidsLimit")),
            cpu=bool(info.get("CpuCfsQuota")),
            seccomp="name=seccomp" in options,
            storage=str(info.get("Driver", "unknown")),
            rootless="name=rootless" in options,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """What a run has on the host besides the spec's folders."""

    io: Path
    """Shown at IO."""
    etc: Mapping[str, Path]
    """Path in the container to the file that stands there."""
    terminal: str | None
    """The pty's name on the host."""
    door: bool = False
    """The container hands its door out itself."""


def container_config(
    spec: SandboxSpec, image: str, uid: int, gid: int, place: Place, hidden: Sequence[Path], daemon: DaemonFacts
) -> dict[str, Any]:
    """The body of `POST /containers/create`."""
    streams = _TERMINAL if spec.tty else _PIPES
    door = _DOOR.format(errors=f"{IO}/tty" if spec.tty else "&7") if place.door else ""
    return {
        "Image": image,
        "Entrypoint": [GATE, "-c", _SCRIPT.format(io=IO, files=NOFILE, door=door, **streams)],
        "Cmd": [],
        "User": f"{uid}:{gid}",
        "WorkingDir": WORK,
        "Hostname": "sandbox",
        "NetworkDisabled": False,
        "Labels": {f"{LABEL}.harness": harness_tag(), **{f"{LABEL}.{k}": v for k, v in spec.labels.items()}},
        "HostConfig": _host_config(spec, place, hidden, daemon),
    }


def _host_config(spec: SandboxSpec, place: Place, hidden: Sequence[Path], daemon: DaemonFacts) -> dict[str, Any]:
    mounts = [Mount(spec.work, WORK, writable=True), Mount(spec.home, HOME, writable=True), *spec.mounts]
    binds = [*mounts, Mount(place.io, IO), *(Mount(source, target) for target, source in place.etc.items())]
    if place.terminal:
        binds.append(Mount(Path(place.terminal), f"{IO}/tty", writable=True))
    profile = docker_profile() if daemon.seccomp else None
    covered = dict.fromkeys(masks(mounts, hidden), "ro,size=4k,mode=0555")
    return {
        "NetworkMode": "none",
        "AutoRemove": True,
        "ReadonlyRootfs": True,
        "Privileged": False,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges", *([f"seccomp={profile}"] if profile else [])],
        "IpcMode": "private",
        "CgroupnsMode": "private",
        "LogConfig": {"Type": "none"},
        "OomKillDisable": False,
        "RestartPolicy": {"Name": "no"},
        "ShmSize": SHM_BYTES,
        "Tmpfs": {"/tmp": f"rw,nosuid,nodev,exec,mode=1777,size={TMP_BYTES}", **covered},  # noqa: S108  # the container's own
        "Mounts": [_bind(mount) for mount in binds],
        **_limits(spec.limits),
    }


def _bind(mount: Mount) -> dict[str, Any]:
    """A mount, not the older `Binds`: a colon may stand in a path, and a source that is missing is an error."""
    return {
        "Type": "bind",
        "Source": str(mount.source.absolute()),
        "Target": mount.target,
        "ReadOnly": not mount.writable,
        "BindOptions": {"Propagation": "rprivate"},
    }


def _limits(limits: Limits) -> dict[str, Any]:
    # Open files are limited by the gate: what exceeds the daemon's own limit would make the start fail.
    ulimits = {"core": 0} | ({"fsize": limits.file_bytes} if limits.file_bytes is not None else {})
    found: dict[str, Any] = {"Ulimits": [{"Name": k, "Soft": v, "Hard": v} for k, v in ulimits.items()]}
    if limits.memory_bytes is not None:
        found |= {"Memory": limits.memory_bytes, "MemorySwap": limits.memory_bytes}
    if limits.pids is not None:
        found["PidsLimit"] = limits.pids
    if limits.cpus is not None:
        found["NanoCpus"] = int(_cores(limits.cpus) * 1e9)
    return found


def _cores(wanted: float) -> float:
    """The daemon refuses more than this machine has."""
    return min(wanted, os.cpu_count() or 1)


def enforcement_words(limits: Limits, daemon: DaemonFacts) -> tuple[dict[str, str], list[str]]:
    """Limit to mechanism, and what this daemon cannot hold."""
    group = f"cgroup v{daemon.cgroup_version}, by Docker"
    enforced = {
        "wall": f"watchdog of the harness: {limits.wall_s:g} s",
        "network": "none but the door",
        "capabilities": "none, and no new privileges",
        "root file system": "read-only",
    }
    missing: list[str] = []
    wanted = {
        "memory": (limits.memory_bytes is not None, daemon.memory, mib(limits.memory_bytes or 0)),
        "pids": (limits.pids is not None, daemon.pids, f"{limits.pids}"),
        "cpu": (limits.cpus is not None, daemon.cpu, f"{_cores(limits.cpus or 0):g} cores"),
    }
    for name, (asked, able, value) in wanted.items():
        if asked and able:
            enforced[name] = f"{group}: {value}"
        elif asked:
            missing.append(f"{name}, {value}: this daemon's kernel has no such cgroup controller")
    if limits.file_bytes is not None:
        enforced["file size"] = f"rlimit: {mib(limits.file_bytes)}"
    if daemon.seccomp and docker_profile():
        enforced["system calls"] = "seccomp: no foreign sockets, keyrings, user namespaces, mounts, BPF, io_uring"
    else:
        missing.append("system calls: this daemon has no seccomp, or the processor's calls are not known")
    return enforced, missing
