"""The turn of a stored reply, whole or streamed, in the one shape of `turns.py`; a stream cut short gives what came."""

from collections.abc import Iterable, Iterator
from typing import Any

from codingagentbench.gateway.json_bytes import decode
from codingagentbench.gateway.sse import EventReader, MalformedStreamError
from codingagentbench.runner.turns import (
    Json,
    Turn,
    chat_turns,
    gemini_turns,
    joined,
    messages_turns,
    objects,
    responses_turns,
    string,
)


def read_reply(wire: str, body: bytes) -> Turn | None:
    """What the model said; None where the reply says nothing (an error, no answer at all)."""
    whole = _object(body)
    if whole is not None:
        return joined(_of_whole(wire, [whole]))
    events = list(_events(body))
    match wire:
        case "chat":
            return joined(chat_turns([_chat_message(events)])) if events else None
        case "responses":
            return joined(_responses(events))
        case "messages":
            return joined(messages_turns([{"role": "assistant", "content": _messages_blocks(events)}]))
    return joined(_of_whole(wire, events))


def _of_whole(wire: str, replies: Iterable[Json]) -> Iterator[Turn]:
    for reply in replies:
        match wire:
            case "chat":
                messages = [c.get("message") for c in objects(reply.get("choices"))]
                yield from chat_turns([{"role": "assistant", **m} for m in messages[:1] if isinstance(m, dict)])
            case "responses":
                yield from responses_turns(reply.get("output") if isinstance(reply.get("output"), list) else [])
            case "messages":
                yield from messages_turns([{"role": "assistant", "content": reply.get("content")}])
            case "gemini":
                contents = [c.get("content") for c in objects(reply.get("candidates"))[:1]]
                yield from gemini_turns([{"role": "model", **c} for c in contents if isinstance(c, dict)])


def _chat_message(events: Iterable[Json]) -> Json:
    """The deltas of the first choice, put together."""
    text, thought = list[str](), list[str]()
    calls: dict[object, Json] = {}
    for event in events:
        for choice in objects(event.get("choices"))[:1]:
            delta = choice.get("delta")
            if not isinstance(delta, dict):
                continue
            text.append(string(delta.get("content")) or "")
            thought.append(string(delta.get("reasoning_content")) or string(delta.get("reasoning")) or "")
            for part in objects(delta.get("tool_calls")):
                _add_call(calls, part)
    return {
        "role": "assistant",
        "content": "".join(text),
        "reasoning_content": "".join(thought),
        "tool_calls": list(calls.values()),
    }


def _add_call(calls: dict[object, Json], part: Json) -> None:
    index = part.get("index")
    inner = part.get("function") if isinstance(part.get("function"), dict) else part.get("custom")
    inner = inner if isinstance(inner, dict) else {}
    call = calls.setdefault(index if isinstance(index, int) else 0, {"function": {"arguments": ""}})
    call["id"] = string(part.get("id")) or call.get("id")
    function = call["function"]
    function["name"] = string(inner.get("name")) or function.get("name")
    function["arguments"] += string(inner.get("arguments")) or string(inner.get("input")) or ""


def _responses(events: Iterable[Json]) -> Iterator[Turn]:
    """The items of the last event's response; of a stream cut short, the items and the text that came."""
    items, begun = list[Json](), list[str]()
    for event in events:
        response, item = event.get("response"), event.get("item")
        if isinstance(response, dict) and objects(response.get("output")):
            yield from responses_turns(response["output"])
            return
        if event.get("type") == "response.output_item.done" and isinstance(item, dict):
            items.append(item)
            begun.clear()
        elif event.get("type") == "response.output_text.delta":
            begun.append(string(event.get("delta")) or "")
    yield from responses_turns(items)
    if begun:
        yield Turn("assistant", "".join(begun))


def _messages_blocks(events: Iterable[Json]) -> list[Json]:
    """Content blocks from their deltas. A tool's input comes as pieces of JSON text."""
    blocks: dict[object, Json] = {}
    for event in events:
        index = event.get("index")
        index = index if isinstance(index, int) else 0
        block, delta = event.get("content_block"), event.get("delta")
        if event.get("type") == "content_block_start" and isinstance(block, dict):
            blocks[index] = {**block, "input": ""} if "input" in block else dict(block)
        elif event.get("type") == "content_block_delta" and isinstance(delta, dict) and index in blocks:
            for key, target in (("text", "text"), ("partial_json", "input"), ("thinking", "thinking")):
                piece = string(delta.get(key))
                if piece:
                    blocks[index][target] = f"{blocks[index].get(target) or ''}{piece}"
    return list(blocks.values())


def _events(body: bytes) -> Iterator[Json]:
    reader = EventReader()
    try:
        events = [*reader.feed(body), *reader.close()]
    except MalformedStreamError:
        return
    for event in events:
        data = _object(event.data)
        if data is not None:
            yield data


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = decode(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
