"""One run of bubblewrap: its processes and descriptors from the first to the last."""

import contextlib
import json
import os
import time

from codingagentbench.errors import SandboxError
from codingagentbench.sandbox.base import SandboxExit, SandboxSpec
from codingagentbench.sandbox.gate import ControlPipe
from codingagentbench.sandbox.limits import Enforcement
from codingagentbench.sandbox.process import KILL_TIMEOUT_S, Started, kill, readable

SETUP_TIMEOUT_S = 30.0
_AFTER_CHILD_S = 1.0
_SIGNAL_EXIT = 128


class Run:
    """One run's processes and descriptors."""

    def __init__(self, spec: SandboxSpec, held: Enforcement, uid: int) -> None:
        self.spec, self.held, self.uid = spec, held, uid
        self.control = ControlPipe.make()
        self.status = -1
        self.started: Started | None = None
        self.child = 0
        self._child_pidfd = -1
        self.stopped = False

    async def find_child(self) -> None:
        """Learn the sandbox's first process, once its namespaces are made. Raises SandboxError with bwrap's words."""
        line = b""
        deadline = time.monotonic() + SETUP_TIMEOUT_S
        while not line.endswith(b"\n"):
            if not await readable(self.status, deadline - time.monotonic()):
                msg = f"bubblewrap did not come up within {SETUP_TIMEOUT_S:g} s"
                raise SandboxError(msg)
            part = os.read(self.status, 4096)
            if not part:
                raise SandboxError(await self._complaint("could not make the sandbox"))
            line += part
        self.child = int(json.loads(line.splitlines()[0])["child-pid"])
        with contextlib.suppress(ProcessLookupError):
            self._child_pidfd = os.pidfd_open(self.child)

    def bind(self) -> None:
        """Put the limits on the sandbox while it is held."""
        try:
            self.held.hold(self.child)
        except ProcessLookupError:
            return  # it ended in its set-up, and `exit` will tell how
        except OSError as error:
            msg = f"the sandbox's limits could not be set: {error}"
            raise SandboxError(msg) from error

    async def command(self, script: bytes) -> tuple[bool, float]:
        """Let the command go and wait for its end or its time; whether the time was up, and seconds it ran."""
        began = time.monotonic()
        self.control.send(script)
        self.control.close()
        assert self.started is not None  # noqa: S101  # for mypy: started before
        ended = await self.started.ended(self.spec.limits.wall_s, self.spec.stop)
        self.stopped = not ended and self.spec.stop is not None and self.spec.stop.is_set()
        return not ended and not self.stopped, time.monotonic() - began

    async def stop(self) -> None:
        """Kill the namespace's first process, with which the kernel kills all others; wait until they are gone.

        Raises SandboxError when that takes too long. A second call does nothing.
        """
        if self.started is None:
            return
        if self._child_pidfd >= 0:
            kill(self._child_pidfd)
            gone = await readable(self._child_pidfd, KILL_TIMEOUT_S)
            os.close(self._child_pidfd)
            self._child_pidfd = -1
            if not gone:
                msg = f"the sandbox's processes are still alive {KILL_TIMEOUT_S:g} s after SIGKILL"
                raise SandboxError(msg)
        else:
            self.control.close()
        if not await self.started.ended(_AFTER_CHILD_S):
            self.started.kill()
            await self.started.ended(KILL_TIMEOUT_S)
        await self.started.drained()

    def exit(self, wall_s: float, *, timed_out: bool) -> SandboxExit:
        """How it ended. Raises SandboxError where bwrap ended without a word on the command."""
        assert self.started is not None  # noqa: S101  # for mypy: started before
        self.started.raise_failure()
        usage = self.held.group.usage()
        code = self._exit_code()
        if code is None and not timed_out and not self.stopped and not usage.out_of_memory:
            msg = f"bubblewrap ended before the command did: {self.started.words()}"
            raise SandboxError(msg)
        out, err = self.started.out.sink, self.started.err.sink if self.started.err else None
        return SandboxExit(
            exit_code=None if timed_out or self.stopped else code,
            timed_out=timed_out,
            signal=code - _SIGNAL_EXIT
            if code is not None and code > _SIGNAL_EXIT and not timed_out and not self.stopped
            else None,
            wall_s=wall_s,
            cpu_s=usage.cpu_s,
            peak_memory_bytes=usage.peak_memory_bytes,
            out_of_memory=usage.out_of_memory,
            stdout=bytes(out.kept),
            stderr=bytes(err.kept) if err else b"",
            dropped_bytes=self.started.dropped(),
            stopped=self.stopped,
            enforced=self.held.enforced,
            not_enforced=tuple(self.held.not_enforced),
        )

    def close(self) -> None:
        """Let go of every descriptor."""
        self.control.close()
        if self.started is not None:
            self.started.close()
        if self.status >= 0:
            os.close(self.status)
            self.status = -1

    def _exit_code(self) -> int | None:
        """From bwrap's last status line, which it writes only when the command has run."""
        os.set_blocking(self.status, False)
        with contextlib.suppress(BlockingIOError):
            for line in os.read(self.status, 4096).splitlines():
                code = json.loads(line).get("exit-code")
                if isinstance(code, int):
                    return code
        return None

    async def _complaint(self, what: str) -> str:
        assert self.started is not None  # noqa: S101  # for mypy: started before
        await self.started.drained()
        return f"bubblewrap {what}: {self.started.words()}"
