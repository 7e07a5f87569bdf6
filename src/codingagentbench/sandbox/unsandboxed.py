"""No sandbox: `--sandbox none`. The command runs as the user, with the user's network and files. Never citable.

There is no mount here, so a path that starts with a mount's target, /work or /home/agent is replaced by the path on
the host, in argv and in the environment. The door is a port of the host's own loopback, so one run at a time has it.
"""

import asyncio
import contextlib
import os
import platform
import signal
import socket
import time
from collections.abc import Mapping

from codingagentbench.errors import SandboxError
from codingagentbench.sandbox.base import DOOR_PORT, HOME, WORK, SandboxExit, SandboxSpec
from codingagentbench.sandbox.limits import set_rlimits
from codingagentbench.sandbox.process import Started, start

_NOT_ENFORCED = ("isolation: none was asked for", "memory", "pids", "cpu", "network")


class Unsandboxed:
    """Runs in a process group of its own, which is killed at the end; a process that leaves the group survives."""

    name = "none"
    isolated = False

    def __init__(self) -> None:
        self._door = asyncio.Lock()

    def version(self) -> str:
        """The kernel's, there being no engine."""
        return platform.release()

    def preflight(self) -> None:
        """Nothing is needed."""

    async def run(self, spec: SandboxSpec) -> SandboxExit:
        """See Sandbox.run."""
        if spec.door is None:
            return await self._run(spec)
        async with self._door:
            spec.door(_listen())
            return await self._run(spec)

    async def _run(self, spec: SandboxSpec) -> SandboxExit:
        view = {WORK: str(spec.work), HOME: str(spec.home), **{m.target: str(m.source) for m in spec.mounts}}
        env = {k: ":".join(_seen(v, view) for v in value.split(":")) for k, value in spec.env.items()}
        began = time.monotonic()
        argv = [_seen(a, view) for a in spec.argv]
        started = await start(argv, {**env, "HOME": str(spec.home)}, spec, (), cwd=str(spec.work))
        try:
            with contextlib.suppress(ProcessLookupError):  # it may be over already
                set_rlimits(started.process.pid, spec.limits)
            timed_out = await started.wait(spec.limits.wall_s)
            wall_s = time.monotonic() - began
        finally:
            _kill_group(started)
            await asyncio.shield(started.process.wait())
            await started.drained()
        return _exit(started, spec, wall_s, timed_out=timed_out)


def _seen(text: str, view: Mapping[str, str]) -> str:
    for target in sorted(view, key=len, reverse=True):
        if text == target or text.startswith(f"{target}/"):
            return view[target] + text[len(target) :]
    return text


def _listen() -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(("127.0.0.1", DOOR_PORT))
    except OSError as error:
        door.close()
        msg = f"--sandbox none needs port {DOOR_PORT} of 127.0.0.1, which is taken: end what listens there"
        raise SandboxError(msg) from error
    door.listen()
    door.setblocking(False)
    return door


def _kill_group(started: Started) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(started.process.pid, signal.SIGKILL)


def _exit(started: Started, spec: SandboxSpec, wall_s: float, *, timed_out: bool) -> SandboxExit:
    code = started.process.returncode
    sink, err = started.out.sink, started.err.sink if started.err else None
    return SandboxExit(
        exit_code=None if timed_out else code if code is None or code >= 0 else 128 - code,
        timed_out=timed_out,
        signal=-code if code is not None and code < 0 else None,
        wall_s=wall_s,
        cpu_s=None,
        peak_memory_bytes=None,
        out_of_memory=False,
        stdout=bytes(sink.kept),
        stderr=bytes(err.kept) if err else b"",
        dropped_bytes=sink.dropped + (err.dropped if err else 0),
        enforced={"wall": f"watchdog of the harness: {spec.limits.wall_s:g} s"},
        not_enforced=_NOT_ENFORCED,
    )
