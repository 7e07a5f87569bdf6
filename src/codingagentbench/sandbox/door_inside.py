"""Hands a door out of a container: a socket that listens on its loopback, given to the harness over a Unix socket.

Run in the container before its command, where the harness is no root and may not enter its network namespace
itself: `door_inside.py PORT UNIX_SOCKET`. The socket stays in the namespace that it was made in, whoever holds it.
Standard library only, for any Python 3 that an image has.
"""

import socket
import sys

BACKLOG = 128


def main() -> None:
    """Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as door, socket.socket(socket.AF_UNIX) as harness:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", int(sys.argv[1])))
        door.listen(BACKLOG)
        harness.connect(sys.argv[2])
        socket.send_fds(harness, [b"k"], [door.fileno()])


if __name__ == "__main__":
    main()
