"""Anthropic Messages, and its count_tokens."""

from collections.abc import Mapping
from typing import Any

import msgspec

from codingagentbench.gateway.wires.base import Reading, Route, Shape, child, count, objects, text
from codingagentbench.store.record import Usage

_ROUTES = {
    "/v1/messages": Route("messages", "generate", "/messages"),
    "/v1/messages/count_tokens": Route("messages", "count_tokens", "/messages/count_tokens", stream=False),
}
_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_SERVER_ERROR = 500


def route(path: str, query: Mapping[str, str]) -> Route | None:
    """A message, or the count of one's tokens."""
    del query
    return _ROUTES.get(path)


def read(data: Mapping[str, Any]) -> Reading:
    """An event, or a whole message. Input is counted in `message_start`, output again and again in `message_delta`."""
    kind = text(data, "type") or ""
    message = child(data, "message") if kind == "message_start" else data
    reason = text(child(data, "delta"), "stop_reason") if kind == "message_delta" else text(message, "stop_reason")
    usage = read_usage(found) if isinstance(found := message.get("usage"), dict) else None
    if usage is not None and kind == "message_start":  # its output is a placeholder, which a cut stream would keep
        usage = msgspec.structs.replace(usage, output=None)
    return Reading(
        usage=usage,
        finish_reason=reason,
        refusal="refusal" if reason == "refusal" else None,
        output=_is_output(kind, data),
        ended=kind == "message_stop",
    )


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Raw counters; `input_tokens` is without what was read from the cache or written to it."""
    return Usage(
        input_uncached=count(usage, "input_tokens"),
        input_cache_read=count(usage, "cache_read_input_tokens"),
        input_cache_write=count(usage, "cache_creation_input_tokens"),
        output=count(usage, "output_tokens"),
        reasoning=count(child(usage, "output_tokens_details"), "thinking_tokens"),
    )


def error(status: int, message: str, code: str) -> dict[str, Any]:
    """`code` has no place in this shape; the type follows from the status."""
    del code
    kind = _ERRORS.get(status, "api_error" if status >= _SERVER_ERROR else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message}}


def models(*model_ids: str) -> dict[str, Any]:
    """One page with all of these."""
    data = [model(model_id) for model_id in model_ids]
    return {"data": data, "has_more": False, "first_id": model_ids[0], "last_id": model_ids[-1]}


def model(model_id: str) -> dict[str, Any]:
    """The model as an object of the API."""
    return {"type": "model", "id": model_id, "display_name": model_id, "created_at": "1970-01-01T00:00:00Z"}


def credential(key: str) -> tuple[str, str]:
    """The header of Anthropic's API keys."""
    return "x-api-key", key


def _is_output(kind: str, data: Mapping[str, Any]) -> bool:
    if kind == "content_block_start":
        return child(data, "content_block").get("type") == "tool_use"
    return kind == "content_block_delta" or (kind == "message" and bool(objects(data, "content")))


SHAPE = Shape(
    name="messages",
    addresses=("POST /v1/messages", "POST /v1/messages/count_tokens"),
    route=route,
    read=read,
    usage=read_usage,
    error=error,
    models=models,
    model=model,
    credential=credential,
)
