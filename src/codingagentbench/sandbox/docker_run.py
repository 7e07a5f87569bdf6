"""One run in a container: its pipes, its process and its end.

The API only creates and starts. Everything else goes past the daemon: orders, output and the word of the end through
named pipes in a folder that the container sees, a terminal of this machine bound into it, and the kill through a pidfd.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from aiodocker import Docker as Client

from codingagentbench.errors import SandboxError
from codingagentbench.sandbox.base import SandboxExit, SandboxSpec
from codingagentbench.sandbox.cgroups import Usage, group_of
from codingagentbench.sandbox.docker_api import call, remove
from codingagentbench.sandbox.docker_config import Place
from codingagentbench.sandbox.gate import ControlPipe
from codingagentbench.sandbox.owner import DOCKER_PREFIX, mark
from codingagentbench.sandbox.process import DRAIN_S, KILL_TIMEOUT_S, Reader, Sink, kill, open_terminal, readable
from codingagentbench.sandbox.view import made_etc

SETUP_TIMEOUT_S = 60.0
_SIGNAL_EXIT = 128
_STATUS_BYTES = 64
_DOOR_SCRIPT = Path(__file__).with_name("door_inside.py")
_DOOR_TIMEOUT_S = 5.0


class ContainerRun:
    """One run's folder, descriptors and container, from the first to the last."""

    def __init__(self, spec: SandboxSpec, name: str, uid: int, gid: int, *, hands_out: bool) -> None:
        """`hands_out`: the container makes the door and hands it out, for a harness that may not enter it."""
        self.spec, self.name, self.uid, self.gid = spec, name, uid, gid
        self.pid = 0
        self._pidfd = -1
        self._created = False
        self.stopped = False
        self._slave = -1
        self._changed = asyncio.Event()
        self._readers: list[Reader] = []
        self._fifos: list[int] = []
        self._door: socket.socket | None = None
        self.folder = Path(tempfile.mkdtemp(prefix=f"{DOCKER_PREFIX}{os.getpid()}-"))
        mark(self.folder)
        self.place = self._make_place(hands_out=hands_out and spec.door is not None)

    def _make_place(self, *, hands_out: bool) -> Place:
        io = self.folder / "io"
        io.mkdir()
        io.chmod(0o711)
        self.orders = ControlPipe(*self._fifo("orders"))
        self._fifos += self._fifo("life")
        self._status = Sink(_STATUS_BYTES, lambda _: self._changed.set())
        self._readers.append(Reader(self._fifo("status")[0], self._status))
        limit, terminal = self.spec.limits.output_bytes, None
        self.err: Sink | None = None
        if self.spec.tty:
            master, self._slave = open_terminal()
            terminal = os.ttyname(self._slave)
            os.fchown(self._slave, self.uid, -1)
            self.out = Sink(limit, self.spec.on_output)
            self._readers.append(Reader(master, self.out))
            (io / "tty").touch()
        else:
            self.out, err = Sink(limit), Sink(limit)
            self.err = err
            self._readers += [Reader(self._fifo(n)[0], sink) for n, sink in (("out", self.out), ("err", err))]
        if hands_out:
            self._door = _listen_in(io)
            shutil.copyfile(_DOOR_SCRIPT, io / "door.py")
        return Place(io, self._etc(), terminal, door=hands_out)

    def _fifo(self, name: str) -> list[int]:
        """A named pipe, open for us: one to write to both ways, so that opening does not wait for the other side."""
        path = self.folder / "io" / name
        os.mkfifo(path, 0o600)
        os.chown(path, self.uid, self.gid)
        read = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if name in {"orders", "life"}:
            return [read, os.open(path, os.O_WRONLY | os.O_CLOEXEC)]
        return [read]

    def _etc(self) -> dict[str, Path]:
        found = {}
        for path, content in made_etc(self.uid).items():
            if path != "/etc/hosts":  # Docker's own
                found[path] = self.folder / Path(path).name
                found[path].write_bytes(content)
                found[path].chmod(0o644)
        return found

    async def start(self, docker: Client, config: dict[str, Any]) -> None:
        """Create and start the container; afterwards its gate waits for orders. Raises SandboxError."""
        self._created = True  # whatever happens now, a container of this name may be there
        container = await call("create a container", docker.containers.create(config, name=self.name))
        await call("start a container", container.start())
        shown = await call("inspect a container", container.show())
        self.pid = int(shown["State"]["Pid"])
        if self.pid:
            self._pidfd = os.pidfd_open(self.pid)
            asyncio.get_running_loop().add_reader(self._pidfd, self._ended)
        if not await self._said(1, SETUP_TIMEOUT_S):
            raise SandboxError(f"the container ended before its command could start: {self._words(shown)}")
        for name in ("orders", "life", "status", "out", "err", "door", "door.py"):
            (self.place.io / name).unlink(missing_ok=True)

    def door(self) -> socket.socket:
        """What the container has handed out: a socket that listens on its loopback. Raises SandboxError."""
        assert self._door is not None  # noqa: S101  # for mypy: asked only where it hands one out
        try:
            channel, _ = self._door.accept()
            with channel:
                channel.settimeout(_DOOR_TIMEOUT_S)
                _, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
            door = socket.socket(fileno=descriptors[0])
        except (OSError, IndexError) as error:
            raise SandboxError(f"the container handed out no door: {error}") from error
        door.set_inheritable(False)
        door.setblocking(False)
        return door

    async def command(self) -> tuple[bool, float]:
        """Wait for the command's end or its time; whether the time was up, and the seconds it ran."""
        began = time.monotonic()
        stop = self.spec.stop
        watch = None if stop is None else asyncio.ensure_future(stop.wait())
        if watch is not None:
            watch.add_done_callback(lambda _: self._changed.set())
        try:
            ended = await self._said(2, self.spec.limits.wall_s) or not self._alive()
        finally:
            if watch is not None:
                watch.cancel()
        self.stopped = not ended and stop is not None and stop.is_set()
        return not ended and not self.stopped, time.monotonic() - began

    def usage(self) -> Usage:
        """The counters of the container's cgroup, which is there as long as the gate waits."""
        return group_of(self.pid).usage() if self.pid and self._alive() else Usage()

    async def stop(self, docker: Client) -> None:
        """Kill the first process, with which the kernel kills all others, and wait until they are gone.

        The daemon then removes the container by itself. Raises SandboxError where that takes too long.
        """
        if self._pidfd >= 0:
            pidfd, self._pidfd = self._pidfd, -1
            asyncio.get_running_loop().remove_reader(pidfd)
            kill(pidfd)
            gone = await readable(pidfd, KILL_TIMEOUT_S)
            os.close(pidfd)
            if not gone:
                raise SandboxError(f"the container's processes are still alive {KILL_TIMEOUT_S:g} s after SIGKILL")
        elif self._created and not self.pid:
            await remove(docker, self.name)
        self._created = False
        self._close_terminal()
        for reader in self._readers:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.done.wait(), DRAIN_S)
            reader.close()

    def exit(self, usage: Usage, wall_s: float, *, timed_out: bool) -> SandboxExit:
        """How it ended. Raises SandboxError where the container ended without a word on the command."""
        for sink in (self.out, self.err):
            if sink is not None and sink.failure is not None:
                raise sink.failure
        code = self._code()
        if code is None and not timed_out and not self.stopped and not usage.out_of_memory:
            msg = "the container ended before its command did: it was stopped from outside"
            raise SandboxError(msg)
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
            stdout=bytes(self.out.kept),
            stderr=bytes(self.err.kept) if self.err else b"",
            stopped=self.stopped,
            dropped_bytes=self.out.dropped + (self.err.dropped if self.err else 0),
        )

    def close(self) -> None:
        """Let go of every descriptor and of the folder."""
        self.orders.close()
        if self._door is not None:
            self._door.close()
        self._close_terminal()
        for reader in self._readers:
            reader.close()
        while self._fifos:
            os.close(self._fifos.pop())
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _said(self, lines: int, seconds: float) -> bool:
        """Wait until the gate has said so many lines; False when the time was up or the container ended before."""
        deadline = time.monotonic() + seconds
        while self._status.kept.count(b"\n") < lines and self._alive():
            if self.spec.stop is not None and self.spec.stop.is_set():
                break
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), max(deadline - time.monotonic(), 0))
            except TimeoutError:
                break
        return self._status.kept.count(b"\n") >= lines

    def _alive(self) -> bool:
        return self._pidfd >= 0

    def _ended(self) -> None:
        """The first process is gone: so are all others, and there is nothing to kill any more."""
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._pidfd = -1
        self._changed.set()

    def _code(self) -> int | None:
        lines = bytes(self._status.kept).split()
        return int(lines[1]) if len(lines) > 1 else None

    def _words(self, shown: dict[str, Any]) -> str:
        said = bytes(self.err.kept if self.err else self.out.kept)[-2000:].decode("utf-8", "replace").strip()
        return said or str(shown["State"].get("Error")) or "it said nothing"

    def _close_terminal(self) -> None:
        if self._slave >= 0:
            os.close(self._slave)
            self._slave = -1


def _listen_in(folder: Path) -> socket.socket:
    """A Unix socket `door` in a folder, however long the folder's path is: an address holds 107 bytes."""
    listening = socket.socket(socket.AF_UNIX)
    descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        listening.bind(f"/proc/self/fd/{descriptor}/door")
    finally:
        os.close(descriptor)
    (folder / "door").chmod(0o600)
    listening.listen(1)
    listening.settimeout(_DOOR_TIMEOUT_S)
    return listening
