"""What all engines share: starting a process with its output captured under a cap, and waiting under a watchdog."""

import asyncio
import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from codingagentbench.errors import SandboxError
from codingagentbench.sandbox.base import SandboxSpec
from codingagentbench.sandbox.recording import HEIGHT, WIDTH

_CHUNK = 1 << 16
_DRAIN_S = 1.0


@dataclass
class Sink:
    """Keeps the first `limit` bytes and counts the rest."""

    limit: int
    on_output: Callable[[bytes], None] | None = None
    kept: bytearray = field(default_factory=bytearray)
    dropped: int = 0

    def add(self, chunk: bytes) -> None:
        """Take a chunk; what is over the limit is not shown to `on_output` either."""
        room = self.limit - len(self.kept)
        part = chunk[: max(room, 0)]
        self.kept += part
        self.dropped += len(chunk) - len(part)
        if part and self.on_output:
            self.on_output(part)


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

    process: asyncio.subprocess.Process
    out: Reader
    err: Reader | None

    async def wait(self, seconds: float) -> bool:
        """Wait for the end; True when the time was up before."""
        try:
            await asyncio.wait_for(self.process.wait(), seconds)
        except TimeoutError:
            return True
        return False

    async def drained(self) -> None:
        """Wait for the ends of the output; not for long, since somebody outside might hold the pipe open."""
        for reader in (self.out, self.err):
            if reader is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(reader.done.wait(), _DRAIN_S)
        self.close()

    def close(self) -> None:
        """Stop reading."""
        for reader in (self.out, self.err):
            if reader is not None:
                reader.close()


async def start(
    argv: Sequence[str], env: Mapping[str, str], spec: SandboxSpec, pass_fds: Sequence[int], cwd: str | None = None
) -> Started:
    """Start `argv` in a session of its own, so that it cannot reach the harness's terminal."""
    pipes = _terminal() if spec.tty else _pipes()
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=pipes.stdin,
            stdout=pipes.stdout,
            stderr=pipes.stderr,
            env=dict(env),
            pass_fds=pass_fds,
            start_new_session=True,
            cwd=cwd,
        )
    except OSError as error:
        for descriptor in pipes.ours:
            os.close(descriptor)
        msg = f"{argv[0]} cannot be started: {error.strerror}"
        raise SandboxError(msg) from error
    finally:
        for descriptor in pipes.theirs:
            os.close(descriptor)
    out = Reader(pipes.ours[0], Sink(spec.limits.output_bytes, spec.on_output))
    err = Reader(pipes.ours[1], Sink(spec.limits.output_bytes)) if not spec.tty else None
    return Started(process, out, err)


@dataclass(frozen=True)
class _Pipes:
    stdin: int
    stdout: int
    stderr: int
    ours: tuple[int, ...]
    theirs: tuple[int, ...]


def _terminal() -> _Pipes:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    return _Pipes(slave, slave, slave, (master,), (slave,))


def _pipes() -> _Pipes:
    out, out_end = os.pipe2(os.O_CLOEXEC)
    err, err_end = os.pipe2(os.O_CLOEXEC)
    return _Pipes(subprocess.DEVNULL, out_end, err_end, (out, err), (out_end, err_end))
