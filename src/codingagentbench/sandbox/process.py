"""What all engines share: starting a process with its output captured under a cap, and waiting under a watchdog.

`subprocess.Popen` and a pidfd on the loop, not `asyncio.create_subprocess_exec`: no thread and no signal handler a
process, the same on every loop, and a vfork instead of libuv's fork of the whole harness.
"""

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from codingagentbench.errors import SandboxError
from codingagentbench.sandbox.gate import ControlPipe
from codingagentbench.sandbox.recording import HEIGHT, WIDTH

_CHUNK = 1 << 16
DRAIN_S = 1.0
KILL_TIMEOUT_S = 10.0
_T = TypeVar("_T")


@dataclass
class Sink:
    """Keeps the first `limit` bytes and counts the rest; `on_output` gets everything."""

    limit: int
    on_output: Callable[[bytes], None] | None = None
    kept: bytearray = field(default_factory=bytearray)
    dropped: int = 0
    failure: OSError | None = None
    """What `on_output` raised (a full disk); it is not called again, and the run raises it at its end."""

    def add(self, chunk: bytes) -> None:
        """Take a chunk."""
        part = chunk[: max(self.limit - len(self.kept), 0)]
        self.kept += part
        self.dropped += len(chunk) - len(part)
        if self.on_output and self.failure is None:
            try:
                self.on_output(chunk)
            except OSError as error:
                self.failure = error


class Reader:
    """Reads a descriptor on the event loop into a sink until its end; `done` is set then."""

    def __init__(self, descriptor: int, sink: Sink) -> None:
        self.descriptor, self.sink = descriptor, sink
        self.done = asyncio.Event()
        os.set_blocking(descriptor, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            chunk = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return
        except OSError:  # a pty master says EIO when the last slave is closed
            chunk = b""
        if chunk:
            self.sink.add(chunk)
        else:
            self.close()

    def close(self) -> None:
        """Stop reading."""
        if not self.done.is_set():
            self._loop.remove_reader(self.descriptor)
            os.close(self.descriptor)
            self.done.set()


@dataclass
class Started:
    """A running process and its readers; `err` is None with a terminal, where both streams are one."""

    process: subprocess.Popen[bytes]
    pidfd: int
    out: Reader
    err: Reader | None

    async def ended(self, seconds: float, stop: asyncio.Event | None = None) -> bool:
        """Wait for the end and reap it; False when the time was up, or `stop` set, before."""
        if self.process.returncode is None:
            if not await readable(self.pidfd, seconds, stop):
                return False
            self.process.wait()
        return True

    def kill(self) -> None:
        """SIGKILL to this one process."""
        kill(self.pidfd)

    async def drained(self) -> None:
        """Wait for the ends of the output; not for long, since somebody outside might hold the pipe open."""
        for reader in self._readers():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.done.wait(), DRAIN_S)
            reader.close()

    def close(self) -> None:
        """Stop reading and let go of the process."""
        for reader in self._readers():
            reader.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1

    def words(self) -> str:
        """The end of what it said on stderr, for an error's text."""
        return bytes((self.err or self.out).sink.kept)[-2000:].decode("utf-8", "replace").strip() or "it said nothing"

    def dropped(self) -> int:
        """Bytes of output over the cap."""
        return sum(reader.sink.dropped for reader in self._readers())

    def raise_failure(self) -> None:
        """Raise what `on_output` raised."""
        for reader in self._readers():
            if reader.sink.failure is not None:
                raise reader.sink.failure

    def _readers(self) -> list[Reader]:
        return [self.out] if self.err is None else [self.out, self.err]


def start(
    command: Sequence[str],
    control: ControlPipe,
    *,
    tty: bool,
    limit: int,
    on_output: Callable[[bytes], None] | None = None,
    pass_fds: Sequence[int] = (),
    new_session: bool = True,
    cwd: str = "/",
    env: Mapping[str, str] | None = None,
) -> Started:
    """Start `command` with `control` as its standard input. Raises SandboxError where there is no such program.

    Call it on the loop's thread, which lives as long as the harness: a parent-death signal is tied to the thread.
    """
    ours, theirs = _terminal() if tty else _pipes()
    try:
        process = subprocess.Popen(
            command,
            stdin=control.read,
            stdout=theirs[0],
            stderr=theirs[-1],
            env=dict(env or {}),
            pass_fds=pass_fds,
            start_new_session=new_session,
            cwd=cwd,
        )
    except OSError as error:
        for descriptor in ours:
            os.close(descriptor)
        msg = f"{command[0]} cannot be started: {error.strerror}"
        raise SandboxError(msg) from error
    finally:
        control.read_given()
        for descriptor in theirs:
            os.close(descriptor)
    out = Reader(ours[0], Sink(limit, on_output if tty else None))
    err = None if tty else Reader(ours[1], Sink(limit))
    return Started(process, os.pidfd_open(process.pid), out, err)


async def readable(descriptor: int, seconds: float, stop: asyncio.Event | None = None) -> bool:
    """Wait until a descriptor can be read (a pidfd: its process has ended); False when time or `stop` came first."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(descriptor, event.set)
    waits = [loop.create_task(e.wait()) for e in (event, stop) if e is not None]
    try:
        await asyncio.wait(waits, timeout=max(seconds, 0.0), return_when=asyncio.FIRST_COMPLETED)
    finally:
        loop.remove_reader(descriptor)
        for waiting in waits:
            waiting.cancel()
    return event.is_set()


async def to_the_end(work: Coroutine[object, object, _T]) -> _T:
    """Await `work` even though the caller is cancelled meanwhile; the cancellation is raised afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        with contextlib.suppress(asyncio.CancelledError):
            task.exception()  # looked at; the cancellation is what the caller asked for
        raise cancelled
    return task.result()


def kill(pidfd: int) -> None:
    """SIGKILL through a pidfd, which never means another process."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)


def open_terminal() -> tuple[int, int]:
    """A new pty of 120 x 40: master and slave."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    return master, slave


def _terminal() -> tuple[list[int], list[int]]:
    master, slave = open_terminal()
    return [master], [slave]


def _pipes() -> tuple[list[int], list[int]]:
    out, out_end = os.pipe2(os.O_CLOEXEC)
    err, err_end = os.pipe2(os.O_CLOEXEC)
    return [out, err], [out_end, err_end]
