"""Passing a call to its endpoint, byte for byte where nothing has to be changed, and metering what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, ClientSession, web
from multidict import CIMultiDict

from codingagentbench.gateway import client_side
from codingagentbench.gateway.backends import EndpointBackend
from codingagentbench.gateway.client_side import ClientGoneError
from codingagentbench.gateway.credentials import CREDENTIAL_HEADERS, endpoint_credential, offered_tokens
from codingagentbench.gateway.json_array import ArrayReader
from codingagentbench.gateway.recorder import CallRecorder, ReplyTooLargeError
from codingagentbench.gateway.request import ModelRequest
from codingagentbench.gateway.sse import EventReader, MalformedStreamError
from codingagentbench.gateway.translate import (
    ENDPOINT_PATHS,
    Translation,
    UntranslatableError,
    translate,
)
from codingagentbench.gateway.translated import estimated_count, streamed_reply, whole_reply
from codingagentbench.gateway.usage_switch import hides_usage, shown
from codingagentbench.gateway.wires import Route, endpoint_url, error_body, error_of_status

# RFC 9110, 7.6.1, and what belongs to one side only. Cookies and credentials never pass.
_NOT_FORWARDED = frozenset(
    {
        *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "proxy-connection"),
        *("content-encoding", "content-length", "content-type", "accept-encoding", "host"),
        *CREDENTIAL_HEADERS,
        *("cookie", "proxy-authenticate", "proxy-authorization"),
    }
)
_NOT_RETURNED = _NOT_FORWARDED - {"content-type"} | {"set-cookie"}
_OF_ONE_WIRE = ("anthropic-", "openai-", "x-goog-", "x-stainless-")
_GOOD = range(200, 300)


async def pass_through(
    client: ClientSession,
    backend: EndpointBackend,
    request: web.BaseRequest,
    call: CallRecorder,
    asked: ModelRequest,
    route: Route,
) -> web.StreamResponse:
    """Send the call on and bring its reply back. What fails is told to the client and recorded as what it is.

    Raises ClientGoneError when the client closed, and after a reply had to be broken off.
    """
    try:
        outgoing = _outgoing(backend, request, call, asked, route)
    except UntranslatableError as error:
        return _own_error(call, 400, str(error), "untranslatable")
    if isinstance(outgoing, web.Response):
        return outgoing
    hide_usage = hides_usage(call.wire, asked)
    try:
        async with client.post(
            outgoing.url, params=outgoing.query, data=outgoing.body, headers=outgoing.headers, allow_redirects=False
        ) as reply:
            call.status = reply.status
            streamed = _is_stream(reply, call, array=route.array and outgoing.translation is None)
            if outgoing.translation is not None:
                return await _translated(request, reply, call, outgoing.translation, streamed=streamed)
            if streamed:
                events = ArrayReader() if route.array else EventReader()
                return await _stream(request, reply, call, events, hide_usage=hide_usage)
            return await _whole(reply, call)
    except ClientGoneError:
        raise
    except (ReplyTooLargeError, ClientError, OSError) as error:  # a TimeoutError is an OSError
        return _failed(call, error)


@dataclass(frozen=True, slots=True)
class _Outgoing:
    """One request to the endpoint."""

    url: str
    query: Sequence[tuple[str, str]]
    body: bytes
    headers: CIMultiDict[str]
    translation: Translation | None = None


def _outgoing(
    backend: EndpointBackend, request: web.BaseRequest, call: CallRecorder, asked: ModelRequest, route: Route
) -> _Outgoing | web.Response:
    """The client's own request, or its translation where the endpoint does not speak the client's wire.

    A count of tokens that no endpoint of the other wire could give is answered here. Raises UntranslatableError.
    """
    if call.wire in backend.wires:
        return _Outgoing(
            url=endpoint_url(backend.base_url, route, backend.endpoint_model),
            query=[(name, value) for name, value in request.query.items() if name != "key"],
            body=asked.rewritten(model=backend.endpoint_model, ask_usage=hides_usage(call.wire, asked)),
            headers=_request_headers(request, backend, call.wire),
        )
    translation = translate(route, backend.wires, asked.content(), model=call.model, stream=call.stream)
    call.stripped_tools += tuple(translation.dropped_tools)
    if route.operation == "count_tokens":
        return estimated_count(call, translation)
    body = translation.body(backend.endpoint_model)
    call.translated(translation.endpoint_wire, body)
    return _Outgoing(
        url=backend.base_url + ENDPOINT_PATHS[translation.endpoint_wire],
        query=(),
        body=body,
        headers=_translated_headers(request, backend, translation.endpoint_wire),
        translation=translation,
    )


async def _translated(
    request: web.BaseRequest, reply: ClientResponse, call: CallRecorder, translation: Translation, *, streamed: bool
) -> web.StreamResponse:
    if streamed:
        return await streamed_reply(request, reply, call, translation)
    response = await whole_reply(reply, call, translation)
    if after := reply.headers.get("Retry-After"):
        response.headers["Retry-After"] = after
    return response


def _failed(call: CallRecorder, error: Exception) -> web.Response:
    """What the client is told where no reply has gone to it yet."""
    if isinstance(error, ReplyTooLargeError):
        return _own_error(call, 502, str(error), "endpoint_error")
    if call.status is not None:  # it had begun to answer
        return _own_error(call, 502, f"the endpoint broke its answer off: {error}", "endpoint_stream_cut")
    if isinstance(error, TimeoutError):
        return _own_error(call, 504, "the endpoint did not answer in time", "endpoint_unreachable")
    return _own_error(call, 502, f"the endpoint cannot be reached: {error}", "endpoint_unreachable")


def _is_stream(reply: ClientResponse, call: CallRecorder, *, array: bool) -> bool:
    """By what the reply says it is; some endpoints forget to say so, and then by what was asked."""
    if reply.status not in _GOOD or (reply.content_type == "application/json" and not array):
        return False
    return call.stream or reply.content_type == "text/event-stream"


async def _whole(reply: ClientResponse, call: CallRecorder) -> web.Response:
    async for chunk in reply.content.iter_any():
        call.received(chunk)
    body = bytes(call.response)
    call.error = error_of_status(reply.status)
    if call.error is None:
        call.body(body)
        call.error = "endpoint_error" if call.stream else call.meter.error
    return web.Response(status=reply.status, body=body, headers=_reply_headers(reply))


async def _stream(
    request: web.BaseRequest,
    reply: ClientResponse,
    call: CallRecorder,
    events: EventReader | ArrayReader,
    *,
    hide_usage: bool,
) -> web.StreamResponse:
    """The reply's chunks go on as they come. A break in the transport is passed on as one, never closed properly."""
    response = web.StreamResponse(status=reply.status, headers=_reply_headers(reply))
    await client_side.start(response, request)
    try:
        await _copy(reply, response, call, events, hide_usage=hide_usage)
    except ClientGoneError:
        raise
    except (MalformedStreamError, ReplyTooLargeError) as error:
        call.error = "endpoint_error"
        raise client_side.break_off(request) from error
    except (ClientError, TimeoutError, OSError) as error:
        if not call.meter.ended:
            call.error = call.meter.error or "endpoint_stream_cut"
            raise client_side.break_off(request) from error
    call.error = call.meter.error or (None if call.meter.ended else "endpoint_stream_cut")
    return response


