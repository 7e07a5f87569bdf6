"""seal: the record and everything it points at, on disk for good: write, fsync, rename, fsync the folder.

An attempt is written in a hidden folder beside its final name. The rename is the moment of sealing: before it the cell
was not run, after it the attempt is never touched again.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from codingagentbench.errors import StoreError
from codingagentbench.store.attempts import sealed_attempts
from codingagentbench.store.record import Record, Span

_ENCODER = msgspec.json.Encoder()
# The journal of ext4 and xfs takes the commits of parallel fsyncs together.
_FSYNC = ThreadPoolExecutor(4, thread_name_prefix="fsync")


def open_attempt(cell: Path) -> tuple[Path, int]:
    """A new, empty partial folder in `cell`, and the number of the attempt that it will be sealed as."""
    sealed = sealed_attempts(cell)
    number = int(sealed[-1].name.removeprefix("attempt-")) + 1 if sealed else 1
    partial = cell / f".attempt-{number:03d}.partial"
    try:
        if partial.exists():  # left by a harness that was killed: half a run is no run
            shutil.rmtree(partial)
        partial.mkdir(parents=True)
    except OSError as error:
        msg = f"{partial}: cannot be made: {error.strerror}"
        raise StoreError(msg) from error
    return partial, number


def write_lines(path: Path, lines: Iterable[msgspec.Struct]) -> None:
    """One JSON document a line."""
    path.write_bytes(_ENCODER.encode_lines(list(lines)))


def write_json(path: Path, value: msgspec.Struct) -> None:
    """One indented JSON document with a newline at its end: people read these."""
    path.write_bytes(msgspec.json.format(_ENCODER.encode(value), indent=2) + b"\n")


def file_digest(path: Path) -> str | None:
    """ "sha256:<hex>" of a file, None where there is none."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def seal(partial: Path, record: Record, spans: Iterable[Span]) -> Path:
    """Write record and trace, make all of the folder durable, give it its final name. Raises StoreError."""
    final = partial.with_name(f"attempt-{record.attempt:03d}")
    try:
        write_lines(partial / "trace.jsonl", spans)
        write_json(partial / "record.json", record)
        list(_FSYNC.map(_fsync, [*partial.iterdir(), partial]))
        partial.rename(final)
        _fsync(final.parent)
    except OSError as error:
        msg = f"{partial}: cannot be sealed: {error.strerror}"
        raise StoreError(msg) from error
    return final


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
