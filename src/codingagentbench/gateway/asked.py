"""Which tools a model asked for in a reply, read from the reply's stored bytes, whatever the wire.

The bytes are the endpoint's, and a model writes the arguments: what has an unexpected shape is not seen.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from codingagentbench.gateway.json_bytes import decode
from codingagentbench.gateway.sse import EventReader, MalformedStreamError

Json = dict[str, Any]


@dataclass(slots=True)
class AskedTool:
    """One tool call: the tool's name and its arguments as text (JSON for a function, anything for a custom tool)."""

    tool: str
    arguments: str = ""


@dataclass(slots=True)
class _Pieces:
    """Calls of a stream, put together from their deltas; keyed by where the wire says that they belong."""

    calls: dict[object, AskedTool] = field(default_factory=dict)

    def add(self, place: object, tool: object, arguments: object) -> None:
        call = self.calls.setdefault(place, AskedTool(""))
        call.tool = call.tool or _string(tool)
        call.arguments += _string(arguments)


def asked_tools(wire: str, body: bytes) -> list[AskedTool]:
    """Every tool call of a reply, in its order: of a whole body or of an event stream."""
    try:
        whole = decode(body)
    except ValueError:
        return _of_stream(wire, body)
    return list(_of_body(wire, whole)) if isinstance(whole, dict) else _of_chunks(wire, whole)


def _of_body(wire: str, body: Json) -> Iterator[AskedTool]:
    match wire:
        case "chat":
            for choice in _objects(body.get("choices")):
                for call in _objects(_object(choice.get("message")).get("tool_calls")):
                    yield _chat_call(call)
        case "responses":
            yield from (item for item in map(_response_item, _objects(body.get("output"))) if item)
        case "messages":
            for block in _objects(body.get("content")):
                if block.get("type") in {"tool_use", "server_tool_use"}:
                    yield AskedTool(_string(block.get("name")), json.dumps(block.get("input")))
        case "gemini":
            for candidate in _objects(body.get("candidates")):
                for part in _objects(_object(candidate.get("content")).get("parts")):
                    call = _object(part.get("functionCall"))
                    if call:
                        yield AskedTool(_string(call.get("name")), json.dumps(call.get("args")))


def _of_stream(wire: str, body: bytes) -> list[AskedTool]:
    reader = EventReader()
    try:
        events = [*reader.feed(body), *reader.close()]
    except MalformedStreamError:
        return []
    decoded = []
    for event in events:
        try:
            decoded.append(decode(event.data))
        except ValueError:  # [DONE], a comment
            continue
    return _of_chunks(wire, decoded)


def _of_chunks(wire: str, chunks: object) -> list[AskedTool]:
    events = _objects(chunks)
    if wire == "responses":
        items = (_response_item(_object(e.get("item"))) for e in events if e.get("type") == "response.output_item.done")
        return [item for item in items if item]
    if wire == "gemini":
        return [call for event in events for call in _of_body(wire, event)]
    pieces = _Pieces()
    for event in events:
        if wire == "chat":
            _chat_delta(pieces, event)
        elif wire == "messages":
            _message_delta(pieces, event)
    return list(pieces.calls.values())


def _chat_delta(pieces: _Pieces, event: Json) -> None:
    for number, choice in enumerate(_objects(event.get("choices"))):
        for call in _objects(_object(choice.get("delta")).get("tool_calls")):
            asked = _chat_call(call)
            pieces.add((number, str(call.get("index", call.get("id")))), asked.tool, asked.arguments)


def _message_delta(pieces: _Pieces, event: Json) -> None:
    place, block = str(event.get("index")), _object(event.get("content_block"))
    if event.get("type") == "content_block_start" and block.get("type") in {"tool_use", "server_tool_use"}:
        given = block.get("input")
        pieces.add(place, block.get("name"), json.dumps(given) if given else "")
    delta = _object(event.get("delta"))
    if delta.get("type") == "input_json_delta" and place in pieces.calls:
        pieces.add(place, "", delta.get("partial_json"))


def _chat_call(call: Json) -> AskedTool:
    function = _object(call.get("function")) or _object(call.get("custom"))
    return AskedTool(_string(function.get("name")), _string(function.get("arguments", function.get("input"))))


def _response_item(item: Json) -> AskedTool | None:
    match item.get("type"):
        case "function_call":
            return AskedTool(_string(item.get("name")), _string(item.get("arguments")))
        case "custom_tool_call":
            return AskedTool(_string(item.get("name")), _string(item.get("input")))
        case "local_shell_call" | "shell_call":
            return AskedTool("local_shell", json.dumps(item.get("action")))
    return None


def _objects(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
