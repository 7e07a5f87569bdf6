"""Writing to a cell's CLI, so that its hanging up is never taken for the endpoint's."""

from collections.abc import AsyncIterator

from aiohttp import ClientResponse, web

from codingagentbench.gateway.wires import error_body
from codingagentbench.scrub import Scrubber


class ClientGoneError(ConnectionError):
    """The client closed, or we broke off; nothing more can be sent to it."""


async def start(response: web.StreamResponse, request: web.BaseRequest) -> None:
    """Send the head. Raises ClientGoneError."""
    try:
        await response.prepare(request)
    except ConnectionError as error:
        raise ClientGoneError from error


async def begun(reply: ClientResponse, guard: Scrubber) -> AsyncIterator[bytes]:
    """A reply's chunks without what `guard` knows, once the first (or the end) is here; raises what reading it does."""
    chunks = reply.content.iter_any()
    first = await anext(chunks, b"")
    rest = _after(first, chunks)
    return guard.over(rest) if guard else rest


async def _after(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in chunks:
        yield chunk


async def write(response: web.StreamResponse, data: bytes) -> None:
    """Send bytes, waiting where the client is slow. Raises ClientGoneError."""
    try:
        await response.write(data)
    except ConnectionError as error:
        raise ClientGoneError from error


async def finish(response: web.StreamResponse, request: web.BaseRequest) -> None:
    """Send what is not sent yet, and the proper end. Raises ClientGoneError."""
    try:
        if not response.prepared:
            await response.prepare(request)
        await response.write_eof()
    except ConnectionError as error:
        raise ClientGoneError from error


def break_off(request: web.BaseRequest) -> ClientGoneError:
    """Close after what was sent, without the reply's end: a stream that was cut must not look complete."""
    if request.transport is not None:
        request.transport.close()
    return ClientGoneError("broken off, as the endpoint broke off")


def error_response(wire: str, status: int, message: str, code: str) -> web.Response:
    """An error in the wire's own shape."""
    return web.Response(
        status=status, body=error_body(wire, status, message, code), content_type="application/json", charset="utf-8"
    )
