"""A reply as the Gemini wire has it: every event is a small reply of its own; a call is never in pieces."""

import secrets
from dataclasses import dataclass, field

from codingagentbench.gateway.json_bytes import encode
from codingagentbench.gateway.translate.calls import Calls, arguments_object
from codingagentbench.gateway.translate.delta import Delta, Finish, Json, sse
from codingagentbench.gateway.translate.marks import as_bytes
from codingagentbench.store.record import Usage

_REASONS: dict[Finish, str] = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "content_filter": "SAFETY",
}


@dataclass
class GeminiWriter:
    """Of one reply. `array`: the stream is one JSON array, as it is without `alt=sse`."""

    model: str
    array: bool = False
    parts: list[Json] = field(default_factory=list)
    _id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    _calls: Calls = field(default_factory=Calls)
    _finish: Finish | None = None
    _refused: bool = False
    _usage: Usage | None = None
    _error: Json | None = None
    _events: int = 0

    def begin(self) -> bytes:
        """The shape has no beginning."""
        return b""

    def write(self, delta: Delta) -> bytes:
        """An event for the words in a piece; calls wait until they are whole."""
        self._finish = delta.finish or self._finish
        self._refused = self._refused or bool(delta.refusal)
        self._usage = delta.usage or self._usage
        self._error = delta.error or self._error
        for piece in delta.tools:
            self._calls.add(piece)
        parts: list[Json] = []
        if delta.reasoning:
            signature = as_bytes(delta.reasoning_mark)
            parts.append({"text": delta.reasoning, "thought": True, "thoughtSignature": signature})
        if said := delta.text + delta.refusal:
            parts.append({"text": said})
        for part in parts:
            self._keep(part)
        return self._event(self._reply(parts)) if parts else b""

    def end(self) -> bytes:
        """The calls, the finish reason and the usage in one last event; or the error."""
        if self._error is not None:
            last = self._event(_error(self._error))
        else:
            last = self._event(self._reply(self._call_parts(), last=True))
        return last + (b"\n]\n" if self.array else b"")

    def body(self) -> Json:
        """The whole reply, or the error."""
        if self._error is not None:
            return _error(self._error)
        return self._reply([*self.parts, *self._call_parts()], last=True)

    def _keep(self, part: Json) -> None:
        before = self.parts[-1] if self.parts else {}
        if before and before.get("thought") == part.get("thought"):
            before["text"] += part["text"]
        else:
            self.parts.append(dict(part))

    def _call_parts(self) -> list[Json]:
        return [
            {"functionCall": {"id": call.id, "name": call.name, "args": arguments_object(call.arguments)}}
            for call in self._calls.all
        ]

    def _reply(self, parts: list[Json], *, last: bool = False) -> Json:
        candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
        reply: Json = {"candidates": [candidate], "modelVersion": self.model, "responseId": self._id}
        if last:
            candidate["finishReason"] = "SAFETY" if self._refused else _REASONS[self._finish or "stop"]
            if usage := _usage(self._usage):
                reply["usageMetadata"] = usage
        return reply

    def _event(self, data: Json) -> bytes:
        self._events += 1
        if not self.array:
            return sse(encode(data))
        return (b"[" if self._events == 1 else b",\n") + encode(data)


def _error(said: Json) -> Json:
    message = str(said.get("message") or said)
    return {"error": {"code": 500, "message": message, "status": "INTERNAL", "details": []}}


def _usage(usage: Usage | None) -> Json | None:
    """Thoughts are counted beside the candidates here, within the output elsewhere. None where none was reported."""
    if usage is None or usage.input_uncached is None:
        return None
    prompt = usage.input_uncached + (usage.input_cache_read or 0) + (usage.input_cache_write or 0)
    output, thoughts = usage.output or 0, usage.reasoning or 0
    counts = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": max(0, output - thoughts),
        "totalTokenCount": prompt + output,
    }
    if thoughts:
        counts["thoughtsTokenCount"] = thoughts
    if usage.input_cache_read is not None:
        counts["cachedContentTokenCount"] = usage.input_cache_read
    return counts
