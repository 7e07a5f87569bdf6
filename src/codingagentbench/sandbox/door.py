"""The door: a listening socket inside a sandbox's network namespace, accepted on from outside."""

import asyncio
import socket
import subprocess
import sys
import threading
from pathlib import Path

from codingagentbench.errors import SandboxError
from codingagentbench.sandbox.process import to_the_end

_SCRIPT = Path(__file__).with_name("door_opener.py")
_TIMEOUT_S = 10.0
_MAX_ERROR = 4096


class DoorOpener:
    """The helper process: started at the first use, again if it was lost, ended with the harness."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def open(self, pid: int, port: int) -> socket.socket:
        """A socket that listens on 127.0.0.1:`port` in the network namespace of `pid`. Raises SandboxError."""
        made: list[socket.socket] = []
        try:
            await to_the_end(asyncio.to_thread(lambda: made.append(self._open(pid, port))))
        except asyncio.CancelledError:
            for door in made:
                door.close()
            raise
        return made[0]

    def close(self) -> None:
        """End the helper."""
        with self._lock:
            self._end()

    def _open(self, pid: int, port: int) -> socket.socket:
        with self._lock:
            try:
                answer, descriptors = self._ask(f"{pid} {port}".encode())
            except OSError as error:
                self._end()  # an answer that comes late must not be taken for the next one's
                msg = f"the sandbox's door could not be made: {error}"
                raise SandboxError(msg) from error
        if not descriptors:
            msg = f"the sandbox's door could not be made: {answer[1:].decode('utf-8', 'replace')}"
            raise SandboxError(msg)
        door = socket.socket(fileno=descriptors[0])
        door.set_inheritable(False)
        door.setblocking(False)
        return door

    def _ask(self, request: bytes) -> tuple[bytes, list[int]]:
        channel = self._channel or self._start()
        channel.send(request)
        answer, descriptors, _, _ = socket.recv_fds(channel, _MAX_ERROR, 1)
        if not answer:
            msg = "the helper process ended"
            raise ConnectionResetError(msg)
        return answer, descriptors

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", "-S", str(_SCRIPT)]
        with theirs:
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True, cwd="/")
        ours.settimeout(_TIMEOUT_S)
        self._channel = ours
        return ours

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
