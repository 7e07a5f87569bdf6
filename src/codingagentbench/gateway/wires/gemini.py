"""Gemini generateContent, streamed as events or as one JSON array, countTokens and embeddings."""

import re
from collections.abc import Mapping
from typing import Any

from codingagentbench.gateway.wires.base import (
    Operation,
    Reading,
    RefusalReason,
    Route,
    Shape,
    child,
    count,
    objects,
    text,
)
from codingagentbench.store.record import Usage

_PATH = re.compile(r"/(v1beta|v1)/models/(.+):(\w+)")
_METHODS: dict[str, tuple[Operation, bool]] = {
    "generateContent": ("generate", False),
    "streamGenerateContent": ("generate", True),
    "countTokens": ("count_tokens", False),
    "embedContent": ("embed", False),
    "batchEmbedContents": ("embed", False),
}
_REFUSALS: dict[str, RefusalReason] = {
    "SAFETY": "safety",
    "PROHIBITED_CONTENT": "safety",
    "BLOCKLIST": "safety",
    "SPII": "safety",
    "IMAGE_SAFETY": "safety",
    "IMAGE_PROHIBITED_CONTENT": "safety",
    "RECITATION": "content_filter",
    "IMAGE_RECITATION": "content_filter",
}
_ERRORS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_SERVER_ERROR = 500


def route(path: str, query: Mapping[str, str]) -> Route | None:
    """Model and method stand in the path; without `alt=sse` a stream is one JSON array."""
    match = _PATH.fullmatch(path)
    if match is None or match[3] not in _METHODS:
        return None
    operation, stream = _METHODS[match[3]]
    return Route(
        "gemini",
        operation,
        f"/models/{{model}}:{match[3]}",
        version=match[1],
        model=match[2],
        stream=stream,
        array=stream and query.get("alt") != "sse",
    )


def read(data: Mapping[str, Any]) -> Reading:
    """A chunk, or a whole reply: both have one shape. A stream's end is the chunk with the finish reason, then EOF."""
    candidates, usage = objects(data, "candidates"), data.get("usageMetadata")
    reason = text(candidates[0], "finishReason") if candidates else None
    blocked = text(child(data, "promptFeedback"), "blockReason")
    return Reading(
        usage=read_usage(usage) if isinstance(usage, dict) else None,
        finish_reason=reason or blocked,
        refusal="safety" if blocked else _REFUSALS.get(reason or ""),
        output=any(objects(child(candidate, "content"), "parts") for candidate in candidates),
        ended=bool(reason or blocked),
    )


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Raw counters; cached tokens are within the prompt, thoughts stand beside the candidates."""
    prompt, cached = count(usage, "promptTokenCount"), count(usage, "cachedContentTokenCount")
    candidates, thoughts = count(usage, "candidatesTokenCount"), count(usage, "thoughtsTokenCount")
    shown = [n for n in (candidates, thoughts) if n is not None]
    tool_use = count(usage, "toolUsePromptTokenCount") or 0
    return Usage(
        input_uncached=None if prompt is None else max(0, prompt + tool_use - (cached or 0)),
        input_cache_read=cached,
        output=sum(shown) if shown else None,
        reasoning=thoughts,
    )


def error(status: int, message: str, code: str) -> dict[str, Any]:
    """`code` goes into the details, where Google's own reasons are."""
    name = _ERRORS.get(status, "INTERNAL" if status >= _SERVER_ERROR else "FAILED_PRECONDITION")
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code, "domain": "codingagentbench"}
    return {"error": {"code": status, "message": message, "status": name, "details": [info]}}


def models(*model_ids: str) -> dict[str, Any]:
    """One page with all of these."""
    return {"models": [model(model_id) for model_id in model_ids]}


def model(model_id: str) -> dict[str, Any]:
    """The model as an object of the API."""
    methods = ["generateContent", "streamGenerateContent", "countTokens"]
    return {"name": f"models/{model_id}", "displayName": model_id, "supportedGenerationMethods": methods}


def credential(key: str) -> tuple[str, str]:
    """The header of Google's API keys."""
    return "x-goog-api-key", key


SHAPE = Shape(
    name="gemini",
    addresses=(
        "POST /v1beta/models/MODEL:generateContent",
        "POST /v1beta/models/MODEL:streamGenerateContent",
        "POST /v1beta/models/MODEL:countTokens",
        "POST /v1beta/models/MODEL:embedContent",
    ),
    route=route,
    read=read,
    usage=read_usage,
    error=error,
    models=models,
    model=model,
    credential=credential,
)
