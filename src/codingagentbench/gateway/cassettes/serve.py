"""Serving a recorded call: the stored bytes, metered again as they were the first time."""

import asyncio
import time
from collections.abc import Callable, Iterator

from aiohttp import web

from codingagentbench.gateway import client_side
from codingagentbench.gateway.cassettes.player import REFUSED, Asked, Divergence, Player
from codingagentbench.gateway.controls.serve import ARRAY_HEADERS, STREAM_HEADERS
from codingagentbench.gateway.json_array import ArrayReader
from codingagentbench.gateway.recorder import CLIENT_CLOSED, CallRecorder
from codingagentbench.gateway.request import ModelRequest
from codingagentbench.gateway.sse import EventReader
from codingagentbench.gateway.usage_switch import hides_usage, shown
from codingagentbench.gateway.wires import Route
from codingagentbench.store.record import BodyRef, ModelCall

DIVERGED = "replay_diverged"
_GOOD = range(200, 300)
_CHUNK = 64 << 10


async def serve_recorded(
    player: Player, request: web.BaseRequest, call: CallRecorder, asked: ModelRequest, route: Route, stored: bytes
) -> web.StreamResponse:
    """Answer a call from the cassette; `stored` is its request as it will be stored.

    Raises ClientGoneError when the client closed, and after a reply that was broken off when it was recorded.
    """
    found = await asyncio.to_thread(player.match, Asked(call.number, call.wire, call.operation, stored))
    if isinstance(found, Divergence):
        body = call.refuse(400, f"this replay diverged: {found}", DIVERGED, DIVERGED)
        response = web.Response(status=400, body=body, content_type="application/json", charset="utf-8")
        response.headers["x-should-retry"] = "false"
        return response
    return await _Playing(player, request, call, found).serve(asked, route)


class _Playing:
    """One recorded call on its way to the client."""

    def __init__(self, player: Player, request: web.BaseRequest, call: CallRecorder, recorded: ModelCall) -> None:
        self.request, self.call, self.recorded = request, call, recorded
        self._body = player.cassette.body
        self._pace = recorded if player.timing == "original" else None

    async def serve(self, asked: ModelRequest, route: Route) -> web.StreamResponse:
        recorded, call = self.recorded, self.call
        reply = self._stored(recorded.response_body)
        call.tries, call.replayed_usage = recorded.tries, recorded.usage if recorded.estimated else None
        if recorded.endpoint_wire is not None:
            call.translated(recorded.endpoint_wire, self._stored(recorded.endpoint_request_body))
            self._meter_translated(self._stored(recorded.endpoint_response_body))
        if recorded.status == CLIENT_CLOSED:
            await asyncio.Event().wait()  # the client left before there was an answer, and will again
        call.status = recorded.status
        await self._wait_for_first()
        if recorded.status in _GOOD and not reply.lstrip().startswith(b"{") and recorded.stream:
            return await self._stream(reply, route, hide_usage=hides_usage(call.wire, asked))
        return self._whole(reply)

    def _whole(self, reply: bytes) -> web.Response:
        self._keep(reply)
        if self.recorded.endpoint_wire is None and self.recorded.status in _GOOD:
            self.call.body(reply)
        self.call.error = self.recorded.error
        response = web.Response(
            status=self.recorded.status, body=reply, content_type="application/json", charset="utf-8"
        )
        if self.recorded.error in REFUSED:
            response.headers["x-should-retry"] = "false"
        return response

    async def _stream(self, reply: bytes, route: Route, *, hide_usage: bool) -> web.StreamResponse:
        recorded, call = self.recorded, self.call
        response = web.StreamResponse(status=recorded.status, headers=ARRAY_HEADERS if route.array else STREAM_HEADERS)
        await client_side.start(response, self.request)
        translated = recorded.endpoint_wire is not None
        events = ArrayReader() if route.array else EventReader()
        chunks = list(self._chunks(reply))
        for chunk in chunks:
            self._keep(chunk)
            visible = chunk
            if not translated:
                metered = shown(events.feed(chunk), call)
                visible = metered if hide_usage else chunk
            if visible:
                await client_side.write(response, visible)
            await self._wait_between(len(chunks))
        if not translated:
            ending = shown(events.close(), call) + events.rest()
            if hide_usage and ending:
                await client_side.write(response, ending)
        await self._end_as_recorded()
        return response

    async def _end_as_recorded(self) -> None:
        """Broken off where the stream had no end, also where the endpoint had closed it properly without one."""
        if self.recorded.error == "client_disconnected":
            await asyncio.Event().wait()
        self.call.error = self.recorded.error
        if self.recorded.error is not None and not self.call.meter.ended:
            raise client_side.break_off(self.request)

    def _meter_translated(self, reply: bytes) -> None:
        """A translated call is metered on what the endpoint had sent."""
        self.call.received(reply)
        if self.recorded.status not in _GOOD:
            return
        if reply.lstrip().startswith(b"{"):
            self.call.body(reply)
            return
        events = EventReader()
        for event in [*events.feed(reply), *events.close()]:
            self.call.event(event)

    def _keep(self, chunk: bytes) -> None:
        keep: Callable[[bytes], None] = self.call.received if self.recorded.endpoint_wire is None else self.call.sent
        keep(chunk)

    def _stored(self, ref: BodyRef | None) -> bytes:
        return b"" if ref is None else self._body(ref)

    def _chunks(self, reply: bytes) -> Iterator[bytes]:
        """Whole events where the original's pace is kept; the chunks in which they first came are not stored."""
        if self._pace is None:
            yield from (reply[at : at + _CHUNK] for at in range(0, len(reply), _CHUNK))
            return
        events = EventReader()
        yield from (event.raw for event in [*events.feed(reply), *events.close()])
        if rest := events.rest():
            yield rest

    async def _wait_for_first(self) -> None:
        if self._pace is not None:
            due = self._pace.ttft_ms if self._pace.ttft_ms is not None else self._pace.latency_ms
            await asyncio.sleep(max(0.0, due / 1000 - (time.perf_counter() - self.call.began)))

    async def _wait_between(self, chunks: int) -> None:
        """The time from the first output to the end, shared out evenly."""
        if self._pace is not None and self._pace.ttft_ms is not None and chunks:
            await asyncio.sleep(max(0.0, self._pace.latency_ms - self._pace.ttft_ms) / 1000 / chunks)
