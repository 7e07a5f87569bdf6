"""Replies as endpoints really send them: mislabelled, broken, very large, in drips."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from codingagentbench.catalog.budget import Ceiling
from codingagentbench.gateway.backends import EndpointBackend
from codingagentbench.gateway.ledger import Account, Ledger
from codingagentbench.store.record import ModelCall
from gateway.cells import MODEL, Cell, OpenCell, request_of

WIRES = ["chat", "responses", "messages", "gemini"]
DRIP_S = 0.002
DELTAS: dict[str, dict[str, Any]] = {
    "chat": {"choices": [{"delta": {"content": "é✓"}}]},
    "responses": {"type": "response.output_text.delta", "delta": "é✓"},
    "messages": {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "é✓"}},
    "gemini": {"candidates": [{"content": {"parts": [{"text": "é✓"}]}}]},
}
ENDS: dict[str, list[Any]] = {
    "chat": [{"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}, "[DONE]"],
    "responses": [
        {
            "type": "response.completed",
            "response": {"status": "completed", "usage": {"input_tokens": 9, "output_tokens": 2}},
        }
    ],
    "messages": [
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"input_tokens": 9, "output_tokens": 2},
        },
        {"type": "message_stop"},
    ],
    "gemini": [
        {
            "candidates": [{"finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2},
        }
    ],
}


def events(*data: object) -> bytes:
    texts = (one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in data)
    return b"".join(f"data: {text}\n\n".encode() for text in texts)


@asynccontextmanager
async def answered(
    open_cell: OpenCell,
    chunks: Sequence[bytes],
    kind: str,
    pause_s: float = 0.0,
    *,
    status: int = 200,
    wires: Sequence[str] = WIRES,
) -> AsyncIterator[Cell]:
    """A cell whose endpoint answers everything with these chunks."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"Content-Type": kind})
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
            await asyncio.sleep(pause_s)
        return response

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    async with TestServer(app) as server:
        backend = EndpointBackend(base_url=str(server.make_url("/v1")), key=None, endpoint_model=MODEL, wires=wires)
        async with open_cell(backend) as cell:
            yield cell


async def asked(cell: Cell, wire: str, *, stream: bool) -> tuple[int, bytes, ModelCall]:
    status, body = await cell.post(wire, request_of(wire, stream=stream))
    (call,) = await cell.session.close()
    return status, body, call


@pytest.mark.parametrize("wire", WIRES)
async def test_a_stream_that_drips_byte_by_byte_comes_through_and_is_timed(open_cell: OpenCell, wire: str) -> None:
    stream = events(DELTAS[wire], DELTAS[wire], DELTAS[wire], *ENDS[wire])
    chunks = [bytes([byte]) for byte in stream]
    async with answered(open_cell, chunks, "text/event-stream", DRIP_S) as cell:
        status, body, call = await asked(cell, wire, stream=True)
    shown = events(DELTAS[wire], DELTAS[wire], DELTAS[wire], *ENDS[wire][-1:]) if wire == "chat" else stream
    assert (status, body, call.error) == (200, shown, None)
    assert (call.prompt_tokens, call.completion_tokens, call.estimated) == (9, 2, False)
    assert call.ttft_ms is not None
    assert call.tbt_p50_ms is not None
    assert call.tbt_max_ms is not None
    least_ms = len(events(DELTAS[wire])) * DRIP_S * 1000 * 0.9
    assert call.ttft_ms > least_ms
    assert least_ms < call.tbt_p50_ms <= call.tbt_max_ms < call.latency_ms


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
async def test_a_stream_with_the_wrong_label_is_a_stream(open_cell: OpenCell, wire: str, kind: str) -> None:
    async with answered(open_cell, [events(DELTAS[wire], *ENDS[wire])], kind) as cell:
        status, _, call = await asked(cell, wire, stream=True)
    assert (status, call.error, call.prompt_tokens, call.completion_tokens) == (200, None, 9, 2)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("broken", ['{"choices": [', "<html>", "[1]"])
async def test_a_stream_with_an_event_that_is_none_is_the_endpoints_failure(
    open_cell: OpenCell, wire: str, broken: str
) -> None:
    stream = events(DELTAS[wire], broken, *ENDS[wire])
    async with answered(open_cell, [stream], "text/event-stream") as cell:
        status, body, call = await asked(cell, wire, stream=True)
    assert (status, call.error) == (200, "endpoint_error")
    assert broken.encode() in body


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_reply_of_40_mb_comes_through_and_is_metered(open_cell: OpenCell, wire: str, stream: bool) -> None:
    filler = "x" * (1 << 20)
    if stream:
        parts = [events({**DELTAS[wire], "filler": filler})] * 40 + [events(*ENDS[wire])]
    else:
        usage = {"prompt_tokens": 9, "completion_tokens": 2, "input_tokens": 9, "output_tokens": 2}
        counts = {"promptTokenCount": 9, "candidatesTokenCount": 2}
        parts = [json.dumps({"filler": filler * 40, "usage": usage, "usageMetadata": counts}).encode()]
    async with answered(open_cell, parts, "text/event-stream" if stream else "application/json") as cell:
        status, body, call = await asked(cell, wire, stream=stream)
    assert (status, call.error, call.prompt_tokens, call.completion_tokens) == (200, None, 9, 2)
    assert len(body) > 40 << 20
    assert call.response_body is not None
    assert call.response_body.size == sum(map(len, parts))


FILTERS = [
    {"code": "content_filter", "message": "filtered", "param": "prompt", "status": 400},
    {"code": "BadRequest", "message": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}},
]


@pytest.mark.parametrize("error", FILTERS)
@pytest.mark.parametrize(("wire", "wires"), [("chat", WIRES), ("responses", WIRES), ("responses", ["chat"])])
async def test_a_filter_that_answers_400_is_a_refusal_of_the_model_and_no_fault_of_the_endpoint(
    open_cell: OpenCell, wire: str, wires: Sequence[str], error: dict[str, Any]
) -> None:
    body = json.dumps({"error": error}).encode()
    async with answered(open_cell, [body], "application/json", status=400, wires=wires) as cell:
        account = Account("this cell", Ceiling(max_calls=2))
        cell.session.spending.ledger = Ledger([account])
        status, _ = await cell.post(wire, request_of(wire, stream=True))
        (call,) = await cell.session.close()
    assert status == 400
    assert (call.status, call.error, call.refusal, call.finish_reason) == (
        400,
        None,
        "content_filter",
        "content_filter",
    )
    assert call.completion_tokens is None
    assert account.spent.calls == 1


@pytest.mark.parametrize("error", [{"code": "bad", "message": "content_filter"}, "content_filter", None])
async def test_any_other_400_is_rejected_whatever_its_words(open_cell: OpenCell, error: object) -> None:
    body = json.dumps({"error": error}).encode()
    async with answered(open_cell, [body], "application/json", status=400) as cell:
        await cell.post("chat", request_of("chat", stream=True))
        (call,) = await cell.session.close()
    assert (call.error, call.refusal) == ("endpoint_rejected", None)


async def test_a_message_that_is_cut_has_unknown_output_and_not_its_placeholder(open_cell: OpenCell) -> None:
    begun = {"type": "message_start", "message": {"type": "message", "usage": {"input_tokens": 8, "output_tokens": 1}}}
    async with answered(open_cell, [events(begun, DELTAS["messages"])], "text/event-stream") as cell:
        await cell.post("messages", request_of("messages", stream=True))
        (call,) = await cell.session.close()
    assert (call.error, call.prompt_tokens, call.completion_tokens) == ("endpoint_stream_cut", 8, None)
