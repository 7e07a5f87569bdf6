"""An endpoint's faults reach a client of another wire in its own shape, and the record as what they are."""

import json
from typing import Any

import pytest
from aiohttp import ClientError

from codingagentbench.gateway.backends import EndpointBackend
from codingagentbench.gateway.bodies import read_body
from codingagentbench.gateway.controls.endpoint import ControlEndpoint, Fault
from gateway.cells import MODEL, SHELL, Cell, OpenCell, TaskFiles, endpoint_backend

REQUESTS: dict[str, dict[str, Any]] = {
    "responses": {"input": "fix it"},
    "messages": {"messages": [{"role": "user", "content": "fix it"}], "max_tokens": 77},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "fix it"}]}]},
    "chat": {"messages": [{"role": "user", "content": "fix it"}]},
}
CLIENTS = ["responses", "messages", "gemini"]


async def ask(cell: Cell, client: str, *, stream: bool, sse: bool = True) -> tuple[int, dict[str, str], bytes]:
    paths = {"responses": "/v1/responses", "messages": "/v1/messages", "chat": "/v1/chat/completions"}
    body = {"model": MODEL, "stream": stream, **REQUESTS[client]}
    if client == "gemini":
        method = "streamGenerateContent" if stream else "generateContent"
        paths["gemini"] = f"/v1beta/models/{MODEL}:{method}" + ("?alt=sse" if stream and sse else "")
        body = REQUESTS[client]
    url = cell.base_url.removesuffix("/v1") + paths[client]
    async with cell.client.post(url, json=body, headers=cell.headers) as reply:
        return reply.status, dict(reply.headers), await reply.read()


def said_error(client: str, body: bytes) -> tuple[str, object]:
    """Message, and the word that the client's SDK goes by; the shape itself is checked on the way."""
    error = json.loads(body)
    if client == "messages":
        assert error["type"] == "error"
        return error["error"]["message"], error["error"]["type"]
    return error["error"]["message"], error["error"]["status" if client == "gemini" else "type"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "status", "error", "message", "kinds"),
    [
        (Fault.UNAUTHORIZED, 401, "endpoint_unauthorized", "wrong key", ("authentication_error", "UNAUTHENTICATED")),
        (
            Fault.RATE_LIMITED,
            429,
            "endpoint_rate_limited",
            "too many requests",
            ("rate_limit_error", "RESOURCE_EXHAUSTED"),
        ),
        (Fault.REJECTED, 400, "endpoint_rejected", "no such parameter", ("invalid_request_error", "INVALID_ARGUMENT")),
        (Fault.SERVER_ERROR, 500, "endpoint_error", "out of order", ("api_error", "INTERNAL")),
        (Fault.FAILED_INSIDE, 502, "endpoint_error", "overloaded", ("api_error", "INTERNAL")),
    ],
)
async def test_an_error_comes_in_the_clients_shape(
    task_files: TaskFiles,
    open_cell: OpenCell,
    client: str,
    stream: bool,
    fault: Fault,
    status: int,
    error: str,
    message: str,
    kinds: tuple[str, str],
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=fault) as endpoint,
        open_cell(endpoint_backend(endpoint, "chat")) as cell,
    ):
        got, headers, body = await ask(cell, client, stream=stream)
        (call,) = await cell.session.close()
    assert (got, call.status, call.error, call.endpoint_wire) == (status, status, error, "chat")
    words, kind = said_error(client, body)
    assert words == message
    if client != "responses":
        assert kind == kinds[client == "gemini"]
    assert headers.get("Retry-After") == ("1" if fault is Fault.RATE_LIMITED else None)
    assert call.response_body is not None
    assert read_body(cell.bodies, call.response_body) == body


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_reply_that_is_none(task_files: TaskFiles, open_cell: OpenCell, client: str, stream: bool) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.NOT_JSON) as endpoint,
        open_cell(endpoint_backend(endpoint, "chat")) as cell,
    ):
        if stream:  # the page is taken for a stream, since one was asked for: it has no end
            with pytest.raises(ClientError):
                await ask(cell, client, stream=stream)
        else:
            status, _, body = await ask(cell, client, stream=stream)
            assert (status, said_error(client, body)[0]) == (502, "<html>Bad gateway</html>")
        (call,) = await cell.session.close()
    assert call.error == ("endpoint_stream_cut" if stream else "endpoint_error")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("fault", [Fault.CUT, Fault.UNFINISHED])
