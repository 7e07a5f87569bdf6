"""What was said in a model call, in one shape for the four wires: the turns of its request, and the turn of its reply.

Read from stored bodies for `trajectory.json`. Bodies are other people's and may hold anything: what has an unexpected
shape is not seen, and nothing here fails.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Literal

from codingagentbench.gateway.json_bytes import decode

Json = dict[str, Any]
Role = Literal["system", "user", "assistant", "tool"]

_ROLES: dict[object, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
}


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that the model asked for. `id` is None on a wire that gives none."""

    id: str | None
    name: str
    arguments: Json
    raw: str | None = None
    """The arguments' text where it is no JSON object."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said. A `tool` turn is the result of the tool use `tool_id` (or of the last one called `tool_name`)."""

    role: Role
    text: str = ""
    reasoning: str = ""
    tools: Sequence[ToolUse] = ()
    tool_id: str | None = None
    tool_name: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request's turns in their order, and the tools that it offers, in the shape of the Chat wire."""

    turns: list[Turn] = field(default_factory=list)
    tools: list[Json] = field(default_factory=list)


def read_request(wire: str, body: bytes) -> Request:
    """The turns of a stored request."""
    try:
        request = decode(body)
    except ValueError:
        return Request()
    if not isinstance(request, dict) or wire not in _TURNS:
        return Request()
    return Request(list(_joined(_TURNS[wire](request))), [t for tool in _tools(request) if (t := _as_chat(tool))])


def chat_turns(messages: object) -> Iterator[Turn]:
    """Chat Completions: `messages`."""
    for item in objects(messages):
        role = _ROLES.get(item.get("role"), "user")
        uses = tuple(_chat_use(call) for call in objects(item.get("tool_calls")))
        thought = text_of(item.get("reasoning_content") or item.get("reasoning"))
        name, answered = string(item.get("name")), string(item.get("tool_call_id"))
        yield Turn(role, text_of(item.get("content")), thought, uses, answered, name if role == "tool" else None)


def responses_turns(items: object) -> Iterator[Turn]:
    """Responses: `input` of a request, or `output` of a response."""
    if isinstance(items, str):
        yield Turn("user", items)
    for item in objects(items):
        kind = str(item.get("type", "message"))
        if kind == "message":
            yield Turn(_ROLES.get(item.get("role"), "user"), text_of(item.get("content")))
        elif kind == "reasoning":
            yield Turn("assistant", reasoning=text_of(item.get("summary")) or text_of(item.get("content")))
        elif kind.endswith("_call_output"):
            yield Turn("tool", text_of(item.get("output")), tool_id=string(item.get("call_id")))
        elif kind.endswith("_call"):
            yield Turn("assistant", tools=(_responses_use(kind, item),))


def messages_turns(messages: object) -> Iterator[Turn]:
    """Anthropic Messages: `messages`, whose user turns carry the results of tools as blocks."""
    for item in objects(messages):
        role = _ROLES.get(item.get("role"), "user")
        blocks = item.get("content")
        if isinstance(blocks, str):
            yield Turn(role, blocks)
        for block in objects(blocks):
            yield _messages_block(role, block)


def gemini_turns(contents: object) -> Iterator[Turn]:
    """Gemini: `contents`."""
    for item in objects(contents):
        role = _ROLES.get(item.get("role"), "user")
        for part in objects(item.get("parts")):
            yield _gemini_part(role, part)


def joined(turns: Iterable[Turn]) -> Turn | None:
    """Everything that one reply said as one turn; None where it said nothing."""
    whole = list(turns)
    return _join(whole) if whole else None


def text_of(content: object) -> str:
    """The text of a content: a string, a list of parts, or any JSON. What is no text is named: "[image]"."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return _part_text(content)
    texts = (
        part if isinstance(part, str) else _part_text(part) for part in listed(content) if isinstance(part, str | dict)
    )
    return "\n".join(text for text in texts if text)


def arguments(value: object) -> tuple[Json, str | None]:
    """A tool's arguments as an object, or their text where they are none."""
    if isinstance(value, dict):
        return value, None
    if not isinstance(value, str):
        return {}, None
    try:
        decoded = decode(value.encode("utf-8", "surrogatepass")) if value.strip() else {}
    except ValueError:
        return {}, value
    return (decoded, None) if isinstance(decoded, dict) else ({}, value)


def objects(value: object) -> list[Json]:
    """The objects in a list."""
    return [item for item in listed(value) if isinstance(item, dict)]


