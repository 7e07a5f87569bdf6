"""A control's reply on the Anthropic Messages wire, whole and streamed, as an endpoint would send it."""

import json
from collections.abc import Iterator

from codingagentbench.gateway.controls.hands import Reply
from codingagentbench.gateway.controls.history import Conversation, Json
from codingagentbench.gateway.controls.rendering import arguments_text, event, pieces, reply_tokens


def messages_body(model: str, talk: Conversation, reply: Reply) -> Json:
    """A whole message."""
    usage = {"usage": _usage(talk, reply_tokens(reply))} if talk.reports_usage else {}
    return {**_head(model, talk), "content": _blocks(talk, reply), "stop_reason": _stop(reply), **usage}


def messages_stream(model: str, talk: Conversation, reply: Reply) -> Iterator[bytes]:
    """The same as named events."""
    return (event(data, str(data["type"])) for data in _events(model, talk, reply))


def _events(model: str, talk: Conversation, reply: Reply) -> Iterator[Json]:
    begun = {"usage": _usage(talk, 1)} if talk.reports_usage else {}
    yield {"type": "message_start", "message": {**_head(model, talk), "content": [], "stop_reason": None, **begun}}
    yield {"type": "ping"}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for piece in pieces(reply.text):
        yield _delta(0, {"type": "text_delta", "text": piece})
    yield {"type": "content_block_stop", "index": 0}
    for block in _blocks(talk, reply)[1:]:
        yield {"type": "content_block_start", "index": 1, "content_block": {**block, "input": {}}}
        for piece in pieces(arguments_text(reply)):
            yield _delta(1, {"type": "input_json_delta", "partial_json": piece})
        yield {"type": "content_block_stop", "index": 1}
    ended = {"usage": {"output_tokens": reply_tokens(reply)}} if talk.reports_usage else {}
    yield {"type": "message_delta", "delta": {"stop_reason": _stop(reply), "stop_sequence": None}, **ended}
    yield {"type": "message_stop"}


def _delta(index: int, delta: Json) -> Json:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def _blocks(talk: Conversation, reply: Reply) -> list[Json]:
    blocks: list[Json] = [{"type": "text", "text": reply.text}]
    if reply.call:
        call_id = f"toolu_{talk.digest}"
        blocks.append({"type": "tool_use", "id": call_id, "name": reply.call.name, "input": _input(reply)})
    return blocks


def _input(reply: Reply) -> object:
    """A whole message has its arguments as a value: text that is no JSON can only be sent as that text."""
    try:
        return json.loads(arguments_text(reply))
    except ValueError:
        return arguments_text(reply)


def _head(model: str, talk: Conversation) -> Json:
    return {"id": f"msg_{talk.digest}", "type": "message", "role": "assistant", "model": model, "stop_sequence": None}


def _stop(reply: Reply) -> str:
    return "tool_use" if reply.call else "end_turn"


def _usage(talk: Conversation, output: int) -> Json:
    return {
        "input_tokens": talk.prompt_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output,
    }