@pytest.mark.parametrize("chunk_bytes", [None, 50])
async def test_a_stream_that_was_cut_stays_cut(
    task_files: TaskFiles, open_cell: OpenCell, client: str, fault: Fault, chunk_bytes: int | None
) -> None:
    backend = task_files.control("noop")
    async with (
        ControlEndpoint(backend, model=MODEL, fault=fault, chunk_bytes=chunk_bytes) as endpoint,
        open_cell(endpoint_backend(endpoint, "chat")) as cell,
    ):
        with pytest.raises(ClientError):
            await ask(cell, client, stream=True)
        (call,) = await cell.session.close()
    assert (call.status, call.error) == (200, "endpoint_stream_cut")
    got = read_body(cell.bodies, call.response_body) if call.response_body else b""
    assert not any(mark in got for mark in (b"message_stop", b"response.completed", b"finishReason"))


@pytest.mark.parametrize("client", CLIENTS)
async def test_an_endpoint_that_is_not_there(open_cell: OpenCell, client: str) -> None:
    async with open_cell(EndpointBackend("http://127.0.0.1:9/v1", None, "m", ("chat",))) as cell:
        status, _, body = await ask(cell, client, stream=True)
        (call,) = await cell.session.close()
    assert (status, call.error, call.endpoint_wire) == (502, "endpoint_unreachable", "chat")
    assert "cannot be reached" in said_error(client, body)[0]


@pytest.mark.parametrize("client", CLIENTS)
async def test_what_cannot_be_translated_is_told_to_the_client(
    task_files: TaskFiles, open_cell: OpenCell, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {"responses": {"input": [{"type": "x"}]}, "messages": {"messages": 3}, "gemini": {"contents": [3]}}
    monkeypatch.setitem(REQUESTS, client, wrong[client])
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL) as endpoint,
        open_cell(endpoint_backend(endpoint, "chat")) as cell,
    ):
        status, _, body = await ask(cell, client, stream=False)
        (call,) = await cell.session.close()
    assert (status, call.error, endpoint.received) == (400, "untranslatable", [])
    assert said_error(client, body)[0]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("chunk_bytes", [1, 7, 100_000])
async def test_a_stream_cut_into_any_chunks_is_one_reply(
    task_files: TaskFiles, open_cell: OpenCell, client: str, chunk_bytes: int
) -> None:
    backend = task_files.control("oracle", SHELL)
    async with (
        ControlEndpoint(backend, model=MODEL, chunk_bytes=chunk_bytes) as endpoint,
        open_cell(endpoint_backend(endpoint, "chat")) as cell,
    ):
        status, headers, body = await ask(cell, client, stream=True)
        (call,) = await cell.session.close()
    assert (status, call.error) == (200, None)
    assert headers["Content-Type"].startswith("text/event-stream")
    assert any(mark in body for mark in (b"message_stop", b"response.completed", b"finishReason"))


async def test_gemini_without_server_sent_events_is_one_json_array(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL) as endpoint,
        open_cell(endpoint_backend(endpoint, "chat")) as cell,
    ):
        _, headers, body = await ask(cell, "gemini", stream=True, sse=False)
    assert headers["Content-Type"] == "application/json"
    events = json.loads(body)
    assert len(events) > 1
    assert events[-1]["candidates"][0]["finishReason"] == "STOP"


@pytest.mark.parametrize(
    ("client", "wire"), [(c, w) for c in REQUESTS for w in ("chat", "responses", "messages") if c != w]
)
@pytest.mark.parametrize("stream", [False, True])
async def test_every_pair_of_wires_brings_words_and_exact_counts(
    task_files: TaskFiles, open_cell: OpenCell, client: str, wire: str, stream: bool
) -> None:
    key = "sk-the-endpoints-own-key"
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, key=key) as endpoint,
        open_cell(endpoint_backend(endpoint, wire)) as cell,
    ):
        status, _, body = await ask(cell, client, stream=stream)
        (call,) = await cell.session.close()
    assert (status, call.error, call.wire, call.endpoint_wire) == (200, None, client, wire)
    assert b"Thank" in body
    assert call.endpoint_response_body is not None
    sent = read_body(cell.bodies, call.endpoint_response_body)
    names = {"chat": "completion_tokens"}
    assert f'"{names.get(wire, "output_tokens")}": {call.completion_tokens}'.encode() in sent
    assert call.prompt_tokens
    assert key not in str(call)
    assert key.encode() not in cell.bodies.read_bytes()
