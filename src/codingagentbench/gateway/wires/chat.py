"""OpenAI Chat Completions, and embeddings beside it."""

from collections.abc import Mapping
from typing import Any

from codingagentbench.gateway.wires import openai
from codingagentbench.gateway.wires.base import Reading, RefusalReason, Route, Shape, bearer, child, objects, text
from codingagentbench.store.record import Usage

_OUTPUT = ("content", "reasoning_content", "reasoning", "tool_calls", "function_call", "refusal")
_ROUTES = {
    "/v1/chat/completions": Route("chat", "generate", "/chat/completions"),
    "/v1/embeddings": Route("chat", "embed", "/embeddings", stream=False),
}


def route(path: str, query: Mapping[str, str]) -> Route | None:
    """Chat completions, or embeddings."""
    del query
    return _ROUTES.get(path)


def read(data: Mapping[str, Any]) -> Reading:
    """A chunk or a whole completion; the stream's end, `[DONE]`, is no JSON and is seen by the meter."""
    choices = objects(data, "choices")
    said = [child(choice, "delta") or child(choice, "message") for choice in choices]
    reason = text(choices[0], "finish_reason") if choices else None
    usage = data.get("usage")
    return Reading(
        usage=read_usage(usage) if isinstance(usage, dict) else None,
        finish_reason=reason,
        refusal=_refusal(reason, said),
        output=any(message.get(key) for message in said for key in _OUTPUT),
    )


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Raw counters; cached tokens are within the input."""
    return openai.read_usage(usage, "prompt", "completion")


def _refusal(reason: str | None, said: list[Mapping[str, Any]]) -> RefusalReason | None:
    if any(text(message, "refusal") for message in said):
        return "refusal"
    return "content_filter" if reason == "content_filter" else None


SHAPE = Shape(
    name="chat",
    addresses=("POST /v1/chat/completions", "POST /v1/embeddings"),
    route=route,
    read=read,
    usage=read_usage,
    error=openai.error,
    models=openai.models,
    model=openai.model,
    credential=bearer,
)
