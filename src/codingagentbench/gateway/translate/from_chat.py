"""Reading what an endpoint of the chat wire replies."""

from collections.abc import Sequence

from codingagentbench.gateway.translate.delta import FINISHES, Delta, Json, ToolDelta
from codingagentbench.gateway.translate.marks import FIELDS, mark
from codingagentbench.gateway.wires import SHAPES


class ChatReader:
    """Chunks or a whole completion. Only the first choice is read: nobody asks for more."""

    def event(self, data: Json) -> Sequence[Delta]:
        """One `chat.completion.chunk`."""
        return [_delta(data, "delta")]

    def body(self, data: Json) -> Sequence[Delta]:
        """One `chat.completion`."""
        return [_delta(data, "message")]


def _delta(data: Json, key: str) -> Delta:
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    said = choice.get(key)
    said = said if isinstance(said, dict) else {}
    field = next((f for f in FIELDS if isinstance(said.get(f), str) and said[f]), None)
    usage, stop, error = data.get("usage"), choice.get("stop_reason"), data.get("error")
    return Delta(
        text=_text(said.get("content")),
        reasoning=said[field] if field else "",
        reasoning_mark=mark(field) if field else "",
        refusal=_text(said.get("refusal")),
        tools=_tools(said),
        finish=FINISHES.get(choice["finish_reason"], "stop") if choice.get("finish_reason") else None,
        stop_sequence=stop if isinstance(stop, str) else None,
        usage=SHAPES["chat"].usage(usage) if isinstance(usage, dict) else None,
        error=(error if isinstance(error, dict) else {"message": str(error)}) if error else None,
    )


def _text(content: object) -> str:
    """A string, or the text of parts, which some endpoints send."""
    if isinstance(content, list):
        return "".join(_text(p.get("text")) for p in content if isinstance(p, dict))
    return content if isinstance(content, str) else ""


def _tools(said: Json) -> Sequence[ToolDelta]:
    calls = said.get("tool_calls")
    listed = calls if isinstance(calls, list) else []
    return [_tool(call, position) for position, call in enumerate(listed) if _is_call(call)]


def _is_call(call: object) -> bool:
    return isinstance(call, dict) and isinstance(call.get("function"), dict)


def _tool(call: Json, position: int) -> ToolDelta:
    function, index = call["function"], call.get("index")
    return ToolDelta(
        index=index if isinstance(index, int) else position,
        id=_text(call.get("id")),
        name=_text(function.get("name")),
        arguments=_text(function.get("arguments")),
    )
