"""A Responses request as a chat request."""

import json
from dataclasses import dataclass, field

from codingagentbench.gateway.translate import marks
from codingagentbench.gateway.translate.delta import Json, UntranslatableError
from codingagentbench.gateway.translate.history import (
    ChatHistory,
    copied,
    function_tool,
    image_part,
    text_part,
)

_SAME = {
    "max_output_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "parallel_tool_calls": "parallel_tool_calls",
    "top_logprobs": "top_logprobs",
    "user": "user",
    "stream": "stream",
}
_STATEFUL = ("previous_response_id", "conversation", "prompt")
_PROVIDERS = ("web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_list_tools")
"""Items that a provider's own tools leave in a history: the words that came of them stand in messages."""
_INPUT = "input"
_ANY_INPUT = {
    "type": "object",
    "properties": {_INPUT: {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": [_INPUT],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Tools:
    """The tools of a Responses request as chat knows them, and what a call of one has to become again."""

    chat: list[Json] = field(default_factory=list)
    custom: set[str] = field(default_factory=set)
    """Names of tools that take text. Chat endpoints know functions alone, so each becomes one of one argument."""
    namespaces: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Name on the chat wire to namespace and name there."""
    dropped: list[str] = field(default_factory=list)
    """Provider-side tools, which only the provider could run."""


def read_tools(request: Json) -> Tools:
    """Raises UntranslatableError for a tool of a kind that only the Responses wire has."""
    tools = Tools()
    for tool in request.get("tools") or []:
        if tool["type"] == "namespace":
            for member in tool["tools"]:
                name = in_namespace(tool["name"], member["name"])
                tools.namespaces[name] = (tool["name"], member["name"])
                described = [d for d in (tool.get("description"), member.get("description")) if d]
                _add(tools, {**member, "name": name, "description": "\n\n".join(described)})
        else:
            _add(tools, tool)
    return tools


def in_namespace(namespace: object, name: object) -> str:
    """One name for both; chat has no namespaces."""
    return f"{namespace}__{name}" if namespace else str(name)


def to_chat(request: Json, tools: Tools) -> Json:
    """Raises UntranslatableError for what would need the provider's state, or has no counterpart."""
    for key in _STATEFUL:
        if request.get(key):
            msg = f"{key!r} refers to what only a Responses endpoint stores: send the whole input"
            raise UntranslatableError(msg)
    chat: Json = {"messages": _messages(request), **copied(request, _SAME)}
    if tools.chat:
        chat["tools"] = tools.chat
        if choice := _choice(request.get("tool_choice")):
            chat["tool_choice"] = choice
    else:
        chat.pop("parallel_tool_calls", None)
    if "top_logprobs" in chat:
        chat["logprobs"] = True
    if effort := (request.get("reasoning") or {}).get("effort"):
        chat["reasoning_effort"] = effort
    if form := _format((request.get("text") or {}).get("format")):
        chat["response_format"] = form
    return chat


def _add(tools: Tools, tool: Json) -> None:
    match tool["type"]:
        case "function":
            tools.chat.append(
                function_tool(tool["name"], tool.get("description"), tool.get("parameters"), strict=tool.get("strict"))
            )
        case "custom":
            tools.custom.add(tool["name"])
            tools.chat.append(function_tool(tool["name"], _described(tool), _ANY_INPUT))
        case "local_shell" | "shell" | "apply_patch" | "computer" | "computer_use_preview" | "tool_search" as kind:
            msg = f"a tool of type {kind!r} is known to Responses endpoints alone"
            raise UntranslatableError(msg)
        case kind:
            tools.dropped.append(kind)


def _described(tool: Json) -> str:
    form = tool.get("format") or {}
    said = str(tool.get("description") or "")
    if form.get("type") != "grammar":
        return said
    return f"{said}\n\nThe input follows this grammar ({form.get('syntax')}):\n{form.get('definition')}".strip()


def _choice(choice: object) -> object:
    if not isinstance(choice, dict):
        return choice
    if choice.get("type") in {"function", "custom"}:
        name = in_namespace(choice.get("namespace"), choice["name"])
        return {"type": "function", "function": {"name": name}}
    if choice.get("type") == "allowed_tools":
        return choice.get("mode")
    msg = f"tool_choice of type {choice.get('type')!r} is known to Responses endpoints alone"
    raise UntranslatableError(msg)


def _format(form: Json | None) -> Json | None:
    if not form or form.get("type") == "text":
        return None
    if form["type"] == "json_schema":
        return {"type": "json_schema", "json_schema": {k: v for k, v in form.items() if k != "type"}}
    return form


def _messages(request: Json) -> list[Json]:
    history = ChatHistory()
    history.system(str(request.get("instructions") or ""))
    items = request.get("input") or []
    for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
        _item(history, item)
    return history.messages()


def _item(history: ChatHistory, item: Json) -> None:
    match item.get("type", "message"):
        case "message":
            _message(history, item)
        case "function_call":
            history.call(item["call_id"], in_namespace(item.get("namespace"), item["name"]), item["arguments"])
        case "custom_tool_call":
            given = json.dumps({_INPUT: item["input"]}, ensure_ascii=False)
            history.call(item["call_id"], in_namespace(item.get("namespace"), item["name"]), given)
        case "function_call_output" | "custom_tool_call_output":
            history.result(item["call_id"], _parts(item["output"]))
        case "reasoning":
            if name := marks.field_of(item.get("encrypted_content")):
                history.reasoning("".join(part["text"] for part in item.get("summary") or []), name)
        case kind if kind in _PROVIDERS:
            pass
        case kind:
            msg = f"an input item of type {kind!r} is known to Responses endpoints alone"
            raise UntranslatableError(msg)


def _message(history: ChatHistory, item: Json) -> None:
    content = item.get("content") or []
    match item["role"]:
        case "system" | "developer":
            history.system("\n".join(p["text"] for p in _parts(content) if p["type"] == "text"))
        case "assistant":
            for part in [{"type": "output_text", "text": content}] if isinstance(content, str) else content:
                if part["type"] == "refusal":
                    history.assistant(refusal=part["refusal"])
                else:
                    history.assistant(part["text"])
        case _:
            history.user(_parts(content))


def _parts(content: object) -> list[Json]:
    if isinstance(content, str):
        return [text_part(content)]
    return [_part(part) for part in content] if isinstance(content, list) else []


def _part(part: Json) -> Json:
    match part["type"]:
        case "input_text" | "output_text" | "text":
            return text_part(part["text"])
        case "input_image" if part.get("image_url"):
            return image_part(part["image_url"], part.get("detail"))
        case "input_file" if part.get("file_data"):
            return {"type": "file", "file": copied(part, {"filename": "filename", "file_data": "file_data"})}
        case "input_audio":
            return {"type": "input_audio", "input_audio": part["input_audio"]}
        case kind:
            msg = f"content of type {kind!r} that is no data of its own cannot be sent to a chat endpoint"
            raise UntranslatableError(msg)
