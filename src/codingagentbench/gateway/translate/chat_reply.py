"""A reply as the chat wire has it."""

import secrets
import time
from dataclasses import dataclass, field

from codingagentbench.gateway.json_bytes import encode
from codingagentbench.gateway.translate.calls import Calls
from codingagentbench.gateway.translate.delta import Delta, Finish, Json, ToolDelta, sse
from codingagentbench.store.record import Usage

_DONE = b"data: [DONE]\n\n"


@dataclass
class ChatWriter:
    """Of one reply. `shows_usage`: the client asked for the stream's usage chunk."""

    model: str
    shows_usage: bool
    _id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    _created: int = field(default_factory=lambda: int(time.time()))
    _text: str = ""
    _reasoning: str = ""
    _refusal: str = ""
    _calls: Calls = field(default_factory=Calls)
    _finish: Finish | None = None
    _usage: Usage | None = None
    _error: Json | None = None

    def begin(self) -> bytes:
        """The chunk that names the role."""
        return self._chunk({"role": "assistant", "content": ""})

    def write(self, delta: Delta) -> bytes:
        """One chunk for a piece that says something."""
        self._finish = delta.finish or self._finish
        self._usage = delta.usage or self._usage
        self._error = delta.error or self._error
        self._text += delta.text
        self._reasoning += delta.reasoning
        self._refusal += delta.refusal
        said: Json = {"content": delta.text, "reasoning_content": delta.reasoning, "refusal": delta.refusal}
        said = {key: value for key, value in said.items() if value}
        if delta.tools:
            said["tool_calls"] = [self._piece(piece) for piece in delta.tools]
        return self._chunk(said) if said else b""

    def end(self) -> bytes:
        """The finish reason, the usage where it was asked for, and `[DONE]`; or the error."""
        if self._error is not None:
            return sse(encode({"error": self._error}))
        last = self._chunk({}, finish=self._finish or "stop")
        if self.shows_usage and (usage := _usage(self._usage)):
            last += sse(encode({**self._head("chat.completion.chunk"), "choices": [], "usage": usage}))
        return last + _DONE

    def body(self) -> Json:
        """The completion, or the error."""
        if self._error is not None:
            return {"error": self._error}
        message: Json = {"role": "assistant", "content": self._text or None, "refusal": self._refusal or None}
        if self._reasoning:
            message["reasoning_content"] = self._reasoning
        if self._calls.all:
            message["tool_calls"] = [
                {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
                for c in self._calls.all
            ]
        choice = {"index": 0, "message": message, "finish_reason": self._finish or "stop", "logprobs": None}
        usage = _usage(self._usage)
        return {**self._head("chat.completion"), "choices": [choice], **({"usage": usage} if usage else {})}

    def _piece(self, piece: ToolDelta) -> Json:
        call, new = self._calls.add(piece)
        if new:
            call.position = len(self._calls.all) - 1
        function = {"name": call.name, "arguments": piece.arguments} if new else {"arguments": piece.arguments}
        return {
            "index": call.position,
            **({"id": call.id, "type": "function"} if new else {}),
            "function": function,
        }

    def _chunk(self, said: Json, *, finish: Finish | None = None) -> bytes:
        choice = {"index": 0, "delta": said, "finish_reason": finish, "logprobs": None}
        return sse(encode({**self._head("chat.completion.chunk"), "choices": [choice]}))

    def _head(self, kind: str) -> Json:
        return {"id": self._id, "object": kind, "created": self._created, "model": self.model}


def _usage(usage: Usage | None) -> Json | None:
    """None where the endpoint reported none."""
    if usage is None or usage.input_uncached is None:
        return None
    prompt = usage.input_uncached + (usage.input_cache_read or 0) + (usage.input_cache_write or 0)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage.output or 0,
        "total_tokens": prompt + (usage.output or 0),
        "prompt_tokens_details": {"cached_tokens": usage.input_cache_read or 0},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
    }
