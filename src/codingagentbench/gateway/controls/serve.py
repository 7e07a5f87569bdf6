"""One call to a control: a request in, a whole body or stream events out, metered like any endpoint's."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web

from codingagentbench.gateway import client_side
from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.controls.apprentice import taught
from codingagentbench.gateway.controls.hands import decide
from codingagentbench.gateway.controls.history import read_conversation
from codingagentbench.gateway.controls.misbehave import MISBEHAVING, misbehave
from codingagentbench.gateway.controls.render_chat import chat_body, chat_stream
from codingagentbench.gateway.controls.render_gemini import gemini_array, gemini_body, gemini_stream
from codingagentbench.gateway.controls.render_messages import messages_body, messages_stream
from codingagentbench.gateway.controls.render_responses import responses_body, responses_stream
from codingagentbench.gateway.controls.side_calls import counted, embedded
from codingagentbench.gateway.json_array import ArrayReader
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.request import ModelRequest
from codingagentbench.gateway.sse import EventReader
from codingagentbench.gateway.usage_switch import hides_usage, shown
from codingagentbench.gateway.wires import Route

STREAM_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
ARRAY_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
_RENDERINGS = {
    "chat": (chat_body, chat_stream),
    "responses": (responses_body, responses_stream),
    "messages": (messages_body, messages_stream),
    "gemini": (gemini_body, gemini_stream),
}


def answer(
    backend: ControlBackend,
    wire: str,
    model: str,
    request: dict[str, Any],
    *,
    route: Route | None = None,
    reports_usage: bool = True,
    always_usage: bool = False,
) -> bytes | Sequence[bytes]:
    """Bytes of a JSON body, or the events of a stream where the request asked for one.

    A function of the request and the task alone. `route` says what stands in the address only.
    `reports_usage` off: as an endpoint that reports none.
    `always_usage`: also where a streamed chat did not ask for it.
    """
    if route is not None and route.operation != "generate":
        side = counted if route.operation == "count_tokens" else embedded
        return json.dumps(side(wire, model, request)).encode()
    talk = read_conversation(wire, request, stream=route.stream if route else None)
    talk = replace(talk, reports_usage=reports_usage, include_usage=talk.include_usage or always_usage)
    backend = taught(backend, request)
    reply = misbehave(backend, talk) if backend.behaviour in MISBEHAVING else decide(backend, talk)
    body, stream = _RENDERINGS[wire]
    if talk.stream:
        return list((gemini_array if route and route.array else stream)(model, talk, reply))
    return json.dumps(body(model, talk, reply)).encode()


async def serve_control(
    backend: ControlBackend, request: web.BaseRequest, call: CallRecorder, asked: ModelRequest, route: Route
) -> web.StreamResponse:
    """Answer a call from inside the gateway. Raises ClientGoneError."""
    work = partial(answer, backend, call.wire, call.model, asked.content(), route=route, always_usage=True)
    reply = await asyncio.to_thread(work)
    call.status, call.tries = 200, 1
    if isinstance(reply, bytes):
        call.received(reply)
        call.body(reply)
        return web.Response(body=reply, content_type="application/json")
    return await _stream(request, call, reply, array=route.array, hide_usage=hides_usage(call.wire, asked))


async def _stream(
    request: web.BaseRequest, call: CallRecorder, reply: Sequence[bytes], *, array: bool, hide_usage: bool
) -> web.StreamResponse:
    response = web.StreamResponse(headers=ARRAY_HEADERS if array else STREAM_HEADERS)
    await client_side.start(response, request)
    events = ArrayReader() if array else EventReader()
    for chunk in reply:
        call.received(chunk)
        visible = shown(events.feed(chunk), call)
        if data := visible if hide_usage else chunk:
            await client_side.write(response, data)
    return response
