"""What the neighbour's sandbox runs: it holds its secret in every place there is, waits, and writes down who comes.

Arguments: its port and the name of its abstract socket. Nothing is written to /work once it has said "ready", but by
what should not happen.
"""

import contextlib
import os
import select
import signal
import socket
import sys


def main() -> None:
    """Until the sandbox is ended."""
    port, name = sys.argv[1:]
    secret = os.environ["NEIGHBOUR_SECRET"]
    for place in ("/tmp/secret.txt", "/dev/shm/secret.txt"):  # noqa: S108  # the sandbox's own
        with open(place, "w") as file:  # noqa: PTH123  # a script of few imports
            file.write(secret)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        with contextlib.suppress(OSError):
            signal.signal(number, lambda number, _: touched(f"signal {number}"))
    listeners = [
        listener(socket.AF_INET, ("0.0.0.0", int(port))),  # noqa: S104  # whatever way leads here counts
        listener(socket.AF_UNIX, f"\0{name}"),
        listener(socket.AF_UNIX, "/work/socket"),
    ]
    print("ready", flush=True)
    while True:
        for sock in select.select(listeners, [], [])[0]:
            touched(f"a connection to {sock.getsockname()!r}")
            sock.accept()[0].sendall(secret.encode())


def listener(family: int, address: object) -> socket.socket:
    """A socket that listens there."""
    sock = socket.socket(family)
    sock.bind(address)  # type: ignore[arg-type]  # a pair or a name, as the family has it
    sock.listen()
    return sock


def touched(what: str) -> None:
    """Leave a word for who looks afterwards."""
    with open("/work/touched.txt", "a") as file:  # noqa: PTH123  # as above
        print(what, file=file)


if __name__ == "__main__":
    main()
