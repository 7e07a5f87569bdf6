"""A chat request for an endpoint that speaks Messages, and reading its reply."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from codingagentbench.gateway.json_bytes import encode
from codingagentbench.gateway.translate.calls import arguments_object
from codingagentbench.gateway.translate.delta import Delta, Finish, Json, ToolDelta, UntranslatableError
from codingagentbench.gateway.translate.history import copied
from codingagentbench.gateway.wires import SHAPES, merged
from codingagentbench.store.record import Usage

MAX_TOKENS = 32_000
"""Messages insists on a bound; this one stands where a chat request has none, as it may."""
_SAME = {"temperature": "temperature", "top_p": "top_p", "stream": "stream"}
_CHOICES = {"auto": "auto", "required": "any", "none": "none"}
_FINISHES: dict[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_DATA_URL = re.compile(r"data:([^;,]+);base64,(.*)", re.DOTALL)


def from_chat(chat: Json) -> Json:
    """Raises UntranslatableError for what has no counterpart."""
    bound = chat.get("max_completion_tokens") or chat.get("max_tokens") or MAX_TOKENS
    request: Json = {"max_tokens": bound, "messages": _messages(chat), **copied(chat, _SAME)}
    system = "\n\n".join(_words(m["content"]) for m in chat["messages"] if _is_system(m))
    if system:
        request["system"] = system
    if stop := chat.get("stop"):
        request["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    if chat.get("tools"):
        request["tools"] = [_tool(tool) for tool in chat["tools"]]
        if choice := _choice(chat):
            request["tool_choice"] = choice
    if form := chat.get("response_format"):
        request |= _format(form)
    return request


def _is_system(message: Json) -> bool:
    return message["role"] in {"system", "developer"}


def _words(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def _messages(chat: Json) -> list[Json]:
    """Turns that alternate: what follows from the same side is put together."""
    turns: list[Json] = []
    for message in chat["messages"]:
        if _is_system(message):
            continue
        role = "assistant" if message["role"] == "assistant" else "user"
        blocks = list(_blocks(message))
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    return turns


def _blocks(message: Json) -> Iterator[Json]:
    content = message.get("content")
    if message["role"] in {"tool", "function"}:
        yield {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": _words(content)}
        return
    if isinstance(content, str):
        yield from [{"type": "text", "text": content}] if content else []
    else:
        yield from (_block(part) for part in content or [])
    if message.get("refusal"):
        yield {"type": "text", "text": message["refusal"]}
    for call in message.get("tool_calls") or []:
        function = call.get("function") or {}
        given = arguments_object(function.get("arguments") or "")
        yield {"type": "tool_use", "id": call["id"], "name": function["name"], "input": given}


def _block(part: Json) -> Json:
    match part["type"]:
        case "text":
            return {"type": "text", "text": part["text"]}
        case "image_url":
            return {"type": "image", "source": _source(part["image_url"]["url"])}
        case "file" if "file_data" in part["file"]:
            return {"type": "document", "source": _source(part["file"]["file_data"])}
        case kind:
            msg = f"content of type {kind!r} has no counterpart on the wire 'messages'"
            raise UntranslatableError(msg)


def _source(url: str) -> Json:
    if match := _DATA_URL.fullmatch(url):
        return {"type": "base64", "media_type": match[1], "data": match[2]}
    return {"type": "url", "url": url}


def _tool(tool: Json) -> Json:
    if tool.get("type") != "function":
        msg = f"a tool of type {tool.get('type')!r} has no counterpart on the wire 'messages'"
        raise UntranslatableError(msg)
    function = tool["function"]
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    return {**copied(function, {"name": "name", "description": "description"}), "input_schema": schema}


def _choice(chat: Json) -> Json | None:
    choice = chat.get("tool_choice")
    made: Json | None = None
    if isinstance(choice, dict):
        made = {"type": "tool", "name": choice["function"]["name"]}
    elif choice:
        made = {"type": _CHOICES[choice]}
    if chat.get("parallel_tool_calls") is False and (made or {}).get("type") != "none":
        made = {**(made or {"type": "auto"}), "disable_parallel_tool_use": True}
    return made


def _format(form: Json) -> Json:
    if form["type"] == "json_schema":
        return {"output_config": {"format": {"type": "json_schema", "schema": form["json_schema"]["schema"]}}}
    if form["type"] == "text":
        return {}
    msg = f"response_format of type {form['type']!r} has no counterpart on the wire 'messages'"
    raise UntranslatableError(msg)


@dataclass
class MessagesReader:
    """Events or a whole message. Its thinking has a signature, for which chat has no place: it is shown, not kept."""

    _usage: Usage | None = None

    def event(self, data: Json) -> Sequence[Delta]:
        """One event."""
        match data.get("type"):
            case "message_start":
                self._count(data["message"])
                return []
            case "content_block_start":
                return list(_started(data["index"], data["content_block"]))
            case "content_block_delta":
                return list(_more(data["index"], data["delta"]))
            case "message_delta":
                self._count(data)
                return [_ending(data["delta"], self._usage)]
            case "error":
                return [Delta(error=data["error"])]
        return []

    def body(self, data: Json) -> Sequence[Delta]:
        """The message."""
        if data.get("type") == "error":
            return [Delta(error=data["error"])]
        self._count(data)
        pieces = [d for index, block in enumerate(data.get("content") or []) for d in _block_deltas(index, block)]
        return [*pieces, _ending(data, self._usage)]

    def _count(self, holder: Json) -> None:
        if isinstance(holder.get("usage"), dict):
            self._usage = merged(self._usage, SHAPES["messages"].usage(holder["usage"]))


def _started(index: int, block: Json) -> Iterator[Delta]:
    if block["type"] == "tool_use":
        yield Delta(tools=[ToolDelta(index, block["id"], block["name"])])
    elif block["type"] == "text" and block["text"]:
        yield Delta(text=block["text"])


def _more(index: int, delta: Json) -> Iterator[Delta]:
    match delta["type"]:
        case "text_delta":
            yield Delta(text=delta["text"])
        case "thinking_delta":
            yield Delta(reasoning=delta["thinking"])
        case "input_json_delta":
            yield Delta(tools=[ToolDelta(index, arguments=delta["partial_json"])])


def _block_deltas(index: int, block: Json) -> Iterator[Delta]:
    match block["type"]:
        case "text":
            yield Delta(text=block["text"])
        case "thinking":
            yield Delta(reasoning=block["thinking"])
        case "tool_use":
            yield Delta(tools=[ToolDelta(index, block["id"], block["name"], encode(block["input"]).decode())])


def _ending(holder: Json, usage: Usage | None) -> Delta:
    reason = holder.get("stop_reason")
    finish = _FINISHES.get(str(reason), "stop") if reason else None
    return Delta(finish=finish, stop_sequence=holder.get("stop_sequence"), usage=usage)
