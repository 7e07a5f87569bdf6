"""Opens doors: a listening socket on the loopback of another process's network namespace, made from outside.

Run as a script by `door.py`. One small single-threaded process a harness, because entering a user namespace needs a
single thread and forking a process that has several is not safe. Each request forks a child that enters the
namespaces, listens, and passes the socket back over the Unix socket on descriptor 0 (SCM_RIGHTS).

Request: one line `<pid> <port>`. Answer: one byte `k` with the descriptor, or `e` and the error's text.
Standard library only, and started with `-I -S`, since it is on the way of every first cell.
"""

import ctypes
import os
import socket
import sys

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
BACKLOG = 128


def main() -> None:
    """Serve requests until the harness is gone."""
    channel = socket.socket(fileno=0)
    libc = ctypes.CDLL(None, use_errno=True)
    with channel, channel.makefile("r") as requests:
        for request in requests:
            pid, port = (int(part) for part in request.split())
            child = os.fork()
            if child == 0:
                _open_door(channel, libc, pid, port)
            os.waitpid(child, 0)


def _open_door(channel: socket.socket, libc: ctypes.CDLL, pid: int, port: int) -> None:
    try:
        for kind, flag in (("user", CLONE_NEWUSER), ("net", CLONE_NEWNET)):
            _enter(libc, pid, kind, flag)
        door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        door.bind(("127.0.0.1", port))
        door.listen(BACKLOG)
        socket.send_fds(channel, [b"k"], [door.fileno()])
    except OSError as error:
        channel.sendall(f"e{error}".encode())
    os._exit(0)


def _enter(libc: ctypes.CDLL, pid: int, kind: str, flag: int) -> None:
    """setns, unless we are in that namespace already (entering one's own user namespace is an error)."""
    path = f"/proc/{pid}/ns/{kind}"
    if os.stat(path).st_ino == os.stat(f"/proc/self/ns/{kind}").st_ino:  # noqa: PTH116  # pathlib is slow to import
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if libc.setns(descriptor, flag) != 0:  # os.setns came with Python 3.12
        number = ctypes.get_errno()
        raise OSError(number, f"setns {kind}: {os.strerror(number)}")
    os.close(descriptor)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, ValueError, OSError) as failure:
        sys.stderr.write(f"door opener: {failure}\n")
