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
from codingagentbench.gateway.controls.hands import decide
from codingagentbench.gateway.controls.history import read_conversation
from codingagentbench.gateway.controls.render_chat import chat_body, chat_stream
from codingagentbench.gateway.controls.render_responses import responses_body, responses_stream
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.request import ModelRequest
from codingagentbench.gateway.sse import EventReader
from codingagentbench.gateway.usage_switch import hides_usage, shown

STREAM_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}


def answer(
    backend: ControlBackend,
    wire: str,
    model: str,
    request: dict[str, Any],
    *,
    reports_usage: bool = True,
    always_usage: bool = False,
) -> bytes | Sequence[bytes]:
    """Bytes of a JSON body, or the events of a stream where the request asked for one.

    A function of the request and the task alone. `reports_usage` off: as an endpoint that reports none.
    `always_usage`: also where a streamed chat did not ask for it.
    """
    talk = read_conversation(wire, request)
    talk = replace(talk, reports_usage=reports_usage, include_usage=talk.include_usage or always_usage)
    reply = decide(backend, talk)
    if talk.stream:
        return list((chat_stream if wire == "chat" else responses_stream)(model, talk, reply))
    return json.dumps((chat_body if wire == "chat" else responses_body)(model, talk, reply)).encode()


async def serve_control(
    backend: ControlBackend, request: web.BaseRequest, call: CallRecorder, asked: ModelRequest
) -> web.StreamResponse:
    """Answer a call from inside the gateway. Raises ClientGoneError."""
    reply = await asyncio.to_thread(partial(answer, backend, call.wire, call.model, asked.content(), always_usage=True))
    call.status = 200
    if isinstance(reply, bytes):
        call.received(reply)
        call.meter.body(reply)
        return web.Response(body=reply, content_type="application/json")
    return await _stream(request, call, reply, hide_usage=hides_usage(call.wire, asked))


async def _stream(
    request: web.BaseRequest, call: CallRecorder, reply: Sequence[bytes], *, hide_usage: bool
) -> web.StreamResponse:
    response = web.StreamResponse(headers=STREAM_HEADERS)
    await client_side.start(response, request)
    events = EventReader()
    for chunk in reply:
        call.received(chunk)
        visible = shown(events.feed(chunk), call.meter)
        if data := visible if hide_usage else chunk:
            await client_side.write(response, data)
    return response
