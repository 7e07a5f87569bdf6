"""One cassette as one file: JSON lines in a zstd frame (`zstdcat FILE | head`). What is read is somebody else's.

The first line holds record.json and model_calls.jsonl as they are, so that their digests can be checked; each further
line is one body by its sha256, as text where it is UTF-8, else in base64.
"""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec
import zstandard

from codingagentbench.catalog.base import NAME
from codingagentbench.errors import StoreError, UsageError
from codingagentbench.gateway.bodies import LEVEL
from codingagentbench.gateway.cassettes.cassette import MAX_BODY_BYTES, Cassette, digest_of
from codingagentbench.store.record import BodyRef, ModelCall, Record
from codingagentbench.sweep.plan import cell_id

SCHEMA = "cab.cassette/1"
MAX_PLAIN_BYTES = 1 << 30
MAX_LINE_BYTES = 2 * MAX_BODY_BYTES
MAX_CALLS = 100_000
MAX_TIMEOUT_S = 86_400
_MAX_WINDOW = 1 << 27  # bytes of a zstd frame's memory; libzstd's own default limit
_PIECE = 1 << 20
_NAMES = re.compile(rf"{NAME}(/{NAME})*")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    schema: str
    record: str
    """record.json, as it is."""
    model_calls: str
    """model_calls.jsonl, as it is."""
    timeout_s: int


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every further line."""

    sha256: str
    text: str | None = None
    base64: str | None = None


def write_cassette(cassette: Cassette, file: Path) -> int:
    """Write the file, whole or not at all; its size. Raises StoreError."""
    encoder, partial = msgspec.json.Encoder(), file.with_name(f".{file.name}.{os.getpid()}.partial")
    head = Head(
        schema=SCHEMA,
        record=cassette.record_text,
        model_calls=cassette.calls_text,
        timeout_s=cassette.timeout_s,
    )
    try:
        with partial.open("wb") as out, zstandard.ZstdCompressor(10).stream_writer(out, closefd=False) as packed:
            packed.write(encoder.encode(head) + b"\n")
            for ref in _refs(cassette.calls).values():
                packed.write(encoder.encode(_line(ref, cassette.body(ref))) + b"\n")
        partial.replace(file)
        return file.stat().st_size
    except OSError as error:
        partial.unlink(missing_ok=True)
        msg = f"{file}: cannot be written: {error.strerror}"
        raise StoreError(msg) from error


def read_cassette(file: Path) -> Cassette:
    """The cassette in a file. Raises UsageError, naming what is wrong, where it is not whole and consistent."""
    try:
        return _read(file)
    except OSError as error:
        msg = f"{file}: cannot be read: {error.strerror}"
        raise UsageError(msg) from error
    except (zstandard.ZstdError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        msg = f"{file}: no cassette, or a damaged one: {str(error)[:300]}"
        raise UsageError(msg) from error


def _read(file: Path) -> Cassette:
    if not file.is_file():
        msg = "not a file"
        raise ValueError(msg)
    with file.open("rb") as packed:
        lines = _lines(packed)
        head = msgspec.json.decode(next(lines, b""), type=Head)
        if head.schema != SCHEMA:
            msg = f"its schema is {head.schema[:40]!r}: accepted: {SCHEMA!r}"
            raise ValueError(msg)
        record = msgspec.json.decode(head.record, type=Record)
        calls = msgspec.json.Decoder(ModelCall).decode_lines(head.model_calls)
        _check_head(head, record, calls)
        frames = dict(_frames(lines))
    if missing := [digest for digest in _refs(calls) if digest not in frames]:
        msg = f"{len(missing)} bodies are missing, the first is {missing[0][:64]!r}"
        raise ValueError(msg)
    return Cassette(
        record=record,
        record_text=head.record,
        calls=calls,
        calls_text=head.model_calls,
        timeout_s=head.timeout_s,
        body=lambda ref: zstandard.decompress(frames[ref.sha256], max_output_size=MAX_BODY_BYTES),
    )


def _check_head(head: Head, record: Record, calls: list[ModelCall]) -> None:
    """Names become paths, and the digest ties the calls to the record."""
    if digest_of(head.model_calls.encode()) != record.receipt.transcript:
        msg = "its calls are not the ones in the record's receipt"
        raise ValueError(msg)
    if len(calls) > MAX_CALLS or not 0 < head.timeout_s <= MAX_TIMEOUT_S:
        msg = f"{len(calls)} calls in {head.timeout_s} s: accepted: at most {MAX_CALLS} in {MAX_TIMEOUT_S} s"
        raise ValueError(msg)
    names = [record.sweep_id, record.tui, record.model, record.task_id, *record.plugin_stack]
    parts = record.sweep_id, record.tui, record.model, record.task_id, tuple(record.plugin_stack), record.repetition
    if not all(_NAMES.fullmatch(name) for name in names) or record.cell_id != cell_id(*parts):
        msg = f"{record.cell_id[:200]!r} is no cell id of its sweep, TUI, model and task"
        raise ValueError(msg)


def _frames(lines: Iterator[bytes]) -> Iterator[tuple[str, bytes]]:
    """Bodies by digest, compressed again: a cassette's bodies are larger than its file."""
    compressor = zstandard.ZstdCompressor(LEVEL)
    for line in lines:
        body = _content(msgspec.json.decode(line, type=Body))
        yield hashlib.sha256(body).hexdigest(), compressor.compress(body)


def _content(body: Body) -> bytes:
    try:
        content = base64.b64decode(body.base64, validate=True) if body.base64 else (body.text or "").encode()
    except binascii.Error as error:
        msg = f"body {body.sha256[:64]!r}: {error}"
        raise ValueError(msg) from error
    if hashlib.sha256(content).hexdigest() != body.sha256 or len(content) > MAX_BODY_BYTES:
        msg = f"body {body.sha256[:64]!r}: not the one that its digest names, or larger than {MAX_BODY_BYTES} bytes"
        raise ValueError(msg)
    return content


def _line(ref: BodyRef, body: bytes) -> Body:
    try:
        return Body(sha256=ref.sha256, text=body.decode())
    except UnicodeDecodeError:
        return Body(sha256=ref.sha256, base64=base64.b64encode(body).decode())


def _refs(calls: Sequence[ModelCall]) -> Mapping[str, BodyRef]:
    """Every body that the calls name, once."""
    found: dict[str, BodyRef] = {}
    for call in calls:
        for ref in (call.request_body, call.response_body, call.endpoint_request_body, call.endpoint_response_body):
            if ref is not None:
                found.setdefault(ref.sha256, ref)
    return found


def _lines(packed: IO[bytes]) -> Iterator[bytes]:
    """The lines, never more than MAX_PLAIN_BYTES of them together nor MAX_LINE_BYTES of one in memory."""
    reader = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).stream_reader(packed)
    total, rest = 0, bytearray()
    while piece := reader.read(_PIECE):
        total += len(piece)
        rest += piece
        if total > MAX_PLAIN_BYTES or len(rest) > MAX_LINE_BYTES + _PIECE:
            msg = f"larger than {MAX_PLAIN_BYTES} bytes, or a line larger than {MAX_LINE_BYTES}"
            raise ValueError(msg)
        if b"\n" in piece:
            *whole, last = bytes(rest).split(b"\n")
            yield from whole
            rest = bytearray(last)
    if rest:
        msg = "it ends in the middle of a line"
        raise ValueError(msg)
