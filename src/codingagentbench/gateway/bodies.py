"""`bodies.zst`: the bodies of a cell's calls as zstd frames one after another, each stored once by its sha256."""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

import zstandard

from codingagentbench.store.record import BodyRef

LEVEL = 3


class BodyPack:
    """Appends bodies. Thread-safe: frames are compressed off the event loop."""

    def __init__(self, path: Path, secrets: Sequence[str]) -> None:
        self._path = path
        self._secrets = [s.encode() for s in secrets if s]
        self._refs: dict[str, BodyRef] = {}
        self._offset = 0
        self._lock = threading.Lock()

    def add(self, body: bytes) -> BodyRef:
        """Store a body, known secrets taken out of it; an equal one is stored once. Raises OSError (a full disk)."""
        for secret in self._secrets:
            body = body.replace(secret, b"REDACTED")
        digest = hashlib.sha256(body).hexdigest()
        with self._lock:
            if digest not in self._refs:
                frame = zstandard.ZstdCompressor(LEVEL).compress(body)
                with self._path.open("ab") as file:
                    file.write(frame)
                self._refs[digest] = BodyRef(sha256=digest, offset=self._offset, length=len(frame), size=len(body))
                self._offset += len(frame)
            return self._refs[digest]


def read_body(pack: Path, ref: BodyRef) -> bytes:
    """A stored body."""
    with pack.open("rb") as file:
        file.seek(ref.offset)
        return zstandard.ZstdDecompressor().decompress(file.read(ref.length), max_output_size=ref.size)
