"""Opens doors: a listening socket on the loopback of another process's network namespace, made from outside.

Run as a script by `door.py`. One small single-threaded process a harness, because entering a user namespace needs a
single thread and forking a process that has several is not safe. Each request forks a child that enters the
namespaces, listens, and passes the socket back over the Unix socket on descriptor 0 (SCM_RIGHTS).

Request: one packet `<pid> <port>`. Answer: one packet, `k` with the descriptor, or `e` and the error's text.
Standard library only, and started with `-I -S`, since it is on the way of every first cell.
"""

import ctypes
import errno
import fcntl
import os
import socket
import time

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
NS_GET_USERNS = 0xB701  # linux/nsfs.h: the user namespace that owns a namespace
BACKLOG = 128
LOOPBACK_WAIT_S = 5.0


def main() -> None:
    """Serve requests until the harness is gone: it holds the only other end of the channel."""
    channel = socket.socket(fileno=0)
    libc = ctypes.CDLL(None, use_errno=True)
    while request := channel.recv(64):
        pid, port = (int(part) for part in request.split())
        child = os.fork()
        if child == 0:
            _answer(channel, libc, pid, port)
            os._exit(0)
        os.waitpid(child, 0)


def _answer(channel: socket.socket, libc: ctypes.CDLL, pid: int, port: int) -> None:
    try:
        _enter_network(libc, pid)
        door = _listen(port)
        socket.send_fds(channel, [b"k"], [door.fileno()])
    except OSError as error:
        channel.send(f"e{error}".encode())


def _enter_network(libc: ctypes.CDLL, pid: int) -> None:
    """Enter the network namespace, first the user namespace that owns it where that is not ours.

    Not the user namespace of the process: bwrap changes to a second, inner one while it starts.
    """
    network = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    owner = fcntl.ioctl(network, NS_GET_USERNS)
    if os.fstat(owner).st_ino != os.stat("/proc/self/ns/user").st_ino:  # noqa: PTH116  # pathlib is slow to import
        _set_namespace(libc, owner, CLONE_NEWUSER)
    _set_namespace(libc, network, CLONE_NEWNET)


def _set_namespace(libc: ctypes.CDLL, descriptor: int, kind: int) -> None:
    if libc.setns(descriptor, kind) != 0:  # os.setns came with Python 3.12
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")


def _listen(port: int) -> socket.socket:
    """Listen as soon as the loopback has its address: bwrap tells its pid before it has set that."""
    door = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    deadline = time.monotonic() + LOOPBACK_WAIT_S
    while True:
        try:
            door.bind(("127.0.0.1", port))
            break
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL or time.monotonic() > deadline:
                raise
            time.sleep(0.0002)
    door.listen(BACKLOG)
    return door


if __name__ == "__main__":
    main()
