"""A control's reply on the Gemini wire: whole, as events, and as one JSON array."""

import json
from collections.abc import Iterator

from codingagentbench.gateway.controls.hands import Reply
from codingagentbench.gateway.controls.history import Conversation, Json
from codingagentbench.gateway.controls.rendering import arguments_text, event, pieces, reply_tokens


def gemini_body(model: str, talk: Conversation, reply: Reply) -> Json:
    """A whole reply."""
    parts = [{"text": reply.text}, *_call_parts(talk, reply)]
    return _chunk(model, talk, parts, finish="STOP", output=reply_tokens(reply))


def gemini_stream(model: str, talk: Conversation, reply: Reply) -> Iterator[bytes]:
    """The same as events; the last has the finish reason, and nothing comes after it."""
    return (event(chunk) for chunk in _chunks(model, talk, reply))


def gemini_array(model: str, talk: Conversation, reply: Reply) -> Iterator[bytes]:
    """The same as the elements of one array."""
    for index, chunk in enumerate(_chunks(model, talk, reply)):
        yield (b",\r\n" if index else b"[") + json.dumps(chunk).encode()
    yield b"]"


def _chunks(model: str, talk: Conversation, reply: Reply) -> Iterator[Json]:
    for piece in pieces(reply.text):
        yield _chunk(model, talk, [{"text": piece}])
    parts = _call_parts(talk, reply) or [{"text": ""}]
    yield _chunk(model, talk, parts, finish="STOP", output=reply_tokens(reply))


def _chunk(
    model: str, talk: Conversation, parts: list[Json], *, finish: str | None = None, output: int | None = None
) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    chunk: Json = {"candidates": [candidate], "modelVersion": model, "responseId": talk.digest}
    if talk.reports_usage:
        counts = {"promptTokenCount": talk.prompt_tokens}
        if output is not None:
            counts |= {"candidatesTokenCount": output, "thoughtsTokenCount": 0, "cachedContentTokenCount": 0}
        chunk["usageMetadata"] = {**counts, "totalTokenCount": sum(counts.values())}
    return chunk


def _call_parts(talk: Conversation, reply: Reply) -> list[Json]:
    if not reply.call:
        return []
    call = {"id": f"call_{talk.digest}", "name": reply.call.name, "args": _args(reply)}
    return [{"functionCall": call}]


def _args(reply: Reply) -> object:
    """This wire has arguments as an object: text that is no JSON can only be sent as that text."""
    try:
        return json.loads(arguments_text(reply))
    except ValueError:
        return arguments_text(reply)
