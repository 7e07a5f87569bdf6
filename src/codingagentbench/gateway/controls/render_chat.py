"""A control's reply as a chat completion, whole and streamed, as an endpoint would send it."""

from collections.abc import Iterator

from codingagentbench.gateway.controls.hands import Reply, ToolCall
from codingagentbench.gateway.controls.history import Conversation, Json
from codingagentbench.gateway.controls.rendering import arguments_text, event, pieces, reply_tokens


def chat_body(model: str, talk: Conversation, reply: Reply) -> Json:
    """A whole chat completion."""
    message: Json = {"role": "assistant", "content": reply.text}
    if reply.call:
        message["tool_calls"] = [_call(talk, reply, reply.call)]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}
    usage = {"usage": _usage(talk, reply)} if talk.reports_usage else {}
    return {**_head(model, talk, "chat.completion"), "choices": [choice], **usage}


def chat_stream(model: str, talk: Conversation, reply: Reply) -> Iterator[bytes]:
    """The same as chunks."""
    head = _head(model, talk, "chat.completion.chunk")

    def chunk(delta: Json, finish: str | None = None) -> bytes:
        return event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": ""})
    yield from (chunk({"content": piece}) for piece in pieces(reply.text))
    if reply.call:
        yield from (chunk({"tool_calls": [delta]}) for delta in _call_deltas(talk, reply, reply.call))
    yield chunk({}, _finish(reply))
    if talk.include_usage and talk.reports_usage:
        yield event({**head, "choices": [], "usage": _usage(talk, reply)})
    yield b"data: [DONE]\n\n"


def _call_deltas(talk: Conversation, reply: Reply, call: ToolCall) -> Iterator[Json]:
    """The call's head with empty arguments, then the arguments in pieces."""
    whole = _call(talk, reply, call)
    field = "input" if call.type == "custom" else "arguments"
    yield {"index": 0, **whole, call.type: {**whole[call.type], field: ""}}
    yield from ({"index": 0, call.type: {field: piece}} for piece in pieces(whole[call.type][field]))


def _call(talk: Conversation, reply: Reply, call: ToolCall) -> Json:
    given = {"input": call.text} if call.type == "custom" else {"arguments": arguments_text(reply)}
    return {"id": f"call_{talk.digest}", "type": call.type, call.type: {"name": call.name, **given}}


def _head(model: str, talk: Conversation, kind: str) -> Json:
    # A control has no clock: the same request gets the same bytes.
    return {"id": f"chatcmpl-{talk.digest}", "object": kind, "created": 0, "model": model}


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.call else "stop"


def _usage(talk: Conversation, reply: Reply) -> Json:
    output = reply_tokens(reply)
    return {
        "prompt_tokens": talk.prompt_tokens,
        "completion_tokens": output,
        "total_tokens": talk.prompt_tokens + output,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
