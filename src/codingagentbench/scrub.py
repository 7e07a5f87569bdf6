"""Taking known secrets out of what is stored or sent on: an endpoint's key, a cell's token, in every form they come in.

Forms: as it stands, inside a JSON string, URL-encoded, hexadecimal, and base64 (also URL-safe) at all three alignments,
so that "Basic" credentials and encoded logs are found. Not found: a secret in pieces (said token by token over many
stream events, wrapped by a terminal program), encrypted or compressed.
"""

import base64
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus

import msgspec

REDACTED = b"REDACTED"
MIN_SECRET = 6
"""A shorter "key" (`x`, `none`) is a placeholder for an endpoint without one; scrubbing it would garble everything."""
S = TypeVar("S", bound=msgspec.Struct)
_BASE64_BITS = 6


class Scrubber:
    """Knows some secrets. Without any it changes nothing."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= MIN_SECRET for form in forms_of(secret)}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))  # a form may contain a shorter one
        self._beginnings = {form[:size] for form in self._forms for size in range(1, len(form))}
        self._longest = max(map(len, self._forms), default=0)

    def clean(self, data: bytes) -> bytes:
        """`data` with every secret replaced by REDACTED."""
        for form in self._forms:
            if form in data:
                data = data.replace(form, REDACTED)
        return data

    def text(self, text: str) -> str:
        """The same of a text."""
        return self.clean(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def value(self, value: Any) -> Any:  # any JSON value
        """The same of every string in a JSON value, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.value(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    def struct(self, struct: S) -> S:
        """The same of a record; the record itself where it holds no secret, which is nearly always."""
        if not self._forms or not self._in(msgspec.json.encode(struct)):
            return struct
        return msgspec.convert(self.value(msgspec.to_builtins(struct)), type=type(struct))

    def held_back(self, data: bytes) -> int:
        """How many bytes at the end of `data` may be the beginning of a secret."""
        for size in range(min(self._longest - 1, len(data)), 0, -1):
            if data[-size:] in self._beginnings:
                return size
        return 0

    async def over(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Chunks of a stream with secrets taken out, also those that lie over a border of two."""
        stream = StreamScrubber(self)
        async for chunk in chunks:
            if clean := stream.feed(chunk):
                yield clean
        if rest := stream.close():
            yield rest

    def __bool__(self) -> bool:
        return bool(self._forms)

    def _in(self, data: bytes) -> bool:
        return any(form in data for form in self._forms)


class StreamScrubber:
    """Keeps back what may be the beginning of a secret until the next chunk has come."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._kept = b""

    def feed(self, chunk: bytes) -> bytes:
        """What can be passed on now."""
        data = self._scrubber.clean(self._kept + chunk)
        size = self._scrubber.held_back(data)
        self._kept = data[len(data) - size :]
        return data[: len(data) - size]

    def close(self) -> bytes:
        """What was kept back."""
        rest, self._kept = self._kept, b""
        return rest


def forms_of(secret: str) -> set[bytes]:
    """Every way in which a secret is looked for."""
    raw, quoted = secret.encode("utf-8", "surrogateescape"), json.dumps(secret)[1:-1]
    encoded = {quote(raw, safe=""), quote_plus(raw), quote(raw)}
    forms = {raw, quoted.encode(), quoted.replace("/", "\\/").encode(), raw.hex().encode(), raw.hex().upper().encode()}
    forms |= {form.encode() for form in encoded} | {_lower_escapes(form).encode() for form in encoded}
    return forms | {form for shift in range(3) for form in _base64_forms(raw, shift)}


def _base64_forms(raw: bytes, shift: int) -> set[bytes]:
    """The characters that depend on the secret alone when `shift` bytes of something else come before it."""
    first = -(-shift * 8 // _BASE64_BITS)
    last = (shift + len(raw)) * 8 // _BASE64_BITS
    return {encode(bytes(shift) + raw)[first:last] for encode in (base64.b64encode, base64.urlsafe_b64encode)}


def _lower_escapes(text: str) -> str:
    parts = text.split("%")
    return "%".join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])])
