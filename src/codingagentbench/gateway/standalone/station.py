"""The gateway as a server: one door for all clients, one session and one record for each of them."""

import asyncio
import datetime as dt
import hashlib
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
from aiohttp import web

from codingagentbench import __version__
from codingagentbench.catalog.gateway_config import Client, GatewayConfig
from codingagentbench.catalog.load import Catalog, ModelEntry
from codingagentbench.catalog.price import ModelPrice
from codingagentbench.catalog.prices import Quote, quote
from codingagentbench.errors import SetupError, StoreError
from codingagentbench.gateway.client_side import error_response
from codingagentbench.gateway.credentials import offered_tokens
from codingagentbench.gateway.door import Door
from codingagentbench.gateway.ledger import Account, Ledger
from codingagentbench.gateway.server import Gateway
from codingagentbench.gateway.session import CellSession, Served
from codingagentbench.gateway.standalone.journal import CallJournal
from codingagentbench.gateway.wires import route_of, wire_of_client
from codingagentbench.runner.backend import endpoint_backend

MAX_CONNECTIONS = 2048
MIN_TOKEN = 16
"""Characters of a token that is given: a shorter one can be guessed."""
_FREE_EVERY_S = 1.0
_BACKLOG = 1024
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all clients since the start."""

    calls: int
    failed: int


class Station:
    """`async with Station(config, folder, catalog, say) as station`: serves until the end of the block."""

    def __init__(self, config: GatewayConfig, folder: Path, catalog: Catalog, say: Say) -> None:
        self.config, self._catalog, self._say = config, catalog, say
        self.folder = folder / dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self.address = ""
        """Where it listens: http://HOST:PORT."""
        self._sessions: dict[str, CellSession] = {}
        """By the sha256 of the client's token."""
        self._calls = self._failed = 0
        self._stopped: str | None = None
        self._free_at, self._enough = 0.0, True
        self._door = Door(self._handle, MAX_CONNECTIONS)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Station":
        sock = _listening(self.config)
        try:
            self.folder.mkdir(parents=True)
            self._open_sessions(await self._stack.enter_async_context(Gateway()))
        except BaseException as error:
            sock.close()
            await self._stack.aclose()
            if not isinstance(error, OSError):
                raise
            msg = f"{self.folder}: records cannot be written there: {error.strerror}"
            raise StoreError(msg) from error
        host, port = sock.getsockname()[:2]
        self.address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._door.listen(sock)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Calls under way may end within `drain_s`; every call is recorded before this returns. Raises StoreError."""
        await self._door.stop_accepting()
        sessions = list(self._sessions.values())
        await asyncio.gather(*(session.drain(self.config.drain_s) for session in sessions))
        await self._door.close(1.0)
        ended = await asyncio.gather(*(session.close() for session in sessions), return_exceptions=True)
        await self._stack.aclose()
        for error in ended:
            if isinstance(error, BaseException):
                raise error

    @property
    def totals(self) -> Totals:
        """What was recorded so far."""
        return Totals(self._calls, self._failed)

    def _open_sessions(self, gateway: Gateway) -> None:
        backends = {entry.id: endpoint_backend(entry) for entry in _entries(self.config)}
        served = {
            name: Served(b, self._price([name, b.endpoint_model]), gateway.line(b)) for name, b in backends.items()
        }
        shared = Account("the gateway", self.config.budget)
        keys = [backend.key for backend in backends.values() if backend.key]
        facts = []
        for client in self.config.token or [Client(name="default")]:
            session = self._session(gateway, client, served, keys, shared)
            digest = client.sha256 or hashlib.sha256(session.token.encode()).hexdigest()
            if digest in self._sessions:
                msg = f"token {client.name!r} is the same as another client's: each needs its own"
                raise SetupError(msg)
            self._sessions[digest] = session
            facts.append({"name": client.name, "sha256": digest, "models": sorted(session.served)})
        about = {"version": __version__, "listen": self.config.listen, "clients": facts}
        (self.folder / "gateway.json").write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n")

    def _session(
        self, gateway: Gateway, client: Client, served: dict[str, Served], keys: Sequence[str], shared: Account
    ) -> CellSession:
        place = self.folder / client.name
        place.mkdir()
        token, journal = _given_token(client), CallJournal(place / "model_calls.jsonl")
        self._stack.callback(journal.close)
        session = gateway.open_client(
            name=client.name,
            served={name: s for name, s in served.items() if name in (client.models or served)},
            bodies=place / "bodies.zst",
            token=token,
            secrets=keys,
            journal=journal,
            on_call=lambda call: self._count(call.error),
            grant_tools=self.config.grant_tools,
        )
        own = Account(f"the token {client.name!r}", client.budget)
        session.spending.ledger = Ledger([a for a in (own, shared) if a.ceiling.model_dump(exclude_none=True)])
        if token is None and client.sha256 is None:
            self._say(f"token of {client.name!r}, shown this once: {session.token}")
        return session

    def _price(self, names: Sequence[str]) -> Quote | None:
        own = next((row for row in self.config.price if row.model in names), None)
        today = dt.datetime.now(dt.UTC).date()
        return _quoted(own) if own else quote(self._catalog.prices.values(), names, today)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/healthz":
            return self._health()
        route = route_of(request.path, request.query)
        wire = route.wire if route else wire_of_client(request.path, request.query, request.headers)
        session = next(self._of(offered_tokens(request)), None)
        if session is None:
            return error_response(wire, 401, "missing or wrong key: use a token of this gateway", "invalid_api_key")
        if route is not None and (words := self._why_stopped()):
            return error_response(wire, 507, f"calls cannot be recorded, so none is served: {words}", "store_failed")
        return await session.answer(request, route, wire)

    def _of(self, tokens: Iterable[str]) -> Iterator[CellSession]:
        """Compared by digest, so that the time it takes says nothing of a token."""
        for given in tokens:
            digest = hashlib.sha256(given.encode("utf-8", "surrogateescape")).hexdigest()
            if session := self._sessions.get(digest):
                yield session

    def _health(self) -> web.Response:
        words = self._why_stopped()
        about = {"status": "ok" if words is None else words, "version": __version__, "calls": self._calls}
        return web.json_response(about, status=200 if words is None else 503)

    def _count(self, error: str | None) -> None:
        self._calls += 1
        self._failed += error is not None

    def _why_stopped(self) -> str | None:
        """In words, where calls cannot be recorded; said once on the screen as well."""
        failed = next((s.recording.failure for s in self._sessions.values() if s.recording.failure is not None), None)
        words = f"recording failed: {failed.strerror}" if failed else self._low_disk()
        if words != self._stopped:
            self._say(words or "there is room for records again: calls are served")
            self._stopped = words
        return words

    def _low_disk(self) -> str | None:
        now = time.monotonic()
        if now >= self._free_at:
            self._enough = shutil.disk_usage(self.folder).free >= self.config.min_free_mib << 20
            self._free_at = now + _FREE_EVERY_S
        return None if self._enough else f"less than {self.config.min_free_mib} MiB free where calls are recorded"


def _given_token(client: Client) -> str | None:
    """The token that the environment has for a client. Raises SetupError where it is not there, or too short."""
    if client.env is None:
        return None
    token = os.environ.get(client.env, "")
    if len(token) < MIN_TOKEN:
        state = f"has {len(token)} characters" if token else "is not set"
        msg = f"token {client.name!r}: the environment variable {client.env} {state}: at least {MIN_TOKEN} are needed"
        raise SetupError(msg)
    return token


def _listening(config: GatewayConfig) -> socket.socket:
    host, port = config.address
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        msg = f"listen = {config.listen!r}: cannot be listened on: {os.strerror(error.errno or 0)}"
        raise SetupError(msg) from error


def _entries(config: GatewayConfig) -> list[ModelEntry]:
    return [
        ModelEntry(model.id, None, endpoint, model, Path(config.record))
        for endpoint in config.endpoint
        for model in endpoint.model
    ]


def _quoted(row: ModelPrice) -> Quote:
    digest = f"sha256:{hashlib.sha256(row.model_dump_json().encode()).hexdigest()}"
    return Quote(row.input, row.cache_read, row.cache_write, row.output, "config", digest)