def listed(value: object) -> list[Any]:
    """A list, empty where it is none."""
    return value if isinstance(value, list) else []


def string(value: object) -> str | None:
    """A string that says something."""
    return value if isinstance(value, str) and value else None


def _of_chat(request: Json) -> Iterator[Turn]:
    yield from chat_turns(request.get("messages"))


def _of_responses(request: Json) -> Iterator[Turn]:
    if instructions := text_of(request.get("instructions")):
        yield Turn("system", instructions)
    yield from responses_turns(request.get("input"))


def _of_messages(request: Json) -> Iterator[Turn]:
    if system := text_of(request.get("system")):
        yield Turn("system", system)
    yield from messages_turns(request.get("messages"))


def _of_gemini(request: Json) -> Iterator[Turn]:
    instruction = request.get("systemInstruction") or request.get("system_instruction")
    parts = instruction.get("parts") if isinstance(instruction, dict) else None
    if system := text_of(parts):
        yield Turn("system", system)
    yield from gemini_turns(request.get("contents"))


_TURNS: dict[str, Callable[[Json], Iterator[Turn]]] = {
    "chat": _of_chat,
    "responses": _of_responses,
    "messages": _of_messages,
    "gemini": _of_gemini,
}


def _joined(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Parts that wires split one saying into are put together again; results of tools stay one each."""
    for role, group in groupby(turns, key=lambda turn: turn.role):
        if role == "assistant":
            yield _join(list(group))
        else:
            yield from group


def _join(turns: Sequence[Turn]) -> Turn:
    return replace(
        turns[0],
        text="\n".join(t.text for t in turns if t.text),
        reasoning="\n".join(t.reasoning for t in turns if t.reasoning),
        tools=tuple(tool for t in turns for tool in t.tools),
    )


def _chat_use(call: Json) -> ToolUse:
    inner = call.get("function") or call.get("custom")
    inner = inner if isinstance(inner, dict) else {}
    given = inner.get("arguments", inner.get("input"))
    return ToolUse(string(call.get("id")), string(inner.get("name")) or "unknown", *arguments(given))


def _responses_use(kind: str, item: Json) -> ToolUse:
    given = item.get("arguments", item.get("input", item.get("action")))
    name = string(item.get("name")) or kind.removesuffix("_call")
    return ToolUse(string(item.get("call_id")) or string(item.get("id")), name, *arguments(given))


def _messages_block(role: Role, block: Json) -> Turn:
    match block.get("type"):
        case "tool_result":
            return Turn("tool", text_of(block.get("content")), tool_id=string(block.get("tool_use_id")))
        case "tool_use" | "server_tool_use":
            name = string(block.get("name")) or "unknown"
            return Turn(role, tools=(ToolUse(string(block.get("id")), name, *arguments(block.get("input"))),))
        case "thinking":
            return Turn(role, reasoning=text_of(block.get("thinking")))
    return Turn(role, _part_text(block))


def _gemini_part(role: Role, part: Json) -> Turn:
    call, answer = part.get("functionCall"), part.get("functionResponse")
    if isinstance(call, dict):
        use = ToolUse(string(call.get("id")), string(call.get("name")) or "unknown", *arguments(call.get("args")))
        return Turn("assistant", tools=(use,))
    if isinstance(answer, dict):
        text = text_of(answer.get("response"))
        return Turn("tool", text, tool_id=string(answer.get("id")), tool_name=string(answer.get("name")))
    text = _part_text(part)
    return Turn(role, reasoning=text) if part.get("thought") is True else Turn(role, text)


def _part_text(part: Json) -> str:
    for key in ("text", "refusal", "output", "result", "error"):
        if isinstance(part.get(key), str):
            return str(part[key])
    kind = string(part.get("type"))
    return f"[{kind}]" if kind else ""


def _tools(request: Json) -> Iterator[Json]:
    for tool in objects(request.get("tools")):
        declared = tool.get("functionDeclarations") or tool.get("function_declarations")
        yield from objects(declared) if declared else [tool]


def _as_chat(tool: Json) -> Json | None:
    inner = tool.get("function") if isinstance(tool.get("function"), dict) else tool
    if inner is None or (name := string(inner.get("name"))) is None:
        return None
    schema = next((inner[k] for k in ("parameters", "input_schema", "parametersJsonSchema") if k in inner), None)
    function = {"name": name, "description": inner.get("description"), "parameters": schema}
    return {"type": "function", "function": {k: v for k, v in function.items() if v is not None}}
