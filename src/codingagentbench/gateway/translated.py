"""The reply to a call that was translated: read on the endpoint's wire, metered there, and written on the client's."""

from collections.abc import AsyncIterator

from aiohttp import ClientError, ClientResponse, web
from multidict import CIMultiDict

from codingagentbench.gateway import client_side
from codingagentbench.gateway.client_side import ClientGoneError
from codingagentbench.gateway.json_bytes import decode, encode
from codingagentbench.gateway.recorder import CallRecorder, ReplyTooLargeError
from codingagentbench.gateway.sse import Event, EventReader, MalformedStreamError
from codingagentbench.gateway.translate import Translation, UntranslatableError, estimated_tokens
from codingagentbench.gateway.wires import error_body

_MOST_OF_A_MESSAGE = 2000  # characters of an error page that is no JSON


async def whole_reply(reply: ClientResponse, call: CallRecorder, translation: Translation) -> web.Response:
    """A reply that is no stream; an error comes in the client's shape, with the status and the words it had."""
    async for chunk in reply.content.iter_any():
        call.received(chunk)
    body = call.key_guard.clean(bytes(call.from_endpoint))
    call.error = call.failure(reply.status, body)
    if call.error is not None or call.meter.refusal is not None:
        return answered(call, reply.status, *_words(body))
    call.body(body)
    if call.meter.error is not None or call.stream:
        call.error = call.meter.error or "endpoint_error"
        return answered(call, 502, *_words(body))
    try:
        translated = translation.whole(body)
    except UntranslatableError as error:
        call.error = "endpoint_error"
        return answered(call, 502, str(error), "bad_reply")
    call.sent(translated)
    return web.Response(status=reply.status, body=translated, content_type="application/json", charset="utf-8")


def estimated_count(call: CallRecorder, translation: Translation) -> web.Response:
    """Answers a count of tokens, which endpoints of the other wires cannot; CLIs use it to see when to summarise."""
    tokens = estimated_tokens(translation.chat)
    body = encode({"totalTokens": tokens} if call.wire == "gemini" else {"input_tokens": tokens})
    call.status = 200
    call.meter.ended = True
    call.sent(body)
    return web.Response(body=body, content_type="application/json", charset="utf-8")


def answered(call: CallRecorder, status: int, message: str, code: str) -> web.Response:
    """An error in the client's shape, kept as what the client got."""
    call.status = status
    body = error_body(call.wire, status, message, code)
    call.sent(body)
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")


async def streamed_reply(
    request: web.BaseRequest, reply: ClientResponse, call: CallRecorder, translation: Translation
) -> web.StreamResponse:
    """Events as they come. One that was cut is broken off: nothing here ends a stream that the endpoint did not end.

    Raises ClientGoneError.
    """
    headers = CIMultiDict({"Content-Type": translation.content_type, "Cache-Control": "no-cache"})
    chunks = await client_side.begun(reply, call.key_guard)
    response = web.StreamResponse(status=reply.status, headers=headers)
    await client_side.start(response, request)
    try:
        await _send(response, call, translation.begin())
        await _copy(chunks, response, call, translation)
    except ClientGoneError:
        raise
    except (MalformedStreamError, ReplyTooLargeError, UntranslatableError) as error:
        call.error = "endpoint_error"
        raise client_side.break_off(request) from error
    except (ClientError, TimeoutError, OSError) as error:
        if not call.meter.ended:
            call.error = call.meter.error or "endpoint_stream_cut"
            raise client_side.break_off(request) from error
    call.error = call.meter.error or (None if call.meter.ended else "endpoint_stream_cut")
    if not translation.ended:
        raise client_side.break_off(request)
    return response


async def _copy(
    chunks: AsyncIterator[bytes], response: web.StreamResponse, call: CallRecorder, translation: Translation
) -> None:
    events = EventReader()
    async for chunk in chunks:
        call.received(chunk)
        await _pass(events.feed(chunk), response, call, translation)
    await _pass(events.close(), response, call, translation)


async def _pass(
    events: list[Event], response: web.StreamResponse, call: CallRecorder, translation: Translation
) -> None:
    translated = b""
    for event in events:
        translated += translation.event(call.event(event))
        translated += translation.end(ended=call.meter.ended)
    await _send(response, call, translated)


async def _send(response: web.StreamResponse, call: CallRecorder, data: bytes) -> None:
    if data:
        call.sent(data)
        await client_side.write(response, data)


def _words(body: bytes) -> tuple[str, str]:
    """Message and code of an endpoint's error, of whatever shape it is."""
    try:
        data = decode(body)
    except ValueError:
        data = None
    error = data.get("error", data) if isinstance(data, dict) else data
    if isinstance(error, dict) and error.get("message"):
        return str(error["message"]), str(error.get("code") or error.get("type") or "endpoint_error")
    text = str(error) if isinstance(error, str) else body.decode("utf-8", "replace")
    return text[:_MOST_OF_A_MESSAGE] or "the endpoint said nothing", "endpoint_error"