async def _copy(
    reply: ClientResponse,
    response: web.StreamResponse,
    call: CallRecorder,
    events: EventReader | ArrayReader,
    *,
    hide_usage: bool,
) -> None:
    async for chunk in reply.content.iter_any():
        call.received(chunk)
        if hide_usage:
            if visible := shown(events.feed(chunk), call):
                await client_side.write(response, visible)
            continue
        await client_side.write(response, chunk)
        for event in events.feed(chunk):
            call.event(event)
    last = events.close()
    ending = shown(last, call) + events.rest()
    if hide_usage and ending:
        await client_side.write(response, ending)


def _own_error(call: CallRecorder, status: int, message: str, error: str) -> web.Response:
    call.status, call.error = status, error
    call.response[:] = body = error_body(call.wire, status, message, error)
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")


def _request_headers(request: web.BaseRequest, backend: EndpointBackend, wire: str) -> CIMultiDict[str]:
    tokens = [token for token in offered_tokens(request) if token]
    headers = CIMultiDict(
        (k, v)
        for k, v in request.headers.items()
        if k.lower() not in _NOT_FORWARDED and not any(token in v for token in tokens)
    )
    headers["Accept-Encoding"] = "identity"
    headers["Content-Type"] = "application/json"
    headers.update(endpoint_credential(wire, backend.key))
    return headers


def _translated_headers(request: web.BaseRequest, backend: EndpointBackend, wire: str) -> CIMultiDict[str]:
    """Without those that speak of the client's own wire and its SDK."""
    headers = _request_headers(request, backend, wire)
    for name in [name for name in headers if name.lower().startswith(_OF_ONE_WIRE)]:
        headers.popall(name, None)
    if wire == "messages":
        headers["anthropic-version"] = "2023-06-01"
    return headers


def _reply_headers(reply: ClientResponse) -> CIMultiDict[str]:
    return CIMultiDict((k, v) for k, v in reply.headers.items() if k.lower() not in _NOT_RETURNED)
