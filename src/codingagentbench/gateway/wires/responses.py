"""OpenAI Responses."""

from collections.abc import Mapping
from typing import Any

from codingagentbench.gateway.wires import openai
from codingagentbench.gateway.wires.base import Reading, RefusalReason, Route, Shape, bearer, child, objects, text
from codingagentbench.store.record import Usage

_ENDS = {"response.completed", "response.incomplete", "response.failed"}
_STATES = {"completed", "incomplete", "failed"}
_ROUTE = Route("responses", "generate", "/responses")


def route(path: str, query: Mapping[str, str]) -> Route | None:
    """Creating a response; stored ones are not served, for a cell is to have no memory outside of its sandbox."""
    del query
    return _ROUTE if path == "/v1/responses" else None


def read(data: Mapping[str, Any]) -> Reading:
    """An event, or a whole response."""
    kind = text(data, "type") or ""
    response = data.get("response", data)
    if not isinstance(response, dict):
        response = {}
    reason, usage = _reason(response), response.get("usage")
    return Reading(
        usage=read_usage(usage) if isinstance(usage, dict) else None,
        finish_reason=reason,
        refusal="refusal" if kind.startswith("response.refusal.") else _refusal(reason, response),
        output=kind.endswith(".delta") or (not kind and bool(response.get("output"))),
        ended=kind in _ENDS,
    )


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Raw counters; cached tokens are within the input."""
    return openai.read_usage(usage, "input", "output")


def _reason(response: Mapping[str, Any]) -> str | None:
    status = response.get("status")
    if status not in _STATES or response.get("object", "response") != "response":
        return None
    return text(child(response, "incomplete_details"), "reason") or str(status)


def _refusal(reason: str | None, response: Mapping[str, Any]) -> RefusalReason | None:
    parts = [part for item in objects(response, "output") for part in objects(item, "content")]
    if any(part.get("type") == "refusal" for part in parts):
        return "refusal"
    return "content_filter" if reason == "content_filter" else None


SHAPE = Shape(
    name="responses",
    addresses=("POST /v1/responses",),
    route=route,
    read=read,
    usage=read_usage,
    error=openai.error,
    models=openai.models,
    model=openai.model,
    credential=bearer,
)
