"""The gateway: one asyncio server for all cells of a sweep; each cell has a door, a token and a record of its own."""

import asyncio
import errno
import hashlib
import hmac
import os
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from types import TracebackType
from typing import Protocol

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web

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
from codingagentbench.gateway.ledger import Amount, BudgetSpentError, Ledger, estimated, reservation, used
from codingagentbench.gateway.provider_tools import without_provider_tools
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.request import BadRequestError, ModelRequest, read_request
from codingagentbench.gateway.room import Room
from codingagentbench.gateway.upstream import pass_through
from codingagentbench.gateway.wires import ADDRESSES, SHAPES, Route, route_of, wire_of_client
from codingagentbench.scrub import Scrubber
from codingagentbench.store.record import ModelCall

MAX_REQUEST_BYTES = 64 << 20
MIN_FREE_BYTES = 2 * MAX_REQUEST_BYTES
"""Free on the disk that calls are recorded on, or none is served: room for the largest request and its reply."""
ROOM_BYTES = 4 * MAX_REQUEST_BYTES
"""Requests of one cell that are in memory at a time, until they are recorded; more wait unread."""
SPENT_STATUS, SPENT_CODE = {"responses": 429, "messages": 400}, "insufficient_quota"
"""What a CLI is told when its budget is spent (else 402); docs/decisions/budgets.md says how each of them takes it."""
SPENT_WORDS = {"chat": ' (insufficient credits, "code":402)', "messages": " (your credit balance is too low)"}
"""What follows the reason: the words by which LiteLLM's users and Anthropic's know that a retry cannot help."""
GRACE_CALLS, GRACE_S = 10, 30.0
"""Refused calls, and seconds from the first of them on, after which the sandbox is stopped."""
STOPPED_BY = frozenset({"budget_exhausted", "sweep_budget_spent", DIVERGED})
_CALL_BYTES = 64 << 10  # counted for every call, so that many small ones are bounded as well
_CLOSE_S = 5.0
SWITCH_INTERVAL_S = 0.0005
"""How long a recording thread may keep the interpreter while the loop waits for it; Python's own 5 ms are the p99 of 64
streams."""
_MODELS = re.compile(r"/v1(?:beta)?/models(?:/(.+))?")
_RECORDERS = 2  # threads; hashing and compression release the interpreter


@dataclass(frozen=True, slots=True)
class Served:
    """One model of a session: who answers it, what it costs, and the line to its endpoint."""

    backend: Backend
    price: Quote | None
    line: EndpointLine


class Journal(Protocol):
    """Takes each call as soon as its bodies are stored, in a recorder's thread."""

    def append(self, call: ModelCall) -> None:
        """Raises OSError."""

    def close(self) -> None:
        """No more calls."""


