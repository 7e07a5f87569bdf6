"""A chat request for an endpoint that speaks Responses, and reading its reply."""

from collections.abc import Iterator, Sequence

from codingagentbench.gateway.translate.delta import Delta, Finish, Json, ToolDelta, UntranslatableError
from codingagentbench.gateway.translate.history import copied
from codingagentbench.gateway.wires import SHAPES

_SAME = {
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "parallel_tool_calls": "parallel_tool_calls",
    "stream": "stream",
    "user": "user",
}
_WORDS = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
}
_ARGUMENTS = {"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"}
_ENDS = {"response.completed", "response.incomplete", "response.failed"}


def from_chat(chat: Json) -> Json:
    """Raises UntranslatableError for what has no counterpart."""
    if chat.get("stop"):
        msg = "'stop' has no counterpart on the wire 'responses'"
        raise UntranslatableError(msg)
    items = [item for message in chat["messages"] for item in _items(message)]
    request: Json = {"input": items, "store": False, **copied(chat, _SAME)}
    if chat.get("tools"):
        request["tools"] = [_tool(tool) for tool in chat["tools"]]
    if choice := chat.get("tool_choice"):
        named = isinstance(choice, dict)
        request["tool_choice"] = {"type": "function", "name": choice["function"]["name"]} if named else choice
    if effort := chat.get("reasoning_effort"):
        request["reasoning"] = {"effort": effort}
    if form := chat.get("response_format"):
        made = {"type": "json_schema", **form["json_schema"]} if form["type"] == "json_schema" else form
        request["text"] = {"format": made}
    return request


def _items(message: Json) -> Iterator[Json]:
    role, content = message["role"], message.get("content")
    if role in {"tool", "function"}:
        output = content if isinstance(content, str) else [_part(p, "input_text") for p in content or []]
        yield {"type": "function_call_output", "call_id": message["tool_call_id"], "output": output}
        return
    kind = "output_text" if role == "assistant" else "input_text"
    parts = [{"type": "text", "text": content}] if isinstance(content, str) and content else content or []
    made = [_part(part, kind) for part in parts]
    if message.get("refusal"):
        made.append({"type": "refusal", "refusal": message["refusal"]})
    if made:
        yield {"type": "message", "role": role, "content": made}
    for call in message.get("tool_calls") or []:
        function = call.get("function") or {}
        given = {"name": function["name"], "arguments": function.get("arguments") or "{}"}
        yield {"type": "function_call", "call_id": call["id"], **given}


def _part(part: Json, text: str) -> Json:
    match part["type"]:
        case "text":
            return {"type": text, "text": part["text"]}
        case "refusal":
            return part
        case "image_url":
            image = part["image_url"]
            return {"type": "input_image", "image_url": image["url"], "detail": image.get("detail") or "auto"}
        case "file":
            return {"type": "input_file", **part["file"]}
        case kind:
            msg = f"content of type {kind!r} has no counterpart on the wire 'responses'"
            raise UntranslatableError(msg)


def _tool(tool: Json) -> Json:
    if tool.get("type") == "custom":
        return {"type": "custom", **tool["custom"]}
    function = tool["function"]
    return {"type": "function", "parameters": None, "strict": False, **function}


class ResponsesReader:
    """Events or a whole response. Its reasoning is shown; chat has no place for what would take it back."""

    def event(self, data: Json) -> Sequence[Delta]:
        """One event."""
        kind = str(data.get("type"))
        if kind in _ENDS:
            return [_ending(data["response"], called=_has_calls(data["response"]))]
        if kind == "error":
            return [Delta(error=data.get("error") or data)]
        if kind == "response.output_item.added" and _is_call(data["item"]):
            item = data["item"]
            return [Delta(tools=[ToolDelta(data["output_index"], item["call_id"], item["name"])])]
        if kind in _ARGUMENTS:
            return [Delta(tools=[ToolDelta(data["output_index"], arguments=data["delta"])])]
        return [Delta(**{_WORDS[kind]: data["delta"]})] if kind in _WORDS else []

    def body(self, data: Json) -> Sequence[Delta]:
        """The response."""
        items = data.get("output") or []
        pieces = [delta for index, item in enumerate(items) for delta in _item_deltas(index, item)]
        return [*pieces, _ending(data, called=_has_calls(data))]


def _is_call(item: Json) -> bool:
    return item.get("type") in {"function_call", "custom_tool_call"}


def _has_calls(response: Json) -> bool:
    return any(_is_call(item) for item in response.get("output") or [])


def _item_deltas(index: int, item: Json) -> Iterator[Delta]:
    if _is_call(item):
        given = item["arguments"] if item["type"] == "function_call" else item["input"]
        yield Delta(tools=[ToolDelta(index, item["call_id"], item["name"], given)])
    for part in item.get("summary") or []:
        yield Delta(reasoning=part["text"])
    for part in item.get("content") or []:
        if part["type"] == "refusal":
            yield Delta(refusal=part["refusal"])
        elif part["type"] == "reasoning_text":
            yield Delta(reasoning=part["text"])
        else:
            yield Delta(text=part["text"])


def _ending(response: Json, *, called: bool) -> Delta:
    reason = (response.get("incomplete_details") or {}).get("reason")
    finish: Finish = "tool_calls" if called else "stop"
    if reason:
        finish = "content_filter" if reason == "content_filter" else "length"
    usage = response.get("usage")
    return Delta(
        finish=finish,
        usage=SHAPES["responses"].usage(usage) if isinstance(usage, dict) else None,
        error=response.get("error") or None,
    )
