"""A control's reply in each wire shape, whole and streamed, as an endpoint would send it.

A control's tokeniser is `\\w+|[^\\w\\s]` over the messages and tools of the request, and over the reply: it is the
model's own, so its counts are exact by definition.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from codingagentbench.gateway.controls.hands import Reply

_TOKEN = re.compile(r"\w+|[^\w\s]")
_PIECE = 192
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a control needs of a request: how many turns it has had, the names of the tools, the size."""

    turn: int
    tools: Sequence[str]
    prompt_tokens: int
    stream: bool
    include_usage: bool
    digest: str


def read_request(wire: str, request: Json) -> Conversation:
    """Read a request of either wire. A turn is an assistant's tool call or message in the history."""
    history = _list(request.get("messages" if wire == "chat" else "input"))
    text = json.dumps([history, request.get("tools"), request.get("instructions")], ensure_ascii=False)
    options = request.get("stream_options")
    return Conversation(
        turn=sum(_is_tool_turn(wire, item) for item in history),
        tools=[name for tool in _list(request.get("tools")) if (name := _tool_name(tool))],
        prompt_tokens=count_tokens(text),
        stream=request.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        digest=hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24],
    )


def count_tokens(text: str) -> int:
    """The controls' tokeniser."""
    return sum(1 for _ in _TOKEN.finditer(text))


def _is_tool_turn(wire: str, item: object) -> bool:
    if not isinstance(item, dict):
        return False
    if wire == "responses":
        return item.get("type") in {"function_call", "custom_tool_call"}
    return item.get("role") == "assistant"


def _tool_name(tool: object) -> str | None:
    if not isinstance(tool, dict):
        return None
    function = tool.get("function")
    name = function.get("name") if isinstance(function, dict) else tool.get("name")
    return name if isinstance(name, str) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _reply_tokens(reply: Reply) -> int:
    call = json.dumps([reply.call.name, reply.call.arguments]) if reply.call else ""
    return count_tokens(reply.text) + count_tokens(call)


def chat_body(model: str, talk: Conversation, reply: Reply) -> Json:
    """A whole chat completion."""
    message: Json = {"role": "assistant", "content": reply.text}
    if reply.call:
        message["tool_calls"] = [_chat_call(talk, reply)]
    choice = {"index": 0, "message": message, "finish_reason": _chat_finish(reply), "logprobs": None}
    return {**_chat_head(model, talk, "chat.completion"), "choices": [choice], "usage": _chat_usage(talk, reply)}


def chat_stream(model: str, talk: Conversation, reply: Reply) -> Iterator[bytes]:
    """The same as chunks."""
    head = _chat_head(model, talk, "chat.completion.chunk")

    def chunk(delta: Json, finish: str | None = None) -> bytes:
        return _data({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    for piece in _pieces(reply.text):
        yield chunk({"content": piece})
    if reply.call:
        call = _chat_call(talk, reply)
        arguments = call["function"]["arguments"]
        opening = {**call, "index": 0, "function": {"name": reply.call.name, "arguments": ""}}
        yield chunk({"tool_calls": [opening]})
        for piece in _pieces(arguments):
            yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    yield chunk({}, _chat_finish(reply))
    if talk.include_usage:
        yield _data({**head, "choices": [], "usage": _chat_usage(talk, reply)})
    yield b"data: [DONE]\n\n"


def responses_body(model: str, talk: Conversation, reply: Reply) -> Json:
    """A whole response."""
    return _response(model, talk, "completed", _items(talk, reply), _responses_usage(talk, reply))


def responses_stream(model: str, talk: Conversation, reply: Reply) -> Iterator[bytes]:
    """The same as events."""
    events: list[Json] = [
        {"type": kind, "response": _response(model, talk, "in_progress", [], None)}
        for kind in ("response.created", "response.in_progress")
    ]
    for index, item in enumerate(_items(talk, reply)):
        events += _item_events(index, item)
    done = _response(model, talk, "completed", _items(talk, reply), _responses_usage(talk, reply))
    events.append({"type": "response.completed", "response": done})
    for number, event in enumerate(events):
        yield f"event: {event['type']}\n".encode() + _data({**event, "sequence_number": number})


def _item_events(index: int, item: Json) -> Iterator[Json]:
    place = {"output_index": index, "item_id": item["id"]}
    if item["type"] == "message":
        part, text = {**place, "content_index": 0}, item["content"][0]["text"]
        empty = {"type": "output_text", "text": "", "annotations": []}
        yield _added(index, {**item, "status": "in_progress", "content": []})
        yield {"type": "response.content_part.added", **part, "part": empty}
        for piece in _pieces(text):
            yield {"type": "response.output_text.delta", **part, "delta": piece}
        yield {"type": "response.output_text.done", **part, "text": text}
        yield {"type": "response.content_part.done", **part, "part": item["content"][0]}
    else:
        yield _added(index, {**item, "status": "in_progress", "arguments": ""})
        for piece in _pieces(item["arguments"]):
            yield {"type": "response.function_call_arguments.delta", **place, "delta": piece}
        yield {"type": "response.function_call_arguments.done", **place, "arguments": item["arguments"]}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _added(index: int, item: Json) -> Json:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def _items(talk: Conversation, reply: Reply) -> list[Json]:
    content = [{"type": "output_text", "text": reply.text, "annotations": []}]
    items: list[Json] = [
        {"id": f"msg_{talk.digest}", "type": "message", "role": "assistant", "status": "completed", "content": content}
    ]
    if reply.call:
        items.append(
            {
                "id": f"fc_{talk.digest}",
                "type": "function_call",
                "status": "completed",
                "call_id": f"call_{talk.digest}",
                "name": reply.call.name,
                "arguments": json.dumps(reply.call.arguments),
            }
        )
    return items


def _response(model: str, talk: Conversation, status: str, output: list[Json], usage: Json | None) -> Json:
    return {
        "id": f"resp_{talk.digest}",
        "object": "response",
        "created_at": 0,
        "status": status,
        "model": model,
        "output": output,
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "usage": usage,
    }


def _chat_head(model: str, talk: Conversation, kind: str) -> Json:
    return {"id": f"chatcmpl-{talk.digest}", "object": kind, "created": 0, "model": model}


def _chat_call(talk: Conversation, reply: Reply) -> Json:
    if reply.call is None:
        msg = "the reply calls no tool"
        raise ValueError(msg)
    function = {"name": reply.call.name, "arguments": json.dumps(reply.call.arguments)}
    return {"id": f"call_{talk.digest}", "type": "function", "function": function}


def _chat_finish(reply: Reply) -> str:
    return "tool_calls" if reply.call else "stop"


def _chat_usage(talk: Conversation, reply: Reply) -> Json:
    output = _reply_tokens(reply)
    return {
        "prompt_tokens": talk.prompt_tokens,
        "completion_tokens": output,
        "total_tokens": talk.prompt_tokens + output,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def _responses_usage(talk: Conversation, reply: Reply) -> Json:
    output = _reply_tokens(reply)
    return {
        "input_tokens": talk.prompt_tokens,
        "output_tokens": output,
        "total_tokens": talk.prompt_tokens + output,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]


def _data(value: Json) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
