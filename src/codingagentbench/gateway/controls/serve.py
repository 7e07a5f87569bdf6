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

STREAM_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}


def answer(
    backend: ControlBackend, wire: str, model: str, request: dict[str, Any], *, usage: bool = True
) -> bytes | Sequence[bytes]:
    """Bytes of a JSON body, or the events of a stream where the request asked for one.

    A function of the request and the task alone. `usage` off: as an endpoint that reports none.
    """
    talk = replace(read_conversation(wire, request), reports_usage=usage)
    reply = decide(backend, talk)
    if talk.stream:
        return list((chat_stream if wire == "chat" else responses_stream)(model, talk, reply))
    return json.dumps((chat_body if wire == "chat" else responses_body)(model, talk, reply)).encode()


async def serve_control(
    backend: ControlBackend, request: web.BaseRequest, call: CallRecorder, asked: ModelRequest
) -> web.StreamResponse:
    """Answer a call from inside the gateway. Raises ClientGoneError."""
    reply = await asyncio.to_thread(partial(answer, backend, call.wire, call.model, asked.content()))
    call.status = 200
    if isinstance(reply, bytes):
        call.received(reply)
        call.meter.body(reply)
        return web.Response(body=reply, content_type="application/json")
    response = web.StreamResponse(headers=STREAM_HEADERS)
    await client_side.start(response, request)
    events = EventReader()
    for chunk in reply:
        call.received(chunk)
        for event in events.feed(chunk):
            call.meter.event(event)
        await client_side.write(response, chunk)
    return response
