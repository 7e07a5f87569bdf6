"""`bodies.zst`: the bodies of a cell's calls as zstd frames one after another, each stored once by its sha256."""

import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path

import zstandard

from codingagentbench.store.record import BodyRef

LEVEL = 3
REDACTED = b"REDACTED"
MIN_SECRET = 6
"""A shorter "key" (`x`, `none`) is a placeholder for an endpoint without one; scrubbing it would garble every body."""


class BodyPack:
    """Appends bodies. Thread-safe: frames are compressed off the event loop."""

    def __init__(self, path: Path, secrets: Sequence[str]) -> None:
        self._path = path
        self._secrets = sorted({form for s in secrets if len(s) >= MIN_SECRET for form in _forms(s)}, key=len)[::-1]
        self._refs: dict[str, BodyRef] = {}
        self._lock = threading.Lock()

    def scrub(self, body: bytes) -> bytes:
        """The body without known secrets."""
        for secret in self._secrets:
            body = body.replace(secret, REDACTED)
        return body

    def add(self, body: bytes) -> BodyRef:
        """Store a scrubbed body; an equal one is stored once. Raises OSError (a full disk)."""
        digest = hashlib.sha256(body).hexdigest()
        with self._lock:
            if digest not in self._refs:
                frame = zstandard.ZstdCompressor(LEVEL).compress(body)
                offset = self._append(frame)
                self._refs[digest] = BodyRef(sha256=digest, offset=offset, length=len(frame), size=len(body))
            return self._refs[digest]

    def _append(self, frame: bytes) -> int:
        """Returns where the frame begins: where the file ends, even after a write that failed half-way."""
        with self._path.open("ab") as file:
            offset = file.tell()
            file.write(frame)
        return offset


def read_body(pack: Path, ref: BodyRef) -> bytes:
    """A stored body."""
    with pack.open("rb") as file:
        file.seek(ref.offset)
        return zstandard.ZstdDecompressor().decompress(file.read(ref.length), max_output_size=ref.size)


def _forms(secret: str) -> set[bytes]:
    """The secret as it stands, and as it stands inside a JSON string."""
    quoted = json.dumps(secret)[1:-1]
    return {secret.encode("utf-8", "surrogateescape"), quoted.encode(), quoted.replace("/", "\\/").encode()}
