"""Passing a call to its endpoint, byte for byte where nothing has to be changed, and metering what comes back."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, web
from multidict import CIMultiDict

from codingagentbench.gateway.backends import EndpointBackend
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.sse import Event, EventReader, MalformedStreamError
from codingagentbench.gateway.wires import error_body

_ENDPOINT_PATH = {"chat": "/chat/completions", "responses": "/responses"}
# RFC 9110, 7.6.1, and what belongs to one side only. Cookies and credentials never pass.
_NOT_FORWARDED = frozenset(
    {
        *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect"),
        *("content-encoding", "content-length", "accept-encoding", "host"),
        *("authorization", "x-api-key", "cookie", "set-cookie", "proxy-authenticate", "proxy-authorization"),
    }
)
_ERRORS = {401: "endpoint_unauthorized", 403: "endpoint_unauthorized", 429: "endpoint_rate_limited"}
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


async def pass_through(
    client: ClientSession,
    backend: EndpointBackend,
    request: web.BaseRequest,
    call: CallRecorder,
    content: dict[str, Any],
) -> web.StreamResponse:
    """Send the call on and bring its reply back. What fails is told to the client and recorded as what it is."""
    if call.wire not in backend.wires:
        spoken = ", ".join(backend.wires)
        return _own_error(
            call, 400, f"the endpoint does not speak {call.wire}: it speaks {spoken}", "endpoint_rejected"
        )
    hide_usage = _asks_no_usage(call, content)
    body = _request_body(call, content, backend, ask_usage=hide_usage)
    try:
        async with client.post(
            backend.base_url + _ENDPOINT_PATH[call.wire],
            data=body,
            headers=_request_headers(request, backend),
            allow_redirects=False,
        ) as reply:
            call.status = reply.status
            if reply.content_type == "text/event-stream":
                return await _stream(request, reply, call, hide_usage=hide_usage)
            return await _whole(reply, call)
    except TimeoutError:
        return _own_error(call, 504, "the endpoint did not answer in time", "endpoint_unreachable")
    except (ClientError, OSError) as error:
        if call.first_byte is not None:  # it had begun to answer
            return _own_error(call, 502, f"the endpoint broke off: {error}", "endpoint_stream_cut")
        return _own_error(call, 502, f"the endpoint cannot be reached: {error}", "endpoint_unreachable")


async def _whole(reply: ClientResponse, call: CallRecorder) -> web.Response:
    async for chunk in reply.content.iter_any():
        call.received(chunk)
    call.error = _error_of(reply.status)
    body = bytes(call.response)
    if call.error is None:
        call.meter.body(body)
        call.error = "endpoint_error" if call.meter.malformed or call.stream else None
    return web.Response(status=reply.status, body=body, headers=_reply_headers(reply))


async def _stream(
    request: web.BaseRequest, reply: ClientResponse, call: CallRecorder, *, hide_usage: bool
) -> web.StreamResponse:
    """Chunks go on as they come; where the usage chunk has to be hidden, whole events go on."""
    response = web.StreamResponse(status=reply.status, headers=_reply_headers(reply))
    await response.prepare(request)
    events = EventReader()
    try:
        async for chunk in reply.content.iter_any():
            call.received(chunk)
            if not hide_usage:
                await response.write(chunk)
            for event in events.feed(chunk):
                data = call.meter.event(event)
                if hide_usage and not _is_usage_chunk(event, data):
                    await response.write(event.raw)
        call.error = _stream_error(reply.status, call)
    except (ClientError, TimeoutError):
        call.error = "endpoint_stream_cut"
    except MalformedStreamError:
        call.error = "endpoint_error"
    if call.error is not None and reply.status < _CLIENT_ERROR:
        _break_off(request)  # a stream that was cut must not look complete to the client
        return response
    if hide_usage and (rest := events.rest()):
        await response.write(rest)
    await response.write_eof()
    return response


def _stream_error(status: int, call: CallRecorder) -> str | None:
    if (error := _error_of(status)) is not None:
        return error
    if not call.meter.ended:
        return "endpoint_stream_cut"
    return "endpoint_error" if call.meter.malformed else None


def _error_of(status: int) -> str | None:
    if status < _CLIENT_ERROR:
        return None
    return _ERRORS.get(status, "endpoint_error" if status >= _SERVER_ERROR else "endpoint_rejected")


def _own_error(call: CallRecorder, status: int, message: str, error: str) -> web.Response:
    call.status, call.error = status, error
    body = error_body(call.wire, status, message, error)
    return web.Response(status=status, body=body, content_type="application/json")


def _break_off(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()


def _asks_no_usage(call: CallRecorder, content: Mapping[str, Any]) -> bool:
    options = content.get("stream_options")
    asked = isinstance(options, dict) and options.get("include_usage") is True
    return call.wire == "chat" and call.stream and not asked


def _is_usage_chunk(event: Event, data: object) -> bool:
    return bool(event.data) and isinstance(data, dict) and data.get("choices") == [] and data.get("usage") is not None


def _request_body(call: CallRecorder, content: dict[str, Any], backend: EndpointBackend, *, ask_usage: bool) -> bytes:
    if not ask_usage and backend.endpoint_model == call.model:
        return call.request
    changed = {**content, "model": backend.endpoint_model}
    if ask_usage:
        options = content.get("stream_options")
        changed["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    return json.dumps(changed, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _request_headers(request: web.BaseRequest, backend: EndpointBackend) -> CIMultiDict[str]:
    headers = CIMultiDict((k, v) for k, v in request.headers.items() if k.lower() not in _NOT_FORWARDED)
    headers["Accept-Encoding"] = "identity"
    headers["Content-Type"] = "application/json"
    if backend.key:
        headers["Authorization"] = f"Bearer {backend.key}"
    return headers


def _reply_headers(reply: ClientResponse) -> CIMultiDict[str]:
    return CIMultiDict((k, v) for k, v in reply.headers.items() if k.lower() not in _NOT_FORWARDED)
