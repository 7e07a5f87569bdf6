"""One call between two wires."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codingagentbench.gateway.json_bytes import decode, encode
from codingagentbench.gateway.translate import (
    gemini_request,
    messages_request,
    responses_request,
    to_messages,
    to_responses,
)
from codingagentbench.gateway.translate.chat_reply import ChatWriter
from codingagentbench.gateway.translate.delta import Json, Reader, UntranslatableError, Writer
from codingagentbench.gateway.translate.from_chat import ChatReader
from codingagentbench.gateway.translate.gemini_reply import GeminiWriter
from codingagentbench.gateway.translate.messages_reply import MessagesWriter
from codingagentbench.gateway.translate.responses_reply import ResponsesWriter
from codingagentbench.gateway.wires import Route

ENDPOINT_PATHS = {"chat": "/chat/completions", "responses": "/responses", "messages": "/messages"}
ENDPOINT_WIRES = tuple(ENDPOINT_PATHS)
"""What an endpoint may speak that does not speak the client's wire, the best first."""
_MALFORMED = (KeyError, TypeError, AttributeError, IndexError, ValueError)  # of a shape that no client of the wire has


@dataclass
class Translation:
    """One call: what is sent to the endpoint, and what its reply becomes."""

    client_wire: str
    endpoint_wire: str
    chat: Json
    """The request on the wire in the middle."""
    request: Json
    """For the endpoint, without a model."""
    dropped_tools: Sequence[str]
    """Types of provider-side tools that the endpoint's wire has no word for."""
    content_type: str
    """Of a streamed reply."""
    _reader: Reader
    _writer: Writer
    _failed: bool = False
    ended: bool = False
    """The last events are out."""

    def body(self, model: str) -> bytes:
        """The request, asking for the usage that the record needs."""
        asked: Json = {"model": model, **self.request}
        if self.endpoint_wire == "chat" and asked.get("stream"):
            asked["stream_options"] = {"include_usage": True}
        return encode(asked)

    def begin(self) -> bytes:
        """The first events of the client's stream."""
        return self._writer.begin()

    def event(self, data: object) -> bytes:
        """What an event of the endpoint's stream, decoded, becomes. Raises UntranslatableError where it is none."""
        if not isinstance(data, dict) or self.ended:
            return b""
        try:
            pieces = self._reader.event(data)
        except _MALFORMED as error:
            raise _not_of(self.endpoint_wire, error) from error
        self._failed = self._failed or any(piece.error for piece in pieces)
        return b"".join(self._writer.write(piece) for piece in pieces)

    def end(self, *, ended: bool) -> bytes:
        """The last events: only when the endpoint reached its own end, or said an error. A cut stream stays cut."""
        if self.ended or not (ended or self._failed):
            return b""
        self.ended = True
        return self._writer.end()

    def whole(self, body: bytes) -> bytes:
        """What a whole reply becomes. Raises UntranslatableError where it is none of the endpoint's wire."""
        try:
            data = decode(body)
            for piece in self._reader.body(data):
                self._writer.write(piece)
        except _MALFORMED as error:
            raise _not_of(self.endpoint_wire, error) from error
        return encode(self._writer.body())


def endpoint_wire(client: str, spoken: Sequence[str]) -> str | None:
    """The wire to speak to an endpoint: the client's own, else the best that can be translated; None for none."""
    return next((wire for wire in (client, *ENDPOINT_WIRES) if wire in spoken), None)


def translate(route: Route, spoken: Sequence[str], request: Json, *, model: str, stream: bool) -> Translation:
    """Prepare one call of a client to an endpoint that does not speak its wire. `model` is the client's name for it.

    Raises UntranslatableError, in words for the client, where the request cannot be said on the endpoint's wire.
    """
    client, endpoint = route.wire, endpoint_wire(route.wire, spoken)
    if endpoint is None or endpoint == client or route.operation == "embed":
        msg = f"{route.operation} on the wire {client!r} cannot be translated: the endpoint speaks {', '.join(spoken)}"
        raise UntranslatableError(msg)
    try:
        chat, writer, dropped = _CLIENTS[client](request, model, stream, route.array)
        asked = chat if endpoint == "chat" else _REQUESTS[endpoint](chat)
    except UntranslatableError:
        raise
    except _MALFORMED as error:
        msg = f"the request is none of the wire {client!r}: {_said(error)}"
        raise UntranslatableError(msg) from error
    content_type = "application/json" if route.array else "text/event-stream; charset=utf-8"
    return Translation(client, endpoint, chat, asked, dropped, content_type, _READERS[endpoint](), writer)


_Prepared = tuple[Json, Writer, Sequence[str]]


def _chat(request: Json, model: str, stream: bool, array: bool) -> _Prepared:
    del stream, array
    shows_usage = bool((request.get("stream_options") or {}).get("include_usage"))
    return request, ChatWriter(model, shows_usage), ()


def _responses(request: Json, model: str, stream: bool, array: bool) -> _Prepared:
    del model, stream, array
    tools = responses_request.read_tools(request)
    return responses_request.to_chat(request, tools), ResponsesWriter(request, tools), tools.dropped


def _messages(request: Json, model: str, stream: bool, array: bool) -> _Prepared:
    del model, stream, array
    tools = messages_request.read_tools(request)
    return messages_request.to_chat(request, tools), MessagesWriter(request), tools.dropped


def _gemini(request: Json, model: str, stream: bool, array: bool) -> _Prepared:
    request = request.get("generateContentRequest") or request  # as countTokens may have it
    tools = gemini_request.read_tools(request)
    return gemini_request.to_chat(request, tools, stream=stream), GeminiWriter(model, array), tools.dropped


_CLIENTS: dict[str, Callable[[Json, str, bool, bool], _Prepared]] = {
    "chat": _chat,
    "responses": _responses,
    "messages": _messages,
    "gemini": _gemini,
}
_REQUESTS: dict[str, Callable[[Json], Json]] = {
    "messages": to_messages.from_chat,
    "responses": to_responses.from_chat,
}
_READERS: dict[str, Callable[[], Reader]] = {
    "chat": ChatReader,
    "responses": to_responses.ResponsesReader,
    "messages": to_messages.MessagesReader,
}


def _not_of(wire: str, error: Exception) -> UntranslatableError:
    return UntranslatableError(f"the endpoint's reply is none of the wire {wire!r}: {_said(error)}")


def _said(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
