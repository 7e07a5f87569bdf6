"""What a control reads of a request. Its only state is this history, so that a retry gets the same answer again.

A control's tokeniser is the regular expression `\\w+|[^\\w\\s]` over the JSON of the request's messages, tools and
instructions, and over the reply: it is the model's own, so its counts are exact by definition.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

_TOKEN = re.compile(r"\w+|[^\w\s]")
Json = dict[str, Any]
ToolType = Literal["function", "custom"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A request of any wire, as far as it matters to a control."""

    calls: int
    """Tool calls that the model made so far."""
    said: Sequence[str]
    """Texts of the assistant, which need not be ours: some CLIs put examples into their prompt."""
    last_user: str
    tools: Mapping[str, ToolType]
    """On offer, by name."""
    prompt_tokens: int
    stream: bool
    include_usage: bool
    """Chat: a usage chunk at the stream's end."""
    digest: str
    """Of the history; ids in the reply are made of it."""
    reports_usage: bool = True
    """False only for the test endpoint that leaves usage out."""


def read_conversation(wire: str, request: Json, *, stream: bool | None = None) -> Conversation:
    """Never fails: what has an unexpected shape is not seen. `stream`: where the address says it."""
    history = _history(wire, request)
    text = json.dumps([history, request.get("tools"), _instructions(wire, request)], ensure_ascii=False)
    options = request.get("stream_options")
    texts = {
        role: [_text(i.get("parts" if wire == "gemini" else "content")) for i in history if _role(i) == role]
        for role in ("assistant", "user")
    }
    return Conversation(
        calls=sum(_calls(wire, item) for item in history),
        said=texts["assistant"],
        last_user=(texts["user"] or [""])[-1],
        tools=dict(_tools(wire, request)),
        prompt_tokens=count_tokens(text),
        stream=request.get("stream") is True if stream is None else stream,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24],
    )


def count_tokens(text: str) -> int:
    """The controls' tokeniser."""
    return sum(1 for _ in _TOKEN.finditer(text))


def _history(wire: str, request: Json) -> list[Json]:
    items = request.get(_HISTORY[wire])
    if isinstance(items, str):  # the Responses wire's short form
        items = [{"role": "user", "content": items}]
    return [item for item in _list(items) if isinstance(item, dict)]


def _instructions(wire: str, request: Json) -> object:
    """What stands outside of the history: chat has it inside."""
    if wire == "messages":
        return request.get("system")
    if wire == "gemini":
        return request.get("systemInstruction") or request.get("system_instruction")
    return request.get("instructions")


def _role(item: Json) -> object:
    return "assistant" if item.get("role") == "model" else item.get("role")


def _calls(wire: str, item: Json) -> int:
    match wire:
        case "responses":
            return int(item.get("type") in {"function_call", "custom_tool_call"})
        case "messages":
            return sum(isinstance(b, dict) and b.get("type") == "tool_use" for b in _list(item.get("content")))
        case "gemini":
            parts = [part for part in _list(item.get("parts")) if isinstance(part, dict)]
            return sum("functionCall" in part or "function_call" in part for part in parts)
    return len(_list(item.get("tool_calls"))) if item.get("role") == "assistant" else 0


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in _list(content) if isinstance(part, dict)]
    return "\n".join(part for part in parts if isinstance(part, str))


def _tools(wire: str, request: Json) -> Iterator[tuple[str, ToolType]]:
    for tool in _list(request.get("tools")):
        if not isinstance(tool, dict):
            continue
        if wire == "gemini":
            declared = _list(tool.get("functionDeclarations") or tool.get("function_declarations"))
        else:
            declared = [tool]
        for one in declared:
            if isinstance(one, dict) and (found := _NAMED[wire](one)):
                yield found


def _openai_tool(tool: Json) -> tuple[str, ToolType] | None:
    """Chat nests a tool's name below its type, Responses does not; other types (`web_search`) have none."""
    kind: ToolType = "custom" if tool.get("type") == "custom" else "function"
    nested = tool.get(kind)
    name = nested.get("name") if isinstance(nested, dict) else tool.get("name")
    return (name, kind) if isinstance(name, str) and tool.get("type") in {"function", "custom"} else None


def _named_tool(tool: Json) -> tuple[str, ToolType] | None:
    """Messages and Gemini have a name and a schema; a type of its own (`web_search_20250305`) is the provider's."""
    name = tool.get("name")
    return (name, "function") if isinstance(name, str) and tool.get("type", "custom") == "custom" else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


_HISTORY = {"chat": "messages", "responses": "input", "messages": "messages", "gemini": "contents"}
_NAMED = {"chat": _openai_tool, "responses": _openai_tool, "messages": _named_tool, "gemini": _named_tool}
