"""A chat endpoint on loopback that says what a test tells it, and what it says is written out here once."""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

from codingagentbench.gateway.backends import EndpointBackend

Json = dict[str, Any]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 40},
    "completion_tokens_details": {"reasoning_tokens": 7},
}


@dataclass(frozen=True)
class Said:
    """One assistant turn, to be sent whole or in chunks."""

    text: str = ""
    reasoning: str = ""
    reasoning_field: str = "reasoning_content"
    refusal: str = ""
    calls: Sequence[tuple[str, str, str]] = ()
    """Id, name, arguments."""
    finish: str = "stop"
    usage: Json | None = field(default_factory=lambda: dict(USAGE))
    stop_reason: str | None = None

    def whole(self) -> Json:
        message: Json = {"role": "assistant", "content": self.text or None}
        if self.reasoning:
            message[self.reasoning_field] = self.reasoning
        if self.refusal:
            message["refusal"] = self.refusal
        if self.calls:
            message["tool_calls"] = [
                {"id": i, "type": "function", "function": {"name": n, "arguments": a}} for i, n, a in self.calls
            ]
        choice = {"index": 0, "message": message, "finish_reason": self.finish, "stop_reason": self.stop_reason}
        usage = {"usage": self.usage} if self.usage else {}
        return {"id": "x", "object": "chat.completion", "created": 1, "model": "vendor", "choices": [choice], **usage}

    def chunks(self, size: int = 3) -> list[Json]:
        deltas: list[Json] = [{"role": "assistant", "content": ""}]
        for key, text in ((self.reasoning_field, self.reasoning), ("content", self.text), ("refusal", self.refusal)):
            deltas += [{key: piece} for piece in pieces(text, size)]
        for index, (call_id, name, arguments) in enumerate(self.calls):
            head = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
            deltas.append({"tool_calls": [head]})
            deltas += [
                {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
                for piece in pieces(arguments, size)
            ]
        chunks = [chunk({"delta": delta, "finish_reason": None}) for delta in deltas]
        chunks.append(chunk({"delta": {}, "finish_reason": self.finish, "stop_reason": self.stop_reason}))
        return [*chunks, {**chunk(None), "usage": self.usage}] if self.usage else chunks


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def chunk(choice: Json | None) -> Json:
    choices = [] if choice is None else [{"index": 0, **choice}]
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "vendor", "choices": choices}


@dataclass
class ScriptedEndpoint:
    """`async with ScriptedEndpoint([Said(...)]) as endpoint:` answers the first call with the first turn, and so on."""

    turns: Sequence[Said]
    received: list[Json] = field(default_factory=list)
    base_url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> "ScriptedEndpoint":
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/chat/completions", self._call)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        sock = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{sock.getsockname()[1]}/v1"
        await web.SockSite(self._runner, sock).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def backend(self) -> EndpointBackend:
        return EndpointBackend(base_url=self.base_url, key="sk-123456", endpoint_model="vendor", wires=["chat"])

    async def _call(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        said = self.turns[len(self.received)]
        self.received.append(asked)
        if not asked.get("stream"):
            return web.json_response(said.whole())
        assert asked["stream_options"] == {"include_usage": True}
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for piece in said.chunks():
            await response.write(b"data: " + json.dumps(piece).encode() + b"\n\n")
        await response.write(b"data: [DONE]\n\n")
        return response
