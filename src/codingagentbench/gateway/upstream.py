"""Passing a call to its endpoint, byte for byte where nothing has to be changed, and metering what comes back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import ClientError, ClientResponse, ClientSession, InvalidURL, SocketTimeoutError, web
from multidict import CIMultiDict

from codingagentbench.gateway import client_side
from codingagentbench.gateway.backends import EndpointBackend
from codingagentbench.gateway.client_side import ClientGoneError
from codingagentbench.gateway.credentials import CREDENTIAL_HEADERS, endpoint_credential, offered_tokens
from codingagentbench.gateway.endpoint.line import NotSentError, Way
from codingagentbench.gateway.endpoint.retry import is_retryable
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
from codingagentbench.gateway.wires import Route, endpoint_url
from codingagentbench.scrub import Scrubber

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
INPUT_BYTES_PER_TOKEN = 4
"""What a request is taken to weigh in the endpoint's limit of tokens a minute until it has said so itself."""


async def pass_through(
    client: ClientSession,
    backend: EndpointBackend,
    request: web.BaseRequest,
    call: CallRecorder,
    asked: ModelRequest,
    route: Route,
    way: Way,
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
    delivery = _Delivery(request, call, route, outgoing.translation, hide_usage=hides_usage(call.wire, asked))
    try:
        async with way.line.call(call, way.deadline):
            return await _tries(client, outgoing, delivery, way)
    except NotSentError as error:
        response = _own_error(call, error.status, str(error), error.row)
        response.headers["x-should-retry"] = "false"  # the vendors' own SDKs obey it
        return response


async def _tries(client: ClientSession, outgoing: "_Outgoing", delivery: "_Delivery", way: Way) -> web.StreamResponse:
    """One request after another until one is answered, or is not worth another: nothing went to the client so far.

    Raises NotSentError where the endpoint's rate limit leaves no time, ClientGoneError.
    """
    call = delivery.call
    tokens = len(outgoing.body) // INPUT_BYTES_PER_TOKEN
    while True:
        await way.line.turn(call, tokens, way.deadline)
        call.begin_try()
        failure: Exception | None = None
        headers: Mapping[str, str] = {}
        try:
            async with client.post(
                outgoing.url, params=outgoing.query, data=outgoing.body, headers=outgoing.headers, allow_redirects=False
            ) as reply:
                call.status, headers = reply.status, reply.headers
                pause = way.line.pause(call, headers, way.deadline) if is_retryable(reply.status) else None
                if pause is None:
                    return await delivery.of(reply)
        except ClientGoneError:
            raise
        except (ReplyTooLargeError, ClientError, OSError) as error:  # a TimeoutError is an OSError
            failure = error
            pause = way.line.pause(call, headers, way.deadline) if _is_passing(error) else None
        finally:
            way.line.settle(tokens, call)
        if pause is None and failure is not None:
            return _failed(call, failure)
        await way.line.rest(call, pause or 0.0)


def _is_passing(error: Exception) -> bool:
    """Whether another try may help. Who waited for the whole read timeout has waited long enough."""
    return not isinstance(error, ReplyTooLargeError | InvalidURL | SocketTimeoutError)


@dataclass(frozen=True, slots=True)
class _Delivery:
    """How a reply gets to the client."""

    request: web.BaseRequest
    call: CallRecorder
    route: Route
    translation: Translation | None
    hide_usage: bool

    async def of(self, reply: ClientResponse) -> web.StreamResponse:
        """The reply, as a stream where it is one. Raises what reading raises only before the first byte went on."""
        streamed = _is_stream(reply, self.call, array=self.route.array and self.translation is None)
        if self.translation is not None:
            return await _translated(self.request, reply, self.call, self.translation, streamed=streamed)
        if streamed:
            events = ArrayReader() if self.route.array else EventReader()
            return await _stream(self.request, reply, self.call, events, hide_usage=self.hide_usage)
        return await _whole(reply, self.call)


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
    body = call.key_guard.clean(bytes(call.response))
    call.error = call.failure(reply.status, body)
    if reply.status in _GOOD:
        call.body(body)
        call.error = "endpoint_error" if call.stream else call.meter.error
    return web.Response(status=reply.status, body=body, headers=_reply_headers(reply, call.key_guard))


async def _stream(
    request: web.BaseRequest,
    reply: ClientResponse,
    call: CallRecorder,
    events: EventReader | ArrayReader,
    *,
    hide_usage: bool,
) -> web.StreamResponse:
    """The reply's chunks go on as they come. A break in the transport is passed on as one, never closed properly.

    Before the first chunk nothing is sent, so that a break there can still be retried.
    """
    chunks = await client_side.begun(reply, call.key_guard)
    response = web.StreamResponse(status=reply.status, headers=_reply_headers(reply, call.key_guard))
    await client_side.start(response, request)
    try:
        await _copy(chunks, response, call, events, hide_usage=hide_usage)
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
    chunks: AsyncIterator[bytes],
    response: web.StreamResponse,
    call: CallRecorder,
    events: EventReader | ArrayReader,
    *,
    hide_usage: bool,
) -> None:
    async for chunk in chunks:
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
    body = call.refuse(status, message, error, error)
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


def _reply_headers(reply: ClientResponse, guard: Scrubber) -> CIMultiDict[str]:
    return CIMultiDict((k, guard.text(v)) for k, v in reply.headers.items() if k.lower() not in _NOT_RETURNED)
