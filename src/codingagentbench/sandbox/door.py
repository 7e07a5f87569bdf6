"""The door: a listening socket inside a sandbox's network namespace, accepted on from outside."""

import asyncio
import socket
import subprocess
import sys
import threading
from pathlib import Path

from codingagentbench.errors import SandboxError

_SCRIPT = Path(__file__).with_name("door_opener.py")
_TIMEOUT_S = 10.0
_MAX_ERROR = 4096


class DoorOpener:
    """The helper process, started at the first use and ended with the harness (its channel closes)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def open(self, pid: int, port: int) -> socket.socket:
        """A socket that listens on 127.0.0.1:`port` in the network namespace of `pid`. Raises SandboxError."""
        return await asyncio.to_thread(self._open, pid, port)

    def close(self) -> None:
        """End the helper."""
        with self._lock:
            if self._channel is not None and self._process is not None:
                self._channel.close()
                self._process.wait(_TIMEOUT_S)
                self._channel = self._process = None

    def _open(self, pid: int, port: int) -> socket.socket:
        with self._lock:
            channel = self._channel or self._start()
            try:
                channel.sendall(f"{pid} {port}\n".encode())
                answer, descriptors, _, _ = socket.recv_fds(channel, _MAX_ERROR, 1)
            except OSError as error:
                msg = f"the sandbox's door could not be made: {error}"
                raise SandboxError(msg) from error
        if not descriptors:
            reason = answer[1:].decode("utf-8", "replace") or "the helper process ended"
            msg = f"the sandbox's door could not be made: {reason}"
            raise SandboxError(msg)
        door = socket.socket(fileno=descriptors[0])
        door.setblocking(False)
        return door

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-I", "-S", str(_SCRIPT)]
        with theirs:
            self._process = subprocess.Popen(command, stdin=theirs.fileno(), start_new_session=True)
        ours.settimeout(_TIMEOUT_S)
        self._channel = ours
        return ours
