"""What a reply says of itself, gathered event by event or from a whole body."""

from dataclasses import dataclass
from typing import Any

import msgspec

from codingagentbench.gateway.json_bytes import decode
from codingagentbench.gateway.sse import Event
from codingagentbench.gateway.wires.base import Operation, RefusalReason
from codingagentbench.gateway.wires.shapes import SHAPES
from codingagentbench.gateway.wires.usage import merged
from codingagentbench.store.record import Usage

_TOO_MANY = 429
_FILTERED = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}
_LIMITED = ("rate_limit", "resource_exhausted")


@dataclass
class Meter:
    """Reads one reply of one wire."""

    wire: str
    operation: Operation = "generate"
    usage: Usage | None = None
    finish_reason: str | None = None
    refusal: RefusalReason | None = None
    ended: bool = False
    """A stream reached its proper end: `[DONE]`, or the wire's own last event."""
    malformed: bool = False
    failure: str | None = None
    """Key of a failure-table row where the reply itself says, under a good status, that the endpoint failed."""
    outputs: int = 0
    """Events that carried output."""

    def event(self, event: Event) -> Any:  # any JSON value
        """Read one stream event; returns its decoded data, None where it has none."""
        if not event.data:
            return None
        if event.data.strip() == b"[DONE]":
            self.ended = True
            return None
        data = _object(event.data)
        if data is None:
            self.malformed = True
            return None
        self._read(data)
        return data

    def body(self, body: bytes) -> None:
        """Read a whole reply."""
        data = _object(body)
        if data is None:
            self.malformed = True
            return
        self._read(data)
        self.ended = True

    def filtered(self, body: bytes) -> bool:
        """Whether an error's body says that a content filter stopped the request: a refusal, told as HTTP 400.

        Azure's form, and that of OpenAI's policies. Only these codes count, for words may say anything.
        """
        error = (_object(body) or {}).get("error")
        if not isinstance(error, dict):
            return False
        inner = error.get("innererror")
        codes = {str(part.get("code")) for part in (error, inner) if isinstance(part, dict)}
        if not codes & _FILTERED:
            return False
        self.refusal = self.finish_reason = "content_filter"
        return True

    @property
    def error(self) -> str | None:
        """What was wrong with the reply's content, as a key of the failure table."""
        return self.failure or ("endpoint_error" if self.malformed else None)

    def _read(self, data: dict[str, Any]) -> None:
        if fault := _said_error(data):
            self.failure = _said_failure(fault)
        if self.operation == "count_tokens":
            return
        said = SHAPES[self.wire].read(data)
        if said.usage is not None:
            self.usage = merged(self.usage, self._complete(said.usage))
        self.finish_reason = said.finish_reason or self.finish_reason
        self.refusal = said.refusal or self.refusal
        self.ended = self.ended or said.ended
        self.outputs += said.output

    def _complete(self, usage: Usage) -> Usage:
        """An embedding has no output; no endpoint says so."""
        return msgspec.structs.replace(usage, output=0) if self.operation == "embed" else usage


def _said_error(data: dict[str, Any]) -> object:
    """The error of a reply, of an `error` event, or inside the event that ends a failed response."""
    inner = data.get("response")
    said = data.get("error") or (inner.get("error") if isinstance(inner, dict) else None)
    return said or (data if data.get("type") == "error" else None)


def _said_failure(error: object) -> str:
    """An error object inside a good reply: the codes that say "rate limited", or else an endpoint's failure."""
    said = [str(error.get(key)) for key in ("code", "type", "status")] if isinstance(error, dict) else []
    limited = any(s == str(_TOO_MANY) or any(word in s.lower() for word in _LIMITED) for s in said)
    return "endpoint_rate_limited" if limited else "endpoint_error"


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = decode(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
