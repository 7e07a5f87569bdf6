"""A Messages request as a chat request."""

from dataclasses import dataclass, field

from codingagentbench.gateway.json_bytes import encode
from codingagentbench.gateway.translate import marks
from codingagentbench.gateway.translate.delta import Json, UntranslatableError
from codingagentbench.gateway.translate.history import (
    ChatHistory,
    copied,
    data_url,
    function_tool,
    image_part,
    text_part,
)

_SAME = {
    "max_tokens": "max_tokens",
    "stop_sequences": "stop",
    "temperature": "temperature",
    "top_p": "top_p",
    "stream": "stream",
}
_CHOICES = {"auto": "auto", "any": "required", "none": "none"}
_EFFORTS = {"low": "low", "medium": "medium", "xhigh": "xhigh", "max": "xhigh"}
"""`high` is what Messages means where nothing is said, and Claude Code says it always; many chat endpoints refuse the
parameter, so the default is left out."""
_CLIENT_SIDE = ("bash_", "text_editor_", "computer_", "memory_")
"""Tools whose schema is not in the request, for the vendor's models know it by heart; the client runs them."""
_PROVIDERS = ("server_tool_use", "redacted_thinking")


@dataclass(frozen=True, slots=True)
class MessagesTools:
    """The tools of a Messages request as chat knows them."""

    chat: list[Json] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """Provider-side tools, which only the provider could run."""


def read_tools(request: Json) -> MessagesTools:
    """Raises UntranslatableError for a tool whose schema only the vendor's models know."""
    tools = MessagesTools()
    for tool in request.get("tools") or []:
        kind = tool.get("type") or "custom"
        if kind == "custom":
            tools.chat.append(function_tool(tool["name"], tool.get("description"), tool.get("input_schema")))
        elif kind.startswith(_CLIENT_SIDE):
            msg = f"a tool of type {kind!r} has no schema in the request: only the vendor's own models know it"
            raise UntranslatableError(msg)
        else:
            tools.dropped.append(kind)
    return tools


def to_chat(request: Json, tools: MessagesTools) -> Json:
    """Raises UntranslatableError for what has no counterpart."""
    chat: Json = {"messages": _messages(request), **copied(request, _SAME)}
    choice = request.get("tool_choice") or {}
    if tools.chat:
        chat["tools"] = tools.chat
        if choice:
            chat["tool_choice"] = _choice(choice)
        if choice.get("disable_parallel_tool_use"):
            chat["parallel_tool_calls"] = False
    output = request.get("output_config") or {}
    if effort := _EFFORTS.get(str(output.get("effort"))):
        chat["reasoning_effort"] = effort
    if form := output.get("format") or request.get("output_format"):
        schema = {"name": "output", "schema": form["schema"], "strict": True}
        chat["response_format"] = {"type": "json_schema", "json_schema": schema}
    return chat


def _choice(choice: Json) -> object:
    if choice["type"] == "tool":
        return {"type": "function", "function": {"name": choice["name"]}}
    return _CHOICES[choice["type"]]


def _messages(request: Json) -> list[Json]:
    history = ChatHistory()
    history.system(_text(request.get("system")))
    for message in request["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        match message["role"]:
            case "system":
                history.system(_text(content))
            case "assistant":
                for block in blocks:
                    _assistant(history, block)
            case _:
                _user(history, blocks)
    return history.messages()


def _text(content: object) -> str:
    """Of a string or text blocks."""
    if isinstance(content, list):
        return "\n\n".join(str(block["text"]) for block in content if block.get("type") == "text")
    return content if isinstance(content, str) else ""


def _assistant(history: ChatHistory, block: Json) -> None:
    match block["type"]:
        case "text":
            history.assistant(block["text"])
        case "tool_use":
            history.call(block["id"], block["name"], encode(block["input"]).decode())
        case "thinking":
            if name := marks.field_of(block.get("signature")):
                history.reasoning(block["thinking"], name)
        case kind if kind in _PROVIDERS or kind.endswith("_tool_result"):
            pass  # what came of them stands in the text
        case kind:
            msg = f"a block of type {kind!r} is known to Messages endpoints alone"
            raise UntranslatableError(msg)


def _user(history: ChatHistory, blocks: list[Json]) -> None:
    """Results first: chat wants them directly after the calls."""
    for block in blocks:
        if block["type"] == "tool_result":
            history.result(block["tool_use_id"], _result(block))
    history.user([part for block in blocks if block["type"] != "tool_result" for part in _parts(block)])


def _result(block: Json) -> list[Json]:
    content = block.get("content") or ""
    parts = [text_part(content)] if isinstance(content, str) else [part for b in content for part in _parts(b)]
    return [text_part("The tool failed:"), *parts] if block.get("is_error") else parts


def _parts(block: Json) -> list[Json]:
    match block["type"]:
        case "text":
            return [text_part(block["text"])]
        case "image":
            return [_media(block["source"], "image")]
        case "document":
            return _document(block)
        case "search_result":
            return [text_part("\n".join([str(block["title"]), str(block["source"]), _text(block["content"])]))]
        case "tool_reference":
            return [text_part(f"The tool {block['tool_name']} is there.")]
        case kind:
            msg = f"a block of type {kind!r} is known to Messages endpoints alone"
            raise UntranslatableError(msg)


def _document(block: Json) -> list[Json]:
    source = block["source"]
    if source["type"] == "text":
        return [text_part(source["data"])]
    if source["type"] == "content":
        content = source["content"]
        return [text_part(content)] if isinstance(content, str) else [part for b in content for part in _parts(b)]
    url = _media(source, "document")["image_url"]["url"]
    return [{"type": "file", "file": {"filename": block.get("title") or "document.pdf", "file_data": url}}]


def _media(source: Json, what: str) -> Json:
    match source["type"]:
        case "base64":
            return image_part(data_url(source["media_type"], source["data"]))
        case "url" if what == "image":
            return image_part(source["url"])
        case kind:
            msg = f"a {what} of source {kind!r} is stored at the vendor: a chat endpoint cannot read it"
            raise UntranslatableError(msg)
