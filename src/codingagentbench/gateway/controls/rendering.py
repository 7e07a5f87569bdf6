"""What the renderings of all wires share."""

import json
from collections.abc import Iterator

from codingagentbench.gateway.controls.hands import Reply
from codingagentbench.gateway.controls.history import Json, count_tokens

_PIECE = 192  # characters of one delta


def pieces(text: str) -> Iterator[str]:
    """The text in deltas."""
    return (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))


def reply_tokens(reply: Reply) -> int:
    """Tokens of the reply: its text, and its call's name and arguments as JSON."""
    call = json.dumps([reply.call.name, dict(reply.call.arguments)], ensure_ascii=False) if reply.call else ""
    return count_tokens(reply.text) + count_tokens(call)


def event(data: Json, name: str | None = None) -> bytes:
    """A server-sent event."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def arguments_text(reply: Reply) -> str:
    """The call's arguments as the JSON text that a model would write; broken where the control breaks it."""
    if reply.call is None:
        return ""
    return reply.call.broken or json.dumps(reply.call.arguments)
