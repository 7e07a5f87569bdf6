"""A cassette in memory: a sealed attempt's record, its calls, the way to their bodies, each checked by its digest."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from codingagentbench.errors import StoreError
from codingagentbench.gateway.bodies import read_body
from codingagentbench.gateway.cassettes.normalise import Normaliser, hash_of
from codingagentbench.store.attempts import Attempt
from codingagentbench.store.record import BodyRef, ModelCall, Record

MAX_BODY_BYTES = 64 << 20


@dataclass(frozen=True)
class Cassette:
    """What a replay needs of an attempt."""

    record: Record
    record_text: str
    """`record.json` and `model_calls.jsonl` as they are: their digests are taken of these."""
    calls: Sequence[ModelCall]
    calls_text: str
    timeout_s: int
    body: Callable[[BodyRef], bytes]
    """The stored body. Raises StoreError where it is not what its digest says."""

    @property
    def record_digest(self) -> str:
        """Of `record.json`: what a replay's receipt names."""
        return digest_of(self.record_text.encode())


def cassette_of(attempt: Attempt) -> Cassette:
    """The cassette that a sealed attempt is. Raises StoreError where it is damaged."""
    file = attempt.folder / "model_calls.jsonl"
    calls_text = _text(file)
    if digest_of(calls_text.encode()) != attempt.record.receipt.transcript:
        msg = f"{file}: damaged: its digest is not the one in the record's receipt"
        raise StoreError(msg)
    pack = attempt.folder / "bodies.zst"
    return Cassette(
        record=attempt.record,
        record_text=_text(attempt.folder / "record.json"),
        calls=attempt.model_calls(),
        calls_text=calls_text,
        timeout_s=timeout_of(attempt),
        body=lambda ref: checked_body(pack, ref),
    )


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{file}: damaged: {error}"
        raise StoreError(msg) from error


def timeout_of(attempt: Attempt) -> int:
    """The seconds that the cell had, as its trace says."""
    for span in attempt.spans():
        if span.kind == "adapter_run" and isinstance(seconds := span.attrs.get("timeout_s"), int):
            return seconds
    msg = f"{attempt.folder / 'trace.jsonl'}: does not say how long the cell had: it never came to its agent"
    raise StoreError(msg)


def checked_body(pack: Path, ref: BodyRef) -> bytes:
    """A body out of a pack. Raises StoreError where it cannot be read or is another one."""
    try:
        body = read_body(pack, ref)
    except Exception as error:  # whatever a damaged pack does to the decompressor, it is damaged
        msg = f"{pack}: damaged at byte {ref.offset}: {error}"
        raise StoreError(msg) from error
    if hashlib.sha256(body).hexdigest() != ref.sha256:
        msg = f"{pack}: damaged at byte {ref.offset}: the body is not the one that its digest names"
        raise StoreError(msg)
    return body


def digest_of(content: bytes) -> str:
    """As receipts write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def with_canonical_hashes(calls: Sequence[ModelCall], pack: Path, volatile: Mapping[str, str]) -> list[ModelCall]:
    """The calls with `canonical_hash`, taken of their stored requests: after the run, so that it delays no call."""
    normaliser = Normaliser(volatile)
    return [_hashed(call, pack, normaliser) for call in calls]


def _hashed(call: ModelCall, pack: Path, normaliser: Normaliser) -> ModelCall:
    if call.request_body is None:
        return call
    normalised = normaliser.request(read_body(pack, call.request_body))
    return msgspec.structs.replace(call, canonical_hash=hash_of(normalised))
