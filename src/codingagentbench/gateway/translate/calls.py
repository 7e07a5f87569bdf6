"""Tool calls that come in pieces."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from codingagentbench.gateway.translate.delta import ToolDelta


@dataclass
class Call:
    """One tool call, as far as it is known."""

    id: str
    name: str
    arguments: str = ""
    position: int = -1
    """Where the client's wire has it; the writer's own."""


@dataclass
class Calls:
    """The calls of one reply. Some endpoints give every call index 0 and tell them apart by id alone."""

    all: list[Call] = field(default_factory=list)
    _by_index: dict[int, Call] = field(default_factory=dict)

    def add(self, piece: ToolDelta) -> tuple[Call, bool]:
        """The call that this piece belongs to, and whether it is a new one."""
        call = self._by_index.get(piece.index)
        new = call is None or (bool(piece.name) and bool(piece.id) and piece.id != call.id)
        if call is None or new:
            call = Call(piece.id or f"call_{secrets.token_hex(12)}", piece.name)
            self._by_index[piece.index] = call
            self.all.append(call)
        elif piece.name and not call.name:
            call.name = piece.name
        call.arguments += piece.arguments
        return call, new


def arguments_object(arguments: str) -> dict[str, Any]:
    """Arguments as the object that they should be; from a model that broke the schema, its words under one name."""
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"malformed_arguments": arguments}
