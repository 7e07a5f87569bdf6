"""Ends the containers of a harness that was killed: `docker_reaper.py SOCKET TAG`, one process a harness.

Its standard input is a pipe whose other end only the harness holds; when that closes, however the harness ended, every
container that is labelled with the harness's tag is killed and removed. Standard library alone, outside the
harness's session, so that neither a signal to the terminal's group nor an interpreter that is torn down stops it.
"""

import http.client
import json
import socket
import sys
import urllib.parse

_TIMEOUT_S = 60.0
_TRIES = 3
_LABEL = "org.codingagentbench.harness"


class _Connection(http.client.HTTPConnection):
    """HTTP on the daemon's socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """On AF_UNIX."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_TIMEOUT_S)
        self.sock.connect(self._path)


def main() -> None:
    """Wait for the end of the harness, then clear up: again while containers appear that were being created."""
    path, tag = sys.argv[1:]
    while sys.stdin.buffer.read(4096):
        pass
    for _ in range(_TRIES):
        for name in containers(path, tag):
            _ask(path, "DELETE", f"/containers/{name}?force=1&v=1")


def containers(path: str, tag: str) -> list[str]:
    """Ids of the containers of one harness."""
    wanted = urllib.parse.quote(json.dumps({"label": [f"{_LABEL}={tag}"]}))
    answer = _ask(path, "GET", f"/containers/json?all=1&filters={wanted}")
    return [entry["Id"] for entry in json.loads(answer or "[]")]


def _ask(path: str, method: str, place: str) -> bytes:
    connection = _Connection(path)
    try:
        connection.request(method, place)
        return connection.getresponse().read()
    except OSError:
        return b""
    finally:
        connection.close()


if __name__ == "__main__":
    main()
