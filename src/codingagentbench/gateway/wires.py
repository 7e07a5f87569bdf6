"""The wire shapes: where each keeps its usage, its finish reason, its end of stream, and how it says an error."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from codingagentbench.gateway.sse import Event
from codingagentbench.store.record import Usage

PATHS = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}
_RESPONSES_ENDS = {"response.completed", "response.incomplete", "response.failed"}


@dataclass
class Meter:
    """What a reply says of itself, gathered event by event or from a whole body."""

    wire: str
    usage: Usage | None = None
    finish_reason: str | None = None
    ended: bool = False
    """A stream reached its proper end."""
    malformed: bool = False

    def event(self, event: Event) -> Any:  # any JSON value
        """Read one stream event; returns its decoded data, None where it has none."""
        if event.data.strip() == b"[DONE]":
            self.ended = True
            return None
        if not event.data:
            return None
        data = _decode(event.data)
        if not isinstance(data, dict):
            self.malformed = True
            return None
        self._read(data.get("response") if self.wire == "responses" and "response" in data else data)
        if self.wire == "responses" and data.get("type") in _RESPONSES_ENDS:
            self.ended = True
        return data

    def body(self, body: bytes) -> None:
        """Read a whole reply."""
        data = _decode(body)
        if isinstance(data, dict):
            self._read(data)
            self.ended = True
        else:
            self.malformed = True

    def _read(self, data: object) -> None:
        if not isinstance(data, dict):
            return
        if isinstance(data.get("usage"), dict):
            self.usage = read_usage(self.wire, data["usage"])
        if self.wire == "responses":
            status = data.get("status")
            if status in {"completed", "incomplete", "failed"}:
                details = data.get("incomplete_details")
                reason = details.get("reason") if isinstance(details, dict) else None
                self.finish_reason = str(reason or status)
            return
        choices = data.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            reason = choices[0].get("finish_reason")
            self.finish_reason = str(reason) if reason else self.finish_reason


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


def error_body(wire: str, status: int, message: str, kind: str) -> bytes:
    """An error as the wire's own clients expect it; both OpenAI shapes share one."""
    del wire
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": status}}).encode()


def _decode(data: bytes) -> object:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None


def _count(usage: Mapping[str, Any], key: str) -> int | None:
    value = usage.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _details(usage: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = usage.get(key)
    return value if isinstance(value, dict) else {}