class Gateway:
    """Use as `async with Gateway() as gateway`; upstream connections and recording threads are shared by all cells."""

    def __init__(self) -> None:
        self._client: ClientSession | None = None
        self._lines: dict[tuple[str, str], EndpointLine] = {}
        self._recorders = ThreadPoolExecutor(_RECORDERS, thread_name_prefix="cab-record")

    async def __aenter__(self) -> "Gateway":
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        timeout = ClientTimeout(total=None, sock_connect=15, sock_read=600)
        connector = TCPConnector(limit=0, keepalive_timeout=30)
        self._client = ClientSession(connector=connector, timeout=timeout, cookie_jar=DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()
        await asyncio.to_thread(self._recorders.shutdown)

    def line(self, backend: EndpointBackend) -> EndpointLine:
        """What all cells of one endpoint share: rate limits, slots, breaker."""
        key = (backend.name, backend.base_url)
        if key not in self._lines:
            self._lines[key] = EndpointLine(backend.name, backend.policy)
        return self._lines[key]

    def open_cell(
        self,
        *,
        cell_id: str,
        model: str,
        backend: Backend,
        bodies: Path,
        on_call: Callable[[ModelCall], None] | None = None,
        price: Quote | None = None,
        grant_tools: Collection[ProviderTool] = (),
    ) -> "CellSession":
        """A session for one cell; `bodies` is the file that its bodies are packed into.

        `on_call` is called on the loop with each call once it is recorded, in the order in which they end.
        `grant_tools`: provider-side tools that are left in its requests.
        """
        if self._client is None:
            msg = "the gateway is used outside of its `async with`"
            raise RuntimeError(msg)
        session = CellSession(
            self._client, self._recorders, cell_id=cell_id, model=model, backend=backend, bodies=bodies, on_call=on_call
        )
        session.price, session.grant_tools = price, frozenset(grant_tools)
        if isinstance(backend, EndpointBackend):
            session.line = self.line(backend)
        return session

    def open_client(
        self,
        *,
        name: str,
        served: Mapping[str, Served],
        bodies: Path,
        token: str | None,
        secrets: Sequence[str],
        journal: Journal,
        on_call: Callable[[ModelCall], None],
        grant_tools: Collection[ProviderTool] = (),
    ) -> "CellSession":
        """A session that lasts: several models, records in a journal, nothing of a call kept in memory after it.

        `secrets`: what is taken out of all that is stored, besides the token.
        """
        if self._client is None:
            msg = "the gateway is used outside of its `async with`"
            raise RuntimeError(msg)
        model, first = next(iter(served.items()))
        session = CellSession(
            self._client,
            self._recorders,
            cell_id=name,
            model=model,
            backend=first.backend,
            bodies=bodies,
            on_call=on_call,
            token=token,
            secrets=secrets,
        )
        session.served, session.journal, session.grant_tools = served, journal, frozenset(grant_tools)
        return session


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
        self._pack = BodyPack(bodies, known)
        self.scrubber = Scrubber(known)
        """Of everything that is stored of this cell."""
        self._key_guard = Scrubber([key or "", *secrets])
        self._client, self._recorders = client, recorders
        self._on_call = on_call
        self.price: Quote | None = None
        self.grant_tools: Collection[ProviderTool] = ()
        self.served: Mapping[str, Served] = {}
        """By model, where there is more than `model` alone."""
        self.journal: Journal | None = None
        """Where calls go as they end; None: they are kept, for `close`."""
        self.ledger = Ledger()
        self.line = EndpointLine("none", EndpointPolicy())
        self.deadline: float | None = None
        """When the cell ends, a time of perf_counter; no wait for the endpoint goes past it."""
        self.stop = asyncio.Event()
        """Set when the CLI goes on asking after its budget is spent: its sandbox is to be stopped."""
        self._refusals = 0
        self._grace: asyncio.TimerHandle | None = None
        self._began = time.perf_counter()
        self._calls: list[ModelCall] = []
        self._count = 0
        self._room = Room(ROOM_BYTES)
        self._handling: set[asyncio.Task[object]] = set()
        self._ended: list[tuple[CallRecorder, int]] = []
        self._unsettled: dict[int, Amount] = {}
        """By call: reservations of calls whose tokens are still to be counted."""
        self._recording: asyncio.Task[None] | None = None
        self._failure: OSError | None = None
        self._door: Door | None = None

    def listen(self, sock: socket.socket) -> None:
        """Accept on a socket that listens already; what connects before we are ready waits in its backlog."""
        self._door = self._door or Door(self._handle)
        self._door.listen(sock)

    async def close(self) -> list[ModelCall]:
        """Stop accepting, end calls that are under way, and return all calls in their order.

        Raises StoreError when a call could not be recorded (a full disk).
        """
        if self._grace is not None:
            self._grace.cancel()
        if self._door is not None:
            await self._door.stop_accepting()
            for task in self._handling:
                task.cancel()
            if self._handling:
                await asyncio.wait(self._handling, timeout=_CLOSE_S)
            await self._door.close(_CLOSE_S)
        if self._recording is not None:
            await self._recording
        self._pack.close()
        if self.journal is not None:
            self.journal.close()
        if self._failure is not None:
            msg = f"a model call of {self.cell_id} could not be recorded: {self._failure.strerror}"
            raise StoreError(msg) from self._failure
        return sorted(self._calls, key=lambda call: call.number)

    async def drain(self, seconds: float) -> None:
        """Let calls that are under way end; those that have not by then are broken off."""
        if self._handling:
            await asyncio.wait(self._handling, timeout=seconds)
        for task in self._handling:
            task.cancel()
        if self._handling:
            await asyncio.wait(self._handling, timeout=_CLOSE_S)

    @property
    def failure(self) -> OSError | None:
        """Why calls cannot be recorded any more."""
        return self._failure

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
        if not self._can_record():
            return error_response(wire, 507, "calls cannot be recorded any more, so none is served", "store_failed")
        async with self._under_way():
            return await self._receive(request, route)

    def _can_record(self) -> bool:
        """False for good once a call could not be recorded, or the disk has less room than calls may take."""
        if self._failure is None:
            room = os.statvfs(self._pack.path.parent)
            if room.f_bavail * room.f_frsize < MIN_FREE_BYTES:
                self._failure = OSError(
                    errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: {MIN_FREE_BYTES >> 20} MiB are needed"
                )
        return self._failure is None

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
        await self._room.take(held)
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
                self._room.give_back(held)
            else:
                self._record_soon(call, held)

    async def _serve(
        self, request: web.BaseRequest, call: CallRecorder, asked: ModelRequest, route: Route, target: Served
    ) -> web.StreamResponse:
        """Answer to the last byte, so that recording, which comes after, delays nothing."""
        held: Amount | None = None
        backend = target.backend
        try:
            held = await self._reserve(call, asked, target)
            if isinstance(backend, EndpointBackend):
                response = await pass_through(
                    self._client, backend, request, call, asked, route, Way(target.line, self.deadline)
                )
            elif isinstance(backend, CassetteBackend):
                stored = self.scrubber.clean(call.request)
                response = await serve_recorded(backend.player, request, call, asked, route, stored)
                if call.error in STOPPED_BY:
                    self._count_refusal()
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
                self._settle(call, held)
        return response

    def _settle(self, call: CallRecorder, held: Amount) -> None:
        """At once where the endpoint said what was used; else when recording has counted it, reserved until then."""
        if call.needs_estimate:
            self._unsettled[call.number] = held
        else:
            self._settle_at(held, used(call, held))

    def _settle_at(self, held: Amount, spent: Amount) -> None:
        try:
            self.ledger.settle(held, spent)
        except OSError as error:  # what was spent could not be written down: no further call is served
            self._failure = self._failure or error

    async def _reserve(self, call: CallRecorder, asked: ModelRequest, target: Served) -> Amount | None:
        """Raises BudgetSpentError. What asks no model for an answer costs nothing and needs no budget."""
        if not self.ledger.limits or call.operation == "count_tokens":
            return None
        limit = target.backend.max_output_tokens if isinstance(target.backend, EndpointBackend) else None
        wanted = reservation(len(call.request), asked.fields, target.price, limit)
        await self.ledger.reserve(wanted)
        return wanted

    async def _refuse(
        self, request: web.BaseRequest, call: CallRecorder, spent: BudgetSpentError
    ) -> web.StreamResponse:
        """Say that the budget is spent, so that CLIs end; one that goes on asking is stopped after a while."""
        status = SPENT_STATUS.get(call.wire, 402)
        body = call.refuse(status, f"{spent}{SPENT_WORDS.get(call.wire, '')}", spent.row, SPENT_CODE)
        self._count_refusal()
        response = web.Response(status=status, body=body, content_type="application/json", charset="utf-8")
        response.headers["x-should-retry"] = "false"  # the vendors' own SDKs obey it
        try:
            await client_side.finish(response, request)
        except ClientGoneError:
            call.client_left()
            raise
        return response

    def _count_refusal(self) -> None:
        """A CLI that goes on asking is stopped after a while."""
        self._refusals += 1
        if self._refusals > GRACE_CALLS:
            self.stop.set()
        elif self._grace is None:
            self._grace = asyncio.get_running_loop().call_later(GRACE_S, self.stop.set)

    def _record_soon(self, call: CallRecorder, held: int) -> None:
        call.close()
        self._ended.append((call, held))
        if self._recording is None or self._recording.done():
            self._recording = asyncio.get_running_loop().create_task(self._record())

    async def _record(self) -> None:
        """Record what has ended, in a thread; what ends meanwhile goes together, for waking a thread costs 0.1 ms."""
        loop = asyncio.get_running_loop()
        while self._ended:
            batch, self._ended = self._ended, []
            calls = [call for call, _ in batch]
            recorded, failure = await loop.run_in_executor(self._recorders, _seal_all, calls, self._pack, self.journal)
            self._room.give_back(sum(held for _, held in batch))
            self._failure = self._failure or failure
            if self.journal is None:
                self._calls += recorded
            self._settle_counted(calls, recorded)
            if self._on_call is not None:
                for call in recorded:
                    self._on_call(call)

    def _settle_counted(self, calls: list[CallRecorder], recorded: list[ModelCall]) -> None:
        """Settle what waited for its tokens to be counted; what could not be recorded used its reservation."""
        counted = {call.number: call for call in recorded}
        for call in calls:
            if (held := self._unsettled.pop(call.number, None)) is not None:
                done = counted.get(call.number)
                self._settle_at(held, held if done is None else estimated(done, held))


def _seal_all(
    calls: list[CallRecorder], pack: BodyPack, journal: Journal | None
) -> tuple[list[ModelCall], OSError | None]:
    """The records, and what stopped the recording where something did."""
    recorded: list[ModelCall] = []
    try:
        for call in calls:
            sealed = call.seal(pack)
            if journal is not None:
                journal.append(sealed)
            recorded.append(sealed)
    except OSError as error:
        return recorded, error
    return recorded, None


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
