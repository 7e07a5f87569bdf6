"""The text of a reply as the model wrote it: what a tokenizer counts where the endpoint does not."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from codingagentbench.gateway.wires.base import child, objects

_CHAT_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")
_ITEM_TEXTS = ("name", "arguments", "input", "text", "refusal")
_BLOCK_TEXTS = ("text", "thinking", "name", "partial_json")


def said_texts(wire: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Texts in one event's data or a whole body; what has an unexpected kind is not seen."""
    return (text for text in _READERS[wire](data) if isinstance(text, str))


def _chat(data: Mapping[str, Any]) -> Iterator[object]:
    for choice in objects(data, "choices"):
        message = child(choice, "delta") or child(choice, "message")
        yield from (message.get(key) for key in _CHAT_TEXTS)
        for call in objects(message, "tool_calls"):
            for kind in ("function", "custom"):
                yield from (child(call, kind).get(key) for key in ("name", "arguments", "input"))


def _responses(data: Mapping[str, Any]) -> Iterator[object]:
    """Deltas of a stream; of a whole response its items. What ends a stream says it all again and is passed over."""
    if str(data.get("type")).endswith(".delta"):
        yield data.get("delta")
    elif data.get("type") == "response.output_item.added":
        yield child(data, "item").get("name")
    elif "type" not in data:
        for item in objects(data, "output"):
            for part in (item, *objects(item, "content"), *objects(item, "summary")):
                yield from (part.get(key) for key in _ITEM_TEXTS)


def _messages(data: Mapping[str, Any]) -> Iterator[object]:
    parts = (child(data, "delta"), child(data, "content_block"), *objects(data, "content"))
    for part in parts:
        yield from (part.get(key) for key in _BLOCK_TEXTS)
        if part.get("input"):
            yield json.dumps(part["input"], ensure_ascii=False)


def _gemini(data: Mapping[str, Any]) -> Iterator[object]:
    for candidate in objects(data, "candidates"):
        for part in objects(child(candidate, "content"), "parts"):
            yield part.get("text")
            if call := child(part, "functionCall"):
                yield json.dumps([call.get("name"), call.get("args")], ensure_ascii=False)


_READERS: dict[str, Callable[[Mapping[str, Any]], Iterator[object]]] = {
    "chat": _chat,
    "responses": _responses,
    "messages": _messages,
    "gemini": _gemini,
}
