"""The controls as an ordinary endpoint of all four wires over real HTTP, with faults on demand.

For tests and benchmarks, which drive the gateway's way to an endpoint with it.
"""

import asyncio
import hmac
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Any

from aiohttp import web

from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.client_side import error_response
from codingagentbench.gateway.controls.hands import decide
from codingagentbench.gateway.controls.history import read_conversation
from codingagentbench.gateway.controls.rendering import reply_tokens
from codingagentbench.gateway.controls.serve import ARRAY_HEADERS, STREAM_HEADERS, answer
from codingagentbench.gateway.json_bytes import decode
from codingagentbench.gateway.wires import SHAPES, route_of, wire_of_client

_MAX_BODY = 128 << 20
_HUGE = 40 << 20


class Fault(Enum):
    """What the endpoint does wrong, with every call."""

    UNAUTHORIZED = "unauthorized"
    RATE_LIMITED = "rate_limited"
    """429 with Retry-After."""
    REJECTED = "rejected"
    """400."""
    SERVER_ERROR = "server_error"
    RESET = "reset"
    """The connection is reset before any answer."""
    CUT = "cut"
    """The connection is closed in the middle of the body, without its end."""
    UNFINISHED = "unfinished"
    """A stream that ends properly as HTTP, but without its last event."""
    NO_USAGE = "no_usage"
    NOT_JSON = "not_json"
    FAILED_INSIDE = "failed_inside"
    """Status 200, and an error object as the content."""
    CUT_BEFORE = "cut_before"
    """The connection is closed after the head of a good reply, before its first byte."""
    NONSENSE = "nonsense"
    """A stream of events that hold no JSON."""
    HUGE = "huge"
    """A body of 40 MB that is no JSON, under a good status."""
    SILENT = "silent"
    """Never answers."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class ControlEndpoint:
    """`async with ControlEndpoint(backend, model="m") as endpoint:` serves on `endpoint.base_url` until the end."""

    backend: ControlBackend
    model: str
    key: str | None = None
    fault: Fault | None = None
    chunk_bytes: int | None = None
    """Write streams in chunks of so many bytes, whatever they cut, instead of event by event."""
    pause_s: float = 0.0
    """Between the chunks of a stream, and before its end."""
    times: int | None = None
    """How many calls get the fault; None: every call."""
    retry_after: str = "1"
    """Of a 429."""
    at_once: int = 0
    most_at_once: int = 0
    """Calls under way, now and at most."""
    received: list[Received] = field(default_factory=list)
    reported: list[tuple[int, int]] = field(default_factory=list)
    """Prompt and completion tokens of every answer that reports usage, counted here and not read back from the wire."""
    base_url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> "ControlEndpoint":
        app = web.Application(client_max_size=_MAX_BODY)
        app.router.add_post("/{path:.*}", self._call)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        sock = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.base_url = f"http://127.0.0.1:{sock.getsockname()[1]}/v1"
        await web.SockSite(self._runner, sock).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.times is not None and len(self.received) >= self.times:
                self.fault = None
            return await self._answer(request)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        route, body = route_of(request.path, request.query), await request.read()
        wire = route.wire if route else wire_of_client(request.path, request.query, request.headers)
        self.received.append(Received(request.path, dict(request.headers), body))
        if (refusal := self._refusal(wire, request)) is not None:
            return refusal
        if route is None:
            return error_response(wire, 404, f"no such address: {request.path}", "not_found")
        if (spoilt := await self._spoilt(request)) is not None:
            return spoilt
        reports = self.fault is not Fault.NO_USAGE
        reply = answer(self.backend, wire, self.model, decode(body), route=route, reports_usage=reports)
        if reports and route.operation == "generate":
            self._count(wire, decode(body), stream=route.stream)
        return await self._send(request, reply, array=route.array)

    async def _spoilt(self, request: web.Request) -> web.StreamResponse | None:
        """No answer of the model's, but what the fault puts in its place; None where the model answers."""
        if self.fault is Fault.SILENT:
            await asyncio.Event().wait()
        if self.fault is Fault.RESET:
            return _reset(request)
        if self.fault is Fault.CUT_BEFORE:
            return await _cut_before(request)
        if self.fault is Fault.FAILED_INSIDE:
            return web.json_response({"error": {"message": "overloaded", "type": "server_error", "code": None}})
        return self._nonsense()

    def _nonsense(self) -> web.Response | None:
        if self.fault is Fault.NONSENSE:
            return web.Response(body=b"data: {nonsense\n\ndata: [DONE]\n\n", headers=STREAM_HEADERS)
        if self.fault is Fault.HUGE:
            return web.Response(body=bytes(_HUGE), content_type="application/json")
        if self.fault is Fault.NOT_JSON:
            return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
        return None

    def _count(self, wire: str, request: dict[str, Any], *, stream: bool | None) -> None:
        talk = read_conversation(wire, request, stream=stream)
        self.reported.append((talk.prompt_tokens, reply_tokens(decide(self.backend, talk))))

    def _refusal(self, wire: str, request: web.Request) -> web.Response | None:
        wrong_key = self.key is not None and not self._is_right(request, wire, self.key)
        if wrong_key or self.fault is Fault.UNAUTHORIZED:
            return error_response(wire, 401, "wrong key", "invalid_api_key")
        if self.fault is Fault.RATE_LIMITED:
            refusal = error_response(wire, 429, "too many requests", "rate_limit_exceeded")
            refusal.headers["Retry-After"] = self.retry_after
            return refusal
        if self.fault is Fault.REJECTED:
            return error_response(wire, 400, "no such parameter", "unknown_parameter")
        if self.fault is Fault.SERVER_ERROR:
            return error_response(wire, 500, "out of order", "internal_error")
        return None

    @staticmethod
    def _is_right(request: web.Request, wire: str, key: str) -> bool:
        """A vendor looks at its own header only."""
        header, value = SHAPES[wire].credential(key)
        given = request.headers.get(header, "").encode("utf-8", "surrogateescape")
        return hmac.compare_digest(given, value.encode())

    async def _send(self, request: web.Request, reply: bytes | Sequence[bytes], *, array: bool) -> web.StreamResponse:
        whole = isinstance(reply, bytes)
        body = reply if isinstance(reply, bytes) else b"".join(reply)
        headers = {"Content-Type": "application/json"} if whole else dict(ARRAY_HEADERS if array else STREAM_HEADERS)
        if whole:
            headers["Content-Length"] = str(len(body))
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        chunks = self._chunks([body] if isinstance(reply, bytes) else reply)
        for chunk in self._unfinished(chunks):
            await response.write(chunk)
            await asyncio.sleep(self.pause_s)
        if self.fault is Fault.CUT and request.transport is not None:
            request.transport.close()
            return response
        await response.write_eof()
        return response

    def _chunks(self, parts: Sequence[bytes]) -> list[bytes]:
        if self.chunk_bytes is None:
            return list(parts)
        body, size = b"".join(parts), self.chunk_bytes
        return [body[at : at + size] for at in range(0, len(body), size)]

    def _unfinished(self, chunks: list[bytes]) -> list[bytes]:
        if self.fault is Fault.UNFINISHED:
            return chunks[:-1]
        if self.fault is Fault.CUT:
            middle = max(1, len(chunks) // 2)
            return [*chunks[: middle - 1], chunks[middle - 1][: max(1, len(chunks[middle - 1]) // 2)]]
        return chunks


async def _cut_before(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={**STREAM_HEADERS, "Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"")
    if request.transport is not None:
        request.transport.close()
    return response


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
