"""A reply as the Messages wire has it: content blocks, one after another, never two open at a time."""

import json
import secrets
from dataclasses import dataclass, field

from codingagentbench.gateway.json_bytes import encode
from codingagentbench.gateway.translate.calls import Call, Calls, arguments_object
from codingagentbench.gateway.translate.delta import Delta, Finish, Json, ToolDelta, sse
from codingagentbench.store.record import Usage

_REASONS: dict[Finish, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
_DELTAS = {"text": "text_delta", "thinking": "thinking_delta"}


@dataclass
class MessagesWriter:
    """Of one reply."""

    request: Json
    content: list[Json] = field(default_factory=list)
    _id: str = field(default_factory=lambda: f"msg_{secrets.token_hex(12)}")
    _calls: Calls = field(default_factory=Calls)
    _open: str | None = None
    """Type of the block that is being filled, the last one."""
    _current: Call | None = None
    _waiting: list[Call] = field(default_factory=list)
    """Calls that began while another was being filled: blocks may not be interleaved, so they come after it."""
    _finish: Finish | None = None
    _stop_sequence: str | None = None
    _refused: bool = False
    _usage: Usage | None = None
    _error: Json | None = None

    def begin(self) -> bytes:
        """`message_start`. What the input cost is not known yet; `message_delta` says it."""
        return _event("message_start", message={**self._message(), "content": [], "stop_reason": None})

    def write(self, delta: Delta) -> bytes:
        """Events of a piece."""
        self._finish = delta.finish or self._finish
        self._stop_sequence = delta.stop_sequence or self._stop_sequence
        self._refused = self._refused or bool(delta.refusal)
        self._usage = delta.usage or self._usage
        self._error = delta.error or self._error
        events = b""
        if delta.reasoning:
            events += self._fill("thinking", delta.reasoning, delta.reasoning_mark)
        if said := delta.text + delta.refusal:
            events += self._fill("text", said)
        return events + b"".join(self._called(piece) for piece in delta.tools)

    def end(self) -> bytes:
        """Closes what is open; `message_delta` and `message_stop`, or `error`."""
        if self._error is not None:
            return _event("error", error=_error(self._error))
        events = self._close_all()
        stop = {"stop_reason": self._stop_reason(), "stop_sequence": self._sequence()}
        return events + _event("message_delta", delta=stop, usage=_usage(self._usage)) + _event("message_stop")

    def body(self) -> Json:
        """The message, or the error."""
        if self._error is not None:
            return {"type": "error", "error": _error(self._error)}
        self._close_all()
        return self._message()

    def _message(self) -> Json:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self.request.get("model"),
            "content": self.content,
            "stop_reason": self._stop_reason(),
            "stop_sequence": self._sequence(),
            "usage": _usage(self._usage),
        }

    def _stop_reason(self) -> str:
        if self._refused:
            return "refusal"
        if self._sequence():
            return "stop_sequence"
        called = bool(self._calls.all) and self._finish == "stop"  # as some endpoints end a turn with calls
        return "tool_use" if called else _REASONS[self._finish or "stop"]

    def _sequence(self) -> str | None:
        known = self.request.get("stop_sequences") or []
        return self._stop_sequence if self._stop_sequence in known else None

    def _fill(self, kind: str, text: str, signature: str = "") -> bytes:
        events = b""
        if self._open != kind:
            events = self._close_all()
            block = {"type": kind, kind: "", **({"signature": ""} if kind == "thinking" else {})}
            events += self._start(block)
            if kind == "thinking":
                block["signature"] = signature
        self.content[-1][kind] += text
        return events + self._delta({"type": _DELTAS[kind], kind: text})

    def _called(self, piece: ToolDelta) -> bytes:
        call, new = self._calls.add(piece)
        if new and self._current is not None:
            if self._is_whole(self._current):
                return self._close() + self._start_call(call)
            self._waiting.append(call)
            return b""
        if new:
            return self._close() + self._start_call(call)
        if call is self._current:
            return self._arguments(piece.arguments)
        if piece.arguments and call not in self._waiting:
            self._error = {"message": f"the endpoint went on with the call {call.id} after it had begun another part"}
        return b""

    def _is_whole(self, call: Call) -> bool:
        """Endpoints send one call after another; only pieces that could still follow make the next one wait."""
        try:
            json.loads(call.arguments or "{}")
        except ValueError:
            return False
        return bool(call.arguments)

    def _start_call(self, call: Call) -> bytes:
        self._current = call
        call.position = len(self.content)
        events = self._start({"type": "tool_use", "id": call.id, "name": call.name, "input": {}})
        return events + self._arguments(call.arguments)

    def _arguments(self, text: str) -> bytes:
        return self._delta({"type": "input_json_delta", "partial_json": text}) if text else b""

    def _start(self, block: Json) -> bytes:
        self.content.append(block)
        self._open = block["type"]
        return _event("content_block_start", index=len(self.content) - 1, content_block=dict(block))

    def _delta(self, delta: Json) -> bytes:
        return _event("content_block_delta", index=len(self.content) - 1, delta=delta)

    def _close_all(self) -> bytes:
        events = self._close()
        while self._waiting:
            events += self._start_call(self._waiting.pop(0)) + self._close()
        return events

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        events = b""
        block = self.content[-1]
        if self._current is not None:
            block["input"] = arguments_object(self._current.arguments)
        if self._open == "thinking":
            events = self._delta({"type": "signature_delta", "signature": block["signature"]})
        self._open = self._current = None
        return events + _event("content_block_stop", index=len(self.content) - 1)


def _event(kind: str, **fields: object) -> bytes:
    return sse(encode({"type": kind, **fields}), kind)


def _error(said: Json) -> Json:
    return {"type": "api_error", "message": str(said.get("message") or said)}


def _usage(usage: Usage | None) -> Json:
    """The shape knows no "unknown": what was not reported is 0 here, and null in the record."""
    usage = usage or Usage()
    return {
        "input_tokens": usage.input_uncached or 0,
        "cache_creation_input_tokens": usage.input_cache_write or 0,
        "cache_read_input_tokens": usage.input_cache_read or 0,
        "output_tokens": usage.output or 0,
    }
