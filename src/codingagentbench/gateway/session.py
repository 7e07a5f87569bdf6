"""One cell's side of the gateway: its token, its models, and the way of a request through it."""

import asyncio
import hashlib
import hmac
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from aiohttp import ClientSession, web

from codingagentbench.catalog.prices import Quote
from codingagentbench.catalog.sweep import ProviderTool
from codingagentbench.errors import StoreError
from codingagentbench.gateway import client_side
from codingagentbench.gateway.backends import Backend, CassetteBackend, EndpointBackend
from codingagentbench.gateway.bodies import BodyPack
from codingagentbench.gateway.cassettes.serve import DIVERGED, serve_recorded
from codingagentbench.gateway.client_side import ClientGoneError, error_response
from codingagentbench.gateway.controls.serve import serve_control
from codingagentbench.gateway.credentials import offered_tokens
from codingagentbench.gateway.door import Door
from codingagentbench.gateway.endpoint.line import EndpointLine, Way
from codingagentbench.gateway.endpoint.policy import EndpointPolicy
from codingagentbench.gateway.ledger import Amount, BudgetSpentError
from codingagentbench.gateway.provider_tools import without_provider_tools
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.recording import Recording
from codingagentbench.gateway.request import MAX_REQUEST_BYTES, BadRequestError, ModelRequest, read_request
from codingagentbench.gateway.spending import Spending
from codingagentbench.gateway.upstream import pass_through
from codingagentbench.gateway.wires import ADDRESSES, SHAPES, Route, route_of, wire_of_client
from codingagentbench.scrub import Scrubber
from codingagentbench.store.record import ModelCall

STOPPED_BY = frozenset({"budget_exhausted", "sweep_budget_spent", DIVERGED})
_CALL_BYTES = 64 << 10  # counted for every call, so that many small ones are bounded as well
_CLOSE_S = 5.0
_MODELS = re.compile(r"/v1(?:beta)?/models(?:/(.+))?")


@dataclass(frozen=True, slots=True)
class Served:
    """One model of a session: who answers it, what it costs, and the line to its endpoint."""

    backend: Backend
    price: Quote | None
    line: EndpointLine


