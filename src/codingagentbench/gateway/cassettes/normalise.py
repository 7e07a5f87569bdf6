"""A request without what changes from run to run: what a cassette matches on, and what `canonical_hash` is taken of.

Every string value of the request's JSON is normalised by itself: first by the TUI's own patterns (`[volatile]` of its
catalogue entry), then by ours. Ids of tool calls become `id-1`, `id-2`, ... in the order in which they stand in the
request, so that which result belongs to which call still counts.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from codingagentbench.gateway.json_bytes import decode, encode

_ID_KEYS = frozenset({"id", "call_id", "tool_call_id", "tool_use_id", "item_id"})
_GENERIC = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "timestamp": r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
    r"(Z| ?[+-][0-9]{2}:?[0-9]{2})?",
    "mtime": r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-3][0-9] [0-2][0-9]:[0-5][0-9]\b",
    "duration": r"\b[0-9]+(\.[0-9]+)?(e-[0-9]+)? ?(ns|us|µs|μs|ms|s|secs?|seconds?)\b",
    "address": r"\b0x[0-9a-f]{6,16}\b",
    "scratch": r"/[^\s\"']*/cab-[0-9]+-[A-Za-z0-9_]{8}/[A-Za-z0-9_]+",  # the work directory's and HOME's, unsandboxed
    "tmp": r"/tmp/[A-Za-z0-9._-]+",  # noqa: S108  # a name to look for, not one to write to
}
_REMEMBERED_CHARACTERS = 32 << 20


class Normaliser:
    """Normalises requests of one TUI. Remembers strings: each call of a conversation repeats all of the one before."""

    def __init__(self, volatile: Mapping[str, str] | None = None) -> None:
        patterns = [*(volatile or {}).items(), *_GENERIC.items()]
        self._patterns = [(re.compile(pattern), f"<{name}>") for name, pattern in patterns]
        self._known: dict[str, str] = {}
        self._remembered = 0

    def request(self, body: bytes) -> Any:  # any JSON value
        """The normalised request; of a body that is no JSON its normalised text."""
        try:
            return self._value(decode(body), {})
        except (ValueError, RecursionError):
            return self.text(body.decode("utf-8", "replace"))

    def text(self, text: str) -> str:
        """The text with every match of every pattern replaced by its name."""
        if text not in self._known:
            if self._remembered > _REMEMBERED_CHARACTERS:
                self._known.clear()
                self._remembered = 0
            clean = text
            for pattern, name in self._patterns:
                clean = pattern.sub(name, clean)
            self._known[text] = clean
            self._remembered += len(text)
        return self._known[text]

    def _value(self, value: Any, ids: dict[str, str]) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._value(item, ids) for item in value]
        if isinstance(value, dict):
            return {key: self._field(key, value[key], ids) for key in sorted(value)}
        return value

    def _field(self, key: str, value: Any, ids: dict[str, str]) -> Any:
        if key in _ID_KEYS and isinstance(value, str):
            return ids.setdefault(value, f"id-{len(ids) + 1}")
        return self._value(value, ids)


def hash_of(normalised: object) -> str:
    """sha256 of a normalised request as compact JSON; its keys are sorted already."""
    return f"sha256:{hashlib.sha256(encode(normalised)).hexdigest()}"
