"""A control's reply on the Responses wire, whole and streamed, as an endpoint would send it."""

from collections.abc import Iterator

from codingagentbench.gateway.controls.hands import Reply, ToolCall
from codingagentbench.gateway.controls.history import Conversation, Json
from codingagentbench.gateway.controls.rendering import arguments_text, event, pieces, reply_tokens

# Type of item, the field with what the tool is given, and the events that carry it.
_FUNCTION = ("function_call", "arguments", "response.function_call_arguments")
_CUSTOM = ("custom_tool_call", "input", "response.custom_tool_call_input")


def responses_body(model: str, talk: Conversation, reply: Reply) -> Json:
    """A whole response."""
    return _response(model, talk, "completed", _items(talk, reply), _usage(talk, reply))


def responses_stream(model: str, talk: Conversation, reply: Reply) -> Iterator[bytes]:
    """The same as events, numbered."""
    for number, data in enumerate(_events(model, talk, reply)):
        yield event({**data, "sequence_number": number}, str(data["type"]))


def _events(model: str, talk: Conversation, reply: Reply) -> Iterator[Json]:
    begun = _response(model, talk, "in_progress", [], None)
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(_items(talk, reply)):
        yield from _message_events(index, item) if item["type"] == "message" else _call_events(index, item)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.completed", "response": responses_body(model, talk, reply)}


def _message_events(index: int, item: Json) -> Iterator[Json]:
    part = {"output_index": index, "item_id": item["id"], "content_index": 0}
    text = item["content"][0]["text"]
    yield _added(index, {**item, "status": "in_progress", "content": []})
    yield {"type": "response.content_part.added", **part, "part": {**item["content"][0], "text": ""}}
    for piece in pieces(text):
        yield {"type": "response.output_text.delta", **part, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **part, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **part, "part": item["content"][0]}


def _call_events(index: int, item: Json) -> Iterator[Json]:
    place = {"output_index": index, "item_id": item["id"]}
    _, field, name = _CUSTOM if item["type"] == _CUSTOM[0] else _FUNCTION
    yield _added(index, {**item, "status": "in_progress", field: ""})
    for piece in pieces(item[field]):
        yield {"type": f"{name}.delta", **place, "delta": piece}
    yield {"type": f"{name}.done", **place, field: item[field], "name": item["name"]}


def _added(index: int, item: Json) -> Json:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def _items(talk: Conversation, reply: Reply) -> list[Json]:
    content = [{"type": "output_text", "text": reply.text, "annotations": []}]
    message = {"id": f"msg_{talk.digest}", "type": "message", "role": "assistant", "status": "completed"}
    return [{**message, "content": content}, *([_call(talk, reply, reply.call)] if reply.call else [])]


def _call(talk: Conversation, reply: Reply, call: ToolCall) -> Json:
    kind, field, _ = _CUSTOM if call.type == "custom" else _FUNCTION
    return {
        "id": f"{'ctc' if call.type == 'custom' else 'fc'}_{talk.digest}",
        "type": kind,
        "status": "completed",
        "call_id": f"call_{talk.digest}",
        "name": call.name,
        field: call.text if call.type == "custom" else arguments_text(reply),
    }


def _response(model: str, talk: Conversation, status: str, output: list[Json], usage: Json | None) -> Json:
    return {
        "id": f"resp_{talk.digest}",
        "object": "response",
        "created_at": 0,  # a control has no clock: the same request gets the same bytes
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


def _usage(talk: Conversation, reply: Reply) -> Json | None:
    if not talk.reports_usage:
        return None
    output = reply_tokens(reply)
    return {
        "input_tokens": talk.prompt_tokens,
        "output_tokens": output,
        "total_tokens": talk.prompt_tokens + output,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
