"""A cell's door: the HTTP server on the one socket inside its sandbox. What is behind it is hostile."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from codingagentbench.gateway.client_side import error_response
from codingagentbench.gateway.wires import wire_of_client

MAX_CONNECTIONS = 256
"""At a time, per cell: file descriptors are shared by all cells of a sweep."""
_SERVER_ERROR = 500
_SHOWN = 500
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

# A sandbox may send anything at all; what is no HTTP is answered with 400 and is no event worth a line on our screen.
_log = logging.getLogger("codingagentbench.gateway")


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Not a client that hung up or was broken off (the call's record says so), nor one that speaks no HTTP."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, ConnectionError | HttpProcessingError)


_log.addFilter(_worth_a_line)


class Door:
    """Accepts on the sockets that it is given, and counts the connections."""

    def __init__(self, handler: Handler, max_connections: int = MAX_CONNECTIONS) -> None:
        self._max_connections = max_connections
        self._web = _Server(handler, handler_cancellation=True)
        self._starting: list[asyncio.Task[asyncio.Server]] = []

    def listen(self, sock: socket.socket) -> None:
        """Begin to accept on a listening socket; who connects before we are ready waits in its backlog."""
        loop = asyncio.get_running_loop()
        self._starting.append(loop.create_task(loop.create_server(self._protocol, sock=sock)))

    async def stop_accepting(self) -> None:
        """No new connections from here on."""
        for starting in self._starting:
            (await starting).close()

    async def close(self, timeout_s: float) -> None:
        """Close every connection."""
        await self.stop_accepting()
        self._web.pre_shutdown()  # idle connections would be waited for as long as busy ones
        await self._web.shutdown(timeout_s)

    def _protocol(self) -> asyncio.BaseProtocol:
        return self._web() if len(self._web.connections) < self._max_connections else _Full()


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        loop = asyncio.get_running_loop()
        return _Connection(self, loop=loop, access_log=None, logger=_log)  # type: ignore[arg-type]  # None: no such log


class _Connection(web.RequestHandler):
    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What is no HTTP, and an error of ours: told in the shape of a wire as well."""
        super().handle_error(request, status, exc, message)  # writes the log
        wire = wire_of_client(request.path, request.query, request.headers)
        ours = status >= _SERVER_ERROR
        words = "an error of the gateway itself" if ours else (message or "this is no HTTP")[:_SHOWN]
        response = error_response(wire, status, words, "internal_error" if ours else "bad_request")
        response.force_close()
        return response


class _Full(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()
