"""What passes between an endpoint's reply and the client's: pieces of one assistant turn, of no wire in particular."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from codingagentbench.store.record import Usage

Json = dict[str, Any]
Finish = Literal["stop", "length", "tool_calls", "content_filter"]
FINISHES: dict[object, Finish] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
"""Chat's words; what an endpoint says besides is a plain stop."""


class UntranslatableError(ValueError):
    """The other wire has no way to say this; the text names it."""


@dataclass(frozen=True, slots=True)
class ToolDelta:
    """A piece of a tool call; the pieces of one call have one index."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """One piece of a reply. A whole reply is one large piece."""

    text: str = ""
    reasoning: str = ""
    reasoning_mark: str = ""
    """What makes the endpoint take this reasoning back in a later request; see `marks`."""
    refusal: str = ""
    tools: Sequence[ToolDelta] = ()
    finish: Finish | None = None
    stop_sequence: str | None = None
    """The one of the request's stop sequences that ended the reply, where the endpoint says."""
    usage: Usage | None = None
    error: Json | None = None
    """The endpoint's own error object, sent under a good status."""


class Reader(Protocol):
    """Reads an endpoint's reply: the decoded events of a stream, or the one body."""

    def event(self, data: Json) -> Sequence[Delta]:
        """The pieces in one event of a stream."""

    def body(self, data: Json) -> Sequence[Delta]:
        """The pieces of a whole reply."""


class Writer(Protocol):
    """Writes the reply in the client's shape, as events of a stream or as one body."""

    def begin(self) -> bytes:
        """The events before the first piece."""

    def write(self, delta: Delta) -> bytes:
        """The events that say this piece; none for what has to wait for more."""

    def end(self) -> bytes:
        """The last events. Called only when the endpoint came to its own proper end."""

    def body(self) -> Json:
        """The whole reply, made of every piece so far."""


def sse(data: bytes, name: str | None = None) -> bytes:
    """One server-sent event."""
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + data + b"\n\n"
