"""Writing to a cell's CLI, so that its hanging up is never taken for the endpoint's."""

from aiohttp import web

from codingagentbench.gateway.wires import error_body


class ClientGoneError(ConnectionError):
    """The client closed, or we broke off; nothing more can be sent to it."""


async def start(response: web.StreamResponse, request: web.BaseRequest) -> None:
    """Send the head. Raises ClientGoneError."""
    try:
        await response.prepare(request)
    except ConnectionError as error:
        raise ClientGoneError from error


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
