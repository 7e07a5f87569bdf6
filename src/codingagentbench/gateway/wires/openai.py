"""What OpenAI's two wires have in common: usage, errors, models."""

from collections.abc import Mapping
from typing import Any

from codingagentbench.gateway.wires.base import child, count
from codingagentbench.store.record import Usage

_SERVER_ERROR = 500


def read_usage(usage: Mapping[str, Any], source: str, target: str) -> Usage:
    """Counters by the wire's words for input and output. Cached tokens are counted within the input."""
    total, details = count(usage, f"{source}_tokens"), child(usage, f"{source}_tokens_details")
    cached, written = count(details, "cached_tokens"), count(details, "cache_write_tokens")
    return Usage(
        input_uncached=None if total is None else max(0, total - (cached or 0) - (written or 0)),
        input_cache_read=cached,
        input_cache_write=written,
        output=count(usage, f"{target}_tokens"),
        reasoning=count(child(usage, f"{target}_tokens_details"), "reasoning_tokens"),
    )


def error(status: int, message: str, code: str) -> dict[str, Any]:
    """`code` is what a program reads."""
    kind = "server_error" if status >= _SERVER_ERROR else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def models(*model_ids: str) -> dict[str, Any]:
    """A list of these."""
    return {"object": "list", "data": [model(model_id) for model_id in model_ids]}


def model(model_id: str) -> dict[str, Any]:
    """The model as an object of the API."""
    return {"id": model_id, "object": "model", "created": 0, "owned_by": "codingagentbench"}
