"""The gateway: one asyncio server for all cells of a sweep; each cell has a door, a token and a record of its own."""

import asyncio
import hashlib
import hmac
import secrets
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

from codingagentbench.errors import StoreError
from codingagentbench.gateway.backends import Backend, ControlBackend, EndpointBackend
from codingagentbench.gateway.bodies import BodyPack
from codingagentbench.gateway.controls.serve import answer
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.sse import EventReader
from codingagentbench.gateway.upstream import pass_through
from codingagentbench.gateway.wires import PATHS, error_body
from codingagentbench.store.record import ModelCall

MAX_REQUEST_BYTES = 64 << 20
_CLOSE_S = 5.0


class Gateway:
    """Use as `async with Gateway() as gateway`; upstream connections are shared by all cells."""

    def __init__(self) -> None:
        self._client: ClientSession | None = None

    async def __aenter__(self) -> "Gateway":
        timeout = ClientTimeout(total=None, sock_connect=15, sock_read=600)
        connector = TCPConnector(limit=0, keepalive_timeout=30)
        self._client = ClientSession(
            connector=connector, timeout=timeout, auto_decompress=False, cookie_jar=DummyCookieJar()
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()

    def open_cell(
        self,
        *,
        cell_id: str,
        model: str,
        backend: Backend,
        bodies: Path,
        on_call: Callable[[ModelCall], None] | None = None,
    ) -> "CellSession":
        """A session for one cell; `bodies` is the file that its bodies are packed into."""
        if self._client is None:
            msg = "the gateway is used outside of its `async with`"
            raise RuntimeError(msg)
        return CellSession(self._client, cell_id=cell_id, model=model, backend=backend, bodies=bodies, on_call=on_call)


class CellSession:
    """One cell's side of the gateway."""

    def __init__(
        self,
        client: ClientSession,
        *,
        cell_id: str,
        model: str,
        backend: Backend,
        bodies: Path,
        on_call: Callable[[ModelCall], None] | None,
    ) -> None:
        self.cell_id, self.model, self.backend = cell_id, model, backend
        self.token = f"cab-{secrets.token_urlsafe(24)}"
        self._token_hash = hashlib.sha256(self.token.encode()).digest()
        key = backend.key if isinstance(backend, EndpointBackend) else None
        self._pack = BodyPack(bodies, [self.token, key or ""])
        self._client = client
        self._on_call = on_call
        self._began = time.perf_counter()
        self._calls: list[ModelCall] = []
        self._count = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failure: OSError | None = None
        self._server: asyncio.Task[asyncio.Server] | None = None
        self._web: web.Server | None = None

    def listen(self, sock: socket.socket) -> None:
        """Accept on a socket that listens already; what connects before we are ready waits in its backlog."""
        self._web = web.Server(self._handle, access_log=None)
        self._server = asyncio.get_running_loop().create_task(_serve(self._web, sock))

    async def close(self) -> list[ModelCall]:
        """Stop accepting, end calls that are under way, and return all calls in their order.

        Raises StoreError when a call could not be recorded (a full disk).
        """
        if self._server is not None:
            (await self._server).close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_S)
        if self._web is not None:
            await self._web.shutdown(_CLOSE_S)
        if self._failure is not None:
            msg = f"a model call of {self.cell_id} could not be recorded: {self._failure.strerror}"
            raise StoreError(msg) from self._failure
        return sorted(self._calls, key=lambda call: call.number)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        wire = PATHS.get(request.path, "chat")
        if not self._is_authorised(request):
            return _error(wire, 401, "missing or wrong token: use the key that the cell was given", "invalid_api_key")
        if request.method == "GET" and request.path == "/v1/models":
            return web.json_response({"object": "list", "data": [{"id": self.model, "object": "model", "created": 0}]})
        if request.method != "POST" or request.path not in PATHS:
            known = ", ".join([*PATHS, "GET /v1/models"])
            return _error(wire, 404, f"no such address: {request.method} {request.path}: known: {known}", "not_found")
        if self._failure is not None:
            return _error(wire, 507, "calls cannot be recorded any more, so none is served", "server_error")
        body = await _read_body(request)
        if body is None:
            return _error(wire, 413, f"request larger than {MAX_REQUEST_BYTES} bytes", "invalid_request_error")
        return await self._call(request, wire, body)

    def _is_authorised(self, request: web.BaseRequest) -> bool:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return hmac.compare_digest(hashlib.sha256(given.encode()).digest(), self._token_hash)

    async def _call(self, request: web.BaseRequest, wire: str, body: bytes) -> web.StreamResponse:
        try:
            content = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            return _error(wire, 400, f"the request is no JSON: {error}", "invalid_request_error")
        if not isinstance(content, dict):
            return _error(wire, 400, "the request is no JSON object", "invalid_request_error")
        if content.get("model") != self.model:
            asked = str(content.get("model"))[:200]
            return _error(wire, 404, f"unknown model {asked!r}: this cell has {self.model!r}", "model_not_found")
        self._count += 1
        call = CallRecorder(self._count, wire, self.model, body, content.get("stream") is True, self._began)
        task = asyncio.current_task()
        if task is None:
            msg = "a request is handled outside of a task"
            raise RuntimeError(msg)
        self._tasks.add(task)
        try:
            return await self._answer(request, call, content)
        except (asyncio.CancelledError, ConnectionError):
            call.error = call.error or "client_disconnected"
            raise
        finally:
            await asyncio.shield(self._record(call))
            self._tasks.discard(task)

    async def _answer(
        self, request: web.BaseRequest, call: CallRecorder, content: dict[str, Any]
    ) -> web.StreamResponse:
        if isinstance(self.backend, EndpointBackend):
            return await pass_through(self._client, self.backend, request, call, content)
        return await _serve_control(self.backend, request, call, content)

    async def _record(self, call: CallRecorder) -> None:
        try:
            recorded = await call.finish(self._pack)
        except OSError as error:
            self._failure = error
            return
        self._calls.append(recorded)
        if self._on_call is not None:
            self._on_call(recorded)


async def _serve(handler: web.Server, sock: socket.socket) -> asyncio.Server:
    return await asyncio.get_running_loop().create_server(handler, sock=sock)


async def _serve_control(
    backend: ControlBackend, request: web.BaseRequest, call: CallRecorder, content: dict[str, Any]
) -> web.StreamResponse:
    reply = await asyncio.to_thread(partial(answer, backend, call.wire, call.model, content))
    call.status = 200
    if isinstance(reply, bytes):
        call.received(reply)
        call.meter.body(reply)
        return web.Response(body=reply, content_type="application/json")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    events = EventReader()
    for chunk in reply:
        call.received(chunk)
        for event in events.feed(chunk):
            call.meter.event(event)
        await response.write(chunk)
    await response.write_eof()
    return response


async def _read_body(request: web.BaseRequest) -> bytes | None:
    """The body; None where it is over the limit."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_REQUEST_BYTES:
            return None
    return bytes(body)


def _error(wire: str, status: int, message: str, kind: str) -> web.Response:
    return web.Response(status=status, body=error_body(wire, status, message, kind), content_type="application/json")
