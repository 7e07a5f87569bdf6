"""What a control reads of a request. Its only state is this history, so that a retry gets the same answer again.

A control's tokeniser is the regular expression `\\w+|[^\\w\\s]` over the JSON of the request's messages, tools and
instructions, and over the reply: it is the model's own, so its counts are exact by definition.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

_TOKEN = re.compile(r"\w+|[^\w\s]")
Json = dict[str, Any]
ToolType = Literal["function", "custom"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A request of either wire, as far as it matters to a control."""

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


def read_conversation(wire: str, request: Json) -> Conversation:
    """Never fails: what has an unexpected shape is not seen."""
    history = _history(wire, request)
    text = json.dumps([history, request.get("tools"), request.get("instructions")], ensure_ascii=False)
    options = request.get("stream_options")
    texts = {
        role: [_text(i.get("content")) for i in history if i.get("role") == role] for role in ("assistant", "user")
    }
    return Conversation(
        calls=sum(_calls(wire, item) for item in history),
        said=texts["assistant"],
        last_user=(texts["user"] or [""])[-1],
        tools=dict(t for tool in _list(request.get("tools")) if (t := _tool(tool))),
        prompt_tokens=count_tokens(text),
        stream=request.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24],
    )


def count_tokens(text: str) -> int:
    """The controls' tokeniser."""
    return sum(1 for _ in _TOKEN.finditer(text))


def _history(wire: str, request: Json) -> list[Json]:
    items = request.get("messages" if wire == "chat" else "input")
    if isinstance(items, str):  # the Responses wire's short form
        items = [{"role": "user", "content": items}]
    return [item for item in _list(items) if isinstance(item, dict)]


def _calls(wire: str, item: Json) -> int:
    if wire == "responses":
        return int(item.get("type") in {"function_call", "custom_tool_call"})
    return len(_list(item.get("tool_calls"))) if item.get("role") == "assistant" else 0


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in _list(content) if isinstance(part, dict)]
    return "\n".join(part for part in parts if isinstance(part, str))


def _tool(tool: object) -> tuple[str, ToolType] | None:
    """Chat nests a tool's name below its type, Responses does not; other types (`web_search`) have none."""
    if not isinstance(tool, dict):
        return None
    kind: ToolType = "custom" if tool.get("type") == "custom" else "function"
    nested = tool.get(kind)
    name = nested.get("name") if isinstance(nested, dict) else tool.get("name")
    return (name, kind) if isinstance(name, str) and tool.get("type") in {"function", "custom"} else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
