"""The gateway: one asyncio server for all cells of a sweep; each cell has a door, a token and a record of its own."""

import asyncio
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from codingagentbench.catalog.prices import Quote
from codingagentbench.catalog.sweep import ProviderTool
from codingagentbench.gateway.backends import Backend, EndpointBackend
from codingagentbench.gateway.endpoint.line import EndpointLine
from codingagentbench.gateway.recording import Journal
from codingagentbench.gateway.session import CellSession, Served
from codingagentbench.store.record import ModelCall

SWITCH_INTERVAL_S = 0.0005
"""How long a recording thread may keep the interpreter while the loop waits for it; Python's own 5 ms are the p99 of 64
streams."""
_RECORDERS = 2  # threads; hashing and compression release the interpreter


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
        session.served, session.grant_tools = served, frozenset(grant_tools)
        session.recording.journal = journal
        return session
