"""No sandbox: `--sandbox none`. The command runs as the user, with the user's network and files. Never citable.

There is no mount here, so wherever /work, /home/agent or a mount's target stands in argv or in the environment (as a
whole path or the start of one), it is replaced by the path on the host; file contents are not touched. The door is a
port of the host's own loopback, so one run at a time has it. The limits hold where a cgroup can be made; without one, a
process that leaves the process group survives.
"""

import asyncio
import os
import platform
import re
import signal
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from codingagentbench.errors import SandboxError
from codingagentbench.sandbox.base import DOOR_PORT, HOME, WORK, SandboxExit, SandboxSpec
from codingagentbench.sandbox.cgroups import held_by_cgroups, sweep_leftovers
from codingagentbench.sandbox.disk import watching
from codingagentbench.sandbox.gate import SHELL, ControlPipe, orders
from codingagentbench.sandbox.limits import Enforcement, enforcement
from codingagentbench.sandbox.process import KILL_TIMEOUT_S, Started, start, to_the_end

if TYPE_CHECKING:  # an engine alone needs nothing but the standard library
    from codingagentbench.catalog.toolchain import Toolchain
    from codingagentbench.sandbox.toolchains import FoundToolchain

NOT_ENFORCED = ("isolation: none was asked for", "network: the host's own")
_PATH = os.defpath


class Unsandboxed:
    """Runs on the host itself, in a session of its own."""

    name = "none"
    isolated = False

    def __init__(self) -> None:
        self._door = asyncio.Lock()
        sweep_leftovers()

    def version(self) -> str:
        """The kernel's, there being no engine."""
        return platform.release()

    def capabilities(self) -> frozenset[str]:
        """What is enforced here: the rest is said in every record's `not_enforced`."""
        return frozenset({"wall", "file-size", "disk-limit"} | held_by_cgroups())

    def find_toolchain(self, entry: "Toolchain") -> "FoundToolchain":
        """This machine's own. Raises MissingToolchainError."""
        from codingagentbench.sandbox.toolchains import find_toolchain  # noqa: PLC0415  # the catalogue's machinery

        return find_toolchain(entry)

    def image(self, toolchains: Sequence[str]) -> None:  # noqa: ARG002  # the protocol's
        """None: the system's folders are this machine's."""
        return

    def preflight(self) -> None:
        """Nothing is needed."""

    async def run(self, spec: SandboxSpec) -> SandboxExit:
        """See Sandbox.run. Raises SandboxError where the door's port is taken."""
        if spec.door is None:
            return await self._run(spec)
        async with self._door:
            spec.door(_listen())
            return await self._run(spec)

    async def _run(self, spec: SandboxSpec) -> SandboxExit:
        view = {WORK: str(spec.work), HOME: str(spec.home), **{m.target: str(m.source) for m in spec.mounts}}
        env = {"PATH": os.environ.get("PATH", _PATH), "HOME": HOME, **spec.env}
        script = orders(_seen(spec.argv, view), dict(zip(env, _seen(env.values(), view), strict=True)), tty=spec.tty)
        held = enforcement(spec.limits, own_uid=False)
        try:
            async with watching(spec) as watch:
                return watch.told(await self._run_held(watch.spec, held, script))
        finally:
            await to_the_end(held.group.remove())

    async def _run_held(self, spec: SandboxSpec, held: Enforcement, script: bytes) -> SandboxExit:
        control = ControlPipe.make()
        started: Started | None = None
        try:
            started = _start(spec, held, control)
            held.hold(started.process.pid)
            control.send(script)
            began = time.monotonic()
            ended = await started.ended(spec.limits.wall_s, spec.stop)
            stopped = not ended and spec.stop is not None and spec.stop.is_set()
            wall_s = time.monotonic() - began
            await to_the_end(_stop(started, held))
            return _exit(started, held, wall_s, timed_out=not ended and not stopped, stopped=stopped)
        finally:
            control.close()
            if started is not None:
                await to_the_end(_stop(started, held))
                started.close()


def _start(spec: SandboxSpec, held: Enforcement, control: ControlPipe) -> Started:
    return start(
        held.group.joining([SHELL]),
        control,
        tty=spec.tty,
        limit=spec.limits.output_bytes,
        on_output=spec.on_output,
        new_session=not spec.tty,  # with a terminal, setsid makes the session, and it cannot for who leads a group
        cwd=str(spec.work),
    )


async def _stop(started: Started, held: Enforcement) -> None:
    for group in {started.process.pid} - {os.getpgrp()}:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            started.kill()
    held.group.kill()
    await started.ended(KILL_TIMEOUT_S)
    await started.drained()


def _seen(texts: Iterable[str], view: Mapping[str, str]) -> list[str]:
    """Every target of `view` replaced where it is a whole path or the beginning of one."""
    targets = "|".join(re.escape(t) for t in sorted(view, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w./-])({targets})(?![\w.-])")
    return [pattern.sub(lambda m: view[m[1]], text) for text in texts]


def _listen() -> socket.socket:
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind(("127.0.0.1", DOOR_PORT))
        door.listen()
    except OSError as error:
        door.close()
        msg = f"--sandbox none needs port {DOOR_PORT} of 127.0.0.1, which is taken: end what listens there"
        raise SandboxError(msg) from error
    door.setblocking(False)
    return door


def _exit(started: Started, held: Enforcement, wall_s: float, *, timed_out: bool, stopped: bool) -> SandboxExit:
    started.raise_failure()
    code = started.process.returncode
    usage = held.group.usage()
    out, err = started.out.sink, started.err.sink if started.err else None
    return SandboxExit(
        exit_code=None if timed_out or stopped else code if code >= 0 else 128 - code,
        timed_out=timed_out,
        signal=-code if code < 0 and not timed_out and not stopped else None,
        wall_s=wall_s,
        cpu_s=usage.cpu_s,
        peak_memory_bytes=usage.peak_memory_bytes,
        out_of_memory=usage.out_of_memory,
        stdout=bytes(out.kept),
        stderr=bytes(err.kept) if err else b"",
        dropped_bytes=started.dropped(),
        stopped=stopped,
        enforced=held.enforced,
        not_enforced=(*NOT_ENFORCED, *held.not_enforced),
    )
