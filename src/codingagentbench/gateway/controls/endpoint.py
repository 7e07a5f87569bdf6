"""The controls as an ordinary OpenAI-compatible endpoint over real HTTP, with faults on demand.

For tests and benchmarks, which drive the gateway's way to an endpoint with it.
"""

import asyncio
import hmac
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType

from aiohttp import web

from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.client_side import error_response
from codingagentbench.gateway.controls.serve import STREAM_HEADERS, answer
from codingagentbench.gateway.json_bytes import decode
from codingagentbench.gateway.wires import PATHS

_MAX_BODY = 128 << 20


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
    received: list[Received] = field(default_factory=list)
    base_url: str = ""
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> "ControlEndpoint":
        app = web.Application(client_max_size=_MAX_BODY)
        for path in PATHS:
            app.router.add_post(path, self._call)
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
        wire, body = PATHS[request.path], await request.read()
        self.received.append(Received(request.path, dict(request.headers), body))
        if (refusal := self._refusal(wire, request)) is not None:
            return refusal
        if self.fault is Fault.SILENT:
            await asyncio.Event().wait()
        if self.fault is Fault.RESET:
            return _reset(request)
        if self.fault is Fault.NOT_JSON:
            return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
        if self.fault is Fault.FAILED_INSIDE:
            return web.json_response({"error": {"message": "overloaded", "type": "server_error", "code": None}})
        reports = self.fault is not Fault.NO_USAGE
        reply = answer(self.backend, wire, self.model, decode(body), reports_usage=reports)
        return await self._send(request, reply)

    def _refusal(self, wire: str, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        wrong_key = self.key is not None and not hmac.compare_digest(given, f"Bearer {self.key}".encode())
        if wrong_key or self.fault is Fault.UNAUTHORIZED:
            return error_response(wire, 401, "wrong key", "invalid_api_key")
        if self.fault is Fault.RATE_LIMITED:
            refusal = error_response(wire, 429, "too many requests", "rate_limit_exceeded")
            refusal.headers["Retry-After"] = "1"
            return refusal
        if self.fault is Fault.REJECTED:
            return error_response(wire, 400, "no such parameter", "unknown_parameter")
        if self.fault is Fault.SERVER_ERROR:
            return error_response(wire, 500, "out of order", "internal_error")
        return None

    async def _send(self, request: web.Request, reply: bytes | Sequence[bytes]) -> web.StreamResponse:
        whole = isinstance(reply, bytes)
        body = reply if isinstance(reply, bytes) else b"".join(reply)
        headers = {"Content-Type": "application/json"} if whole else dict(STREAM_HEADERS)
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


def _reset(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