class CellSession:
    """One cell's side of the gateway."""

    def __init__(
        self,
        client: ClientSession,
        recorders: ThreadPoolExecutor,
        *,
        cell_id: str,
        model: str,
        backend: Backend,
        bodies: Path,
        on_call: Callable[[ModelCall], None] | None,
        token: str | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self.cell_id, self.model, self.backend = cell_id, model, backend
        self.token = token or f"cab-{token_urlsafe(24)}"
        self._token_hash = hashlib.sha256(self.token.encode()).digest()
        key = backend.key if isinstance(backend, EndpointBackend) else None
        known = [self.token, key or "", *secrets]
        self.scrubber = Scrubber(known)
        """Of everything that is stored of this cell."""
        self._key_guard = Scrubber([key or "", *secrets])
        self._client = client
        self._on_call = on_call
        self.price: Quote | None = None
        self.grant_tools: Collection[ProviderTool] = ()
        self.served: Mapping[str, Served] = {}
        """By model, where there is more than `model` alone."""
        self.recording = Recording(recorders, BodyPack(bodies, known), self._recorded)
        self.spending = Spending(self.recording.fail)
        self.line = EndpointLine("none", EndpointPolicy())
        self.deadline: float | None = None
        """When the cell ends, a time of perf_counter; no wait for the endpoint goes past it."""
        self._began = time.perf_counter()
        self._count = 0
        self._handling: set[asyncio.Task[object]] = set()
        self._door: Door | None = None

    def listen(self, sock: socket.socket) -> None:
        """Accept on a socket that listens already; what connects before we are ready waits in its backlog."""
        self._door = self._door or Door(self._handle)
        self._door.listen(sock)

    async def close(self) -> list[ModelCall]:
        """Stop accepting, end calls that are under way, and return all calls in their order.

        Raises StoreError when a call could not be recorded (a full disk).
        """
        self.spending.close()
        if self._door is not None:
            await self._door.stop_accepting()
            for task in self._handling:
                task.cancel()
            if self._handling:
                await asyncio.wait(self._handling, timeout=_CLOSE_S)
            await self._door.close(_CLOSE_S)
        calls = await self.recording.close()
        if (failure := self.recording.failure) is not None:
            msg = f"a model call of {self.cell_id} could not be recorded: {failure.strerror}"
            raise StoreError(msg) from failure
        return calls

    async def drain(self, seconds: float) -> None:
        """Let calls that are under way end; those that have not by then are broken off."""
        if self._handling:
            await asyncio.wait(self._handling, timeout=seconds)
        for task in self._handling:
            task.cancel()
        if self._handling:
            await asyncio.wait(self._handling, timeout=_CLOSE_S)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        route = route_of(request.path, request.query)
        wire = route.wire if route else wire_of_client(request.path, request.query, request.headers)
        if not self._is_authorised(request):
            return error_response(wire, 401, "missing or wrong key: use the one that was given", "invalid_api_key")
        return await self.answer(request, route, wire)

    async def answer(self, request: web.BaseRequest, route: Route | None, wire: str) -> web.StreamResponse:
        """Answer a request whose key was right."""
        if request.method == "GET" and (models := _MODELS.fullmatch(request.path)):
            return self._models(wire, models[1])
        if request.method != "POST" or route is None:
            asked = f"{request.method} {request.path}"[:200]
            return error_response(wire, 404, f"no such address: {asked}: known: {', '.join(ADDRESSES)}", "not_found")
        if not self.recording.is_possible():
            return error_response(wire, 507, "calls cannot be recorded any more, so none is served", "store_failed")
        async with self._under_way():
            return await self._receive(request, route)

    def _is_authorised(self, request: web.BaseRequest) -> bool:
        digests = [
            hashlib.sha256(given.encode("utf-8", "surrogateescape")).digest() for given in offered_tokens(request)
        ]
        return any(hmac.compare_digest(digest, self._token_hash) for digest in digests)

    def _models(self, wire: str, asked: str | None) -> web.Response:
        """Answered here, in the client's shape: whatever the endpoint has, there are only these."""
        if asked is None:
            return web.json_response(SHAPES[wire].models(*self._known))
        if asked not in self._known:
            return self._unknown_model(wire, asked)
        return web.json_response(SHAPES[wire].model(asked))

    @property
    def _known(self) -> Sequence[str]:
        return list(self.served) or [self.model]

    def _target(self, model: object) -> Served | None:
        if self.served:
            return self.served.get(model) if isinstance(model, str) else None
        return Served(self.backend, self.price, self.line) if model == self.model else None

    def _unknown_model(self, wire: str, asked: object) -> web.Response:
        message = f"unknown model {str(asked)[:200]!r}: known here: {', '.join(self._known)}"
        return error_response(wire, 404, message, "model_not_found")

    @asynccontextmanager
    async def _under_way(self) -> AsyncIterator[None]:
        """Known to `close` while it lasts."""
        task = asyncio.current_task()
        if task is None:
            msg = "a request is handled outside of a task"
            raise RuntimeError(msg)
        self._handling.add(task)
        try:
            yield
        finally:
            self._handling.discard(task)

    async def _receive(self, request: web.BaseRequest, route: Route) -> web.StreamResponse:
        """Read the request into memory when there is room for it; the room is free again once it is recorded."""
        wire = route.wire
        size = MAX_REQUEST_BYTES if request.content_length is None else request.content_length
        if size > MAX_REQUEST_BYTES:
            return _too_large(wire)
        if request.headers.get("Content-Encoding"):
            size = MAX_REQUEST_BYTES
        held = size + _CALL_BYTES
        await self.recording.room.take(held)
        call: CallRecorder | None = None
        try:
            body = await _read_body(request)
            if body is None:
                return _too_large(wire)
            asked = read_request(body, route)
            target = self._target(asked.model)
            if target is None:
                return self._unknown_model(wire, asked.model)
            self._count += 1
            asked, stripped = without_provider_tools(wire, asked, self.grant_tools)
            call = CallRecorder(
                self._count, wire, str(asked.model), body, asked.stream, self._began, route.operation, stripped
            )
            call.price, call.key_guard = target.price, self._key_guard
            return await self._serve(request, call, asked, route, target)
        except BadRequestError as error:
            return error_response(wire, 400, str(error), "invalid_json")
        finally:
            if call is None:
                self.recording.room.give_back(held)
            else:
                self.recording.add(call, held)

    async def _serve(
        self, request: web.BaseRequest, call: CallRecorder, asked: ModelRequest, route: Route, target: Served
    ) -> web.StreamResponse:
        """Answer to the last byte, so that recording, which comes after, delays nothing."""
        held: Amount | None = None
        backend = target.backend
        try:
            held = await self.spending.reserve(call, asked, backend, target.price)
            if isinstance(backend, EndpointBackend):
                response = await pass_through(
                    self._client, backend, request, call, asked, route, Way(target.line, self.deadline)
                )
            elif isinstance(backend, CassetteBackend):
                stored = self.scrubber.clean(call.request)
                response = await serve_recorded(backend.player, request, call, asked, route, stored)
                if call.error in STOPPED_BY:
                    self.spending.count_refusal()
            else:
                response = await serve_control(backend, request, call, asked, route)
            await client_side.finish(response, request)
        except BudgetSpentError as spent:
            return await self._refuse(request, call, spent)
        except (asyncio.CancelledError, ClientGoneError):
            call.client_left()
            raise
        finally:
            if held is not None:
                self.spending.settle(call, held)
        return response

    async def _refuse(
        self, request: web.BaseRequest, call: CallRecorder, spent: BudgetSpentError
    ) -> web.StreamResponse:
        response = self.spending.refuse(call, spent)
        try:
            await client_side.finish(response, request)
        except ClientGoneError:
            call.client_left()
            raise
        return response

    def _recorded(self, calls: list[CallRecorder], recorded: list[ModelCall]) -> None:
        self.spending.settle_counted(calls, recorded)
        if self._on_call is not None:
            for call in recorded:
                self._on_call(call)


def _too_large(wire: str) -> web.Response:
    message = f"the request is larger than {MAX_REQUEST_BYTES} bytes"
    return error_response(wire, 413, message, "request_too_large")


async def _read_body(request: web.BaseRequest) -> bytes | None:
    """The body; None where it is over the limit."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_REQUEST_BYTES:
            return None
    return bytes(body)
