"""The wire shapes: where each keeps its usage, its finish reason, its end of stream, and how it says an error."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codingagentbench.gateway.json_bytes import decode, encode
from codingagentbench.gateway.sse import Event
from codingagentbench.store.record import Usage

PATHS = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}
_RESPONSES_ENDS = {"response.completed", "response.incomplete", "response.failed"}
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _CLIENT_ERROR, _SERVER_ERROR = 401, 403, 429, 400, 500


@dataclass
class Meter:
    """What a reply says of itself, gathered event by event or from a whole body."""

    wire: str
    usage: Usage | None = None
    finish_reason: str | None = None
    ended: bool = False
    """A stream reached its proper end: `[DONE]`, or the last event of the Responses wire."""
    malformed: bool = False
    failure: str | None = None
    """Key of a failure-table row where the reply itself says, under a good status, that the endpoint failed."""

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
        self._read(data["response"] if self.wire == "responses" and "response" in data else data)
        if self.wire == "responses" and data.get("type") in _RESPONSES_ENDS:
            self.ended = True
        return data

    def body(self, body: bytes) -> None:
        """Read a whole reply."""
        data = _object(body)
        if data is None:
            self.malformed = True
            return
        self.ended = True
        self._read(data)

    @property
    def error(self) -> str | None:
        """What was wrong with the reply's content, as a key of the failure table."""
        return self.failure or ("endpoint_error" if self.malformed else None)

    def _read(self, data: object) -> None:
        if not isinstance(data, dict):
            return
        if isinstance(data.get("usage"), dict):
            self.usage = read_usage(self.wire, data["usage"])
        if data.get("error") or data.get("type") == "error":
            self.failure = _said_failure(data.get("error") or data)
        reason = _responses_reason(data) if self.wire == "responses" else _chat_reason(data)
        self.finish_reason = reason or self.finish_reason


def read_usage(wire: str, usage: Mapping[str, Any]) -> Usage:
    """The raw counters. Both OpenAI shapes count cached tokens within the input; a missing counter stays unknown."""
    source, target = ("prompt", "completion") if wire == "chat" else ("input", "output")
    total, output = _count(usage, f"{source}_tokens"), _count(usage, f"{target}_tokens")
    cached = _count(_details(usage, f"{source}_tokens_details"), "cached_tokens")
    return Usage(
        input_uncached=None if total is None else max(0, total - (cached or 0)),
        input_cache_read=cached,
        input_cache_write=None,
        output=output,
        reasoning=_count(_details(usage, f"{target}_tokens_details"), "reasoning_tokens"),
    )


def prompt_tokens(usage: Usage | None) -> int | None:
    """All input tokens; None where the endpoint did not say."""
    if usage is None or usage.input_uncached is None:
        return None
    return usage.input_uncached + (usage.input_cache_read or 0) + (usage.input_cache_write or 0)


def error_of_status(status: int) -> str | None:
    """The failure-table row of an endpoint's HTTP status; None below 400."""
    if status < _CLIENT_ERROR:
        return None
    named = {_UNAUTHORIZED: "endpoint_unauthorized", _FORBIDDEN: "endpoint_unauthorized"}
    if status == _TOO_MANY:
        return "endpoint_rate_limited"
    return named.get(status, "endpoint_error" if status >= _SERVER_ERROR else "endpoint_rejected")


def error_body(wire: str, status: int, message: str, code: str) -> bytes:
    """An error as the wire's own clients expect it. Both OpenAI shapes share one; `code` is what a program reads."""
    del wire
    kind = "server_error" if status >= _SERVER_ERROR else "invalid_request_error"
    return encode({"error": {"message": message, "type": kind, "param": None, "code": code}})


def _chat_reason(data: Mapping[str, Any]) -> str | None:
    choices = data.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    reason = choices[0].get("finish_reason")
    return reason if isinstance(reason, str) else None


def _responses_reason(data: Mapping[str, Any]) -> str | None:
    status, details = data.get("status"), data.get("incomplete_details")
    if status not in {"completed", "incomplete", "failed"} or data.get("object", "response") != "response":
        return None
    reason = details.get("reason") if isinstance(details, dict) else None
    return reason if isinstance(reason, str) else str(status)


def _said_failure(error: object) -> str:
    """An error object inside a good reply: the codes that say "rate limited", or else an endpoint's failure."""
    said = [str(error.get(key)) for key in ("code", "type", "status")] if isinstance(error, dict) else []
    limited = any(s == str(_TOO_MANY) or "rate_limit" in s.lower() for s in said)
    return "endpoint_rate_limited" if limited else "endpoint_error"


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = decode(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _count(usage: Mapping[str, Any], key: str) -> int | None:
    value = usage.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _details(usage: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = usage.get(key)
    return value if isinstance(value, dict) else {}
