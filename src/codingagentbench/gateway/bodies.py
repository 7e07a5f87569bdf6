"""`bodies.zst`: the bodies of a cell's calls as zstd frames one after another, each stored once by its sha256."""

import hashlib
import io
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import zstandard

from codingagentbench.scrub import Scrubber
from codingagentbench.store.record import BodyRef

LEVEL = 3
REMEMBERED = 10_000
"""Bodies, the newest ones, that an equal one is not stored again for: a gateway that runs for months stays small."""


class BodyPack:
    """Appends bodies. Thread-safe: frames are compressed off the event loop."""

    def __init__(self, path: Path, secrets: Sequence[str]) -> None:
        self.path = path
        self._scrubber = Scrubber(secrets)
        self._refs: dict[str, BodyRef] = {}
        self._lock = threading.Lock()
        self._compressor = zstandard.ZstdCompressor(LEVEL)
        self._file: io.FileIO | None = None

    def scrub(self, body: bytes) -> bytes:
        """The body without known secrets."""
        return self._scrubber.clean(body)

    def add(self, body: bytes) -> BodyRef:
        """Store a scrubbed body; an equal one is stored once. Raises OSError (a full disk)."""
        digest = hashlib.sha256(body).hexdigest()
        with self._lock:
            if digest not in self._refs:
                frame = self._compressor.compress(body)
                offset = self._append(frame)
                if len(self._refs) >= REMEMBERED:  # the oldest; its body would be stored once more
                    del self._refs[next(iter(self._refs))]
                self._refs[digest] = BodyRef(sha256=digest, offset=offset, length=len(frame), size=len(body))
            return self._refs[digest]

    def close(self) -> None:
        """Every body is in the file by now; this only lets go of it."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _append(self, frame: bytes) -> int:
        """Returns where the frame begins: where the file ends, even after a write that failed half-way."""
        if self._file is None:
            self._file = io.FileIO(self.path, "a")
        offset, rest = self._file.seek(0, os.SEEK_END), memoryview(frame)
        while rest:
            rest = rest[self._file.write(rest) :]
        return offset


def read_body(pack: Path, ref: BodyRef) -> bytes:
    """A stored body."""
    with pack.open("rb") as file:
        file.seek(ref.offset)
        return zstandard.ZstdDecompressor().decompress(file.read(ref.length), max_output_size=ref.size)
