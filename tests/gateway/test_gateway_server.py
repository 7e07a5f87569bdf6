"""A cell's door, over real sockets, with a control behind it."""

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from codingagentbench.errors import StoreError
from codingagentbench.gateway import session
from codingagentbench.gateway.bodies import read_body
from codingagentbench.gateway.controls.endpoint import ControlEndpoint, Fault
from codingagentbench.gateway.door import MAX_CONNECTIONS
from codingagentbench.gateway.recorder import request_hash
from codingagentbench.gateway.server import Gateway
from gateway.cells import MODEL, SHELL, Cell, OpenCell, TaskFiles, chat, endpoint_backend, request_of, until

WIRES = ["chat", "responses", "messages", "gemini"]


async def raw(cell: Cell, data: bytes) -> bytes:
    """Send bytes as they are, and read until the door closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(cell.base_url).port)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


def head(cell: Cell, *lines: str, path: str = "/v1/chat/completions") -> bytes:
    auth = f"Authorization: Bearer {cell.session.token}"
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: x", "Connection: close", auth, *lines, "", ""]).encode()


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_call_is_answered_and_recorded(
    task_files: TaskFiles, open_cell: OpenCell, wire: str, stream: bool
) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        status, body = await cell.post(wire, request_of(wire, stream=stream))
        (call,) = await cell.session.close()
    assert (status, call.status, call.error, call.number, call.wire, call.stream) == (200, 200, None, 1, wire, stream)
    ends = {"chat": "stop", "responses": "completed", "messages": "end_turn", "gemini": "STOP"}
    assert call.finish_reason == ends[wire]
    assert call.prompt_tokens is not None
    assert call.prompt_tokens > 5
    assert call.completion_tokens is not None
    assert (call.cached_tokens, call.cost_usd, call.model) == (0, None, MODEL)
    assert call.reasoning_tokens == (None if wire == "messages" else 0)
    assert call.ttft_ms is not None
    assert 0 <= call.ttft_ms <= call.latency_ms
    assert call.start_ms >= 0
    assert call.request_body is not None
    assert call.response_body is not None
    assert json.loads(read_body(cell.bodies, call.request_body)) == request_of(wire, stream=stream)
    assert body[:200] == read_body(cell.bodies, call.response_body)[:200]
    assert call.request_hash == request_hash(json.dumps(request_of(wire, stream=stream)).encode())
    assert cell.seen == [call]


async def test_a_streamed_chat_is_metered_although_its_client_asked_for_no_usage(
    task_files: TaskFiles, open_cell: OpenCell
) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        _, quiet = await cell.post("chat", chat(stream=True))
        _, asked = await cell.post("chat", chat(stream=True, stream_options={"include_usage": True}))
        calls = await cell.session.close()
    assert b'"usage"' not in quiet
    assert b'"usage"' in asked
    assert calls[0].prompt_tokens == calls[1].prompt_tokens is not None


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x", "Bearer \udcff"],
)
async def test_without_the_cells_token_nothing_is_served(
    task_files: TaskFiles, open_cell: OpenCell, header: str | None
) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        line = [] if header is None else [f"Authorization: {header.format(token=cell.session.token)}"]
        request = "\r\n".join(["GET /v1/models HTTP/1.1", "Host: x", "Connection: close", *line, "", ""])
        answer = await raw(cell, request.encode("utf-8", "surrogateescape"))
        assert await cell.session.close() == []
    assert answer.startswith(b"HTTP/1.1 401")
    assert json.loads(answer.split(b"\r\n\r\n")[1])["error"]["code"] == "invalid_api_key"


async def test_the_token_of_another_cell_is_refused(task_files: TaskFiles, open_cell: OpenCell, tmp_path: Path) -> None:
    async with open_cell(task_files.control("noop")) as cell, Gateway() as gateway:
        other = gateway.open_cell(
            cell_id="o", model=MODEL, backend=task_files.control("noop"), bodies=tmp_path / "other"
        )
        async with cell.client.get(
            f"{cell.base_url}/models", headers={"Authorization": f"Bearer {other.token}"}
        ) as reply:
            assert reply.status == 401


async def test_the_models_are_the_cells_one(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        async with cell.client.get(f"{cell.base_url}/models", headers=cell.headers) as reply:
            assert [m["id"] for m in (await reply.json())["data"]] == [MODEL]
        async with cell.client.get(f"{cell.base_url}/models/{MODEL}", headers=cell.headers) as reply:
            assert (await reply.json())["id"] == MODEL
        async with cell.client.get(f"{cell.base_url}/models/other", headers=cell.headers) as reply:
            assert reply.status == 404
        assert await cell.session.close() == []


@pytest.mark.parametrize("wire", ["chat", "responses"])
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"[]", 400, "invalid_json"),
        (b'{"model":"\xff"}', 400, "invalid_json"),
        (b"[" * 200_000, 400, "invalid_json"),
        (b'{"model":"gpt"}', 404, "model_not_found"),
        (b"{}", 404, "model_not_found"),
    ],
)
async def test_a_bad_request_gets_an_error_in_the_wires_shape_and_is_no_call(
    task_files: TaskFiles, open_cell: OpenCell, wire: str, body: bytes, status: int, code: str
) -> None:
    path = "/responses" if wire == "responses" else "/chat/completions"
    async with open_cell(task_files.control("noop")) as cell:
        async with cell.client.post(cell.base_url + path, data=body, headers=cell.headers) as reply:
            assert (reply.status, (await reply.json())["error"]["code"]) == (status, code)
        assert await cell.session.close() == []


async def test_an_unknown_address_names_the_known_ones(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        open_cell(task_files.control("noop")) as cell,
        cell.client.post(f"{cell.base_url}/completions", headers=cell.headers) as reply,
    ):
        message = (await reply.json())["error"]["message"]
        assert reply.status == 404
    assert "/v1/chat/completions" in message
    assert "/v1/embeddings" in message


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_over_the_limit_is_refused(
    task_files: TaskFiles, open_cell: OpenCell, monkeypatch: pytest.MonkeyPatch, declared: bool
) -> None:
    monkeypatch.setattr(session, "MAX_REQUEST_BYTES", 1000)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    async with open_cell(task_files.control("noop")) as cell:
        data = b"x" * 2000 if declared else chunks()
        async with cell.client.post(f"{cell.base_url}/chat/completions", data=data, headers=cell.headers) as reply:
            assert (reply.status, (await reply.json())["error"]["code"]) == (413, "request_too_large")
        assert (await cell.post("chat", chat()))[0] == 200


async def test_a_small_body_that_unpacks_to_a_large_one_is_refused(
    task_files: TaskFiles, open_cell: OpenCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MAX_REQUEST_BYTES", 100_000)
    async with open_cell(task_files.control("noop")) as cell:
        headers = {**cell.headers, "Content-Encoding": "gzip"}
        body = gzip.compress(b" " * 10_000_000)
        async with cell.client.post(f"{cell.base_url}/chat/completions", data=body, headers=headers) as reply:
            assert reply.status == 413
        body = gzip.compress(json.dumps(chat()).encode())
        async with cell.client.post(f"{cell.base_url}/chat/completions", data=body, headers=headers) as reply:
            assert reply.status == 200


async def test_a_client_that_waits_for_100_continue_gets_it(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        body = json.dumps(chat()).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(cell.base_url).port)
        writer.write(head(cell, "Expect: 100-continue", f"Content-Length: {len(body)}"))
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_who_connects_before_the_door_listens_is_served(task_files: TaskFiles, tmp_path: Path) -> None:
    sock = socket.create_server(("127.0.0.1", 0))
    reader, writer = await asyncio.open_connection(*sock.getsockname())
    writer.write(b"GET /v1/models HTTP/1.0\r\n\r\n")
    async with Gateway() as gateway:
        session = gateway.open_cell(
            cell_id="c", model=MODEL, backend=task_files.control("noop"), bodies=tmp_path / "bodies"
        )
        session.listen(sock)
        assert (await asyncio.wait_for(reader.read(), 10)).split()[1] == b"401"
        writer.close()
        assert await session.close() == []


@pytest.mark.parametrize(
    "junk", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 1000, b"A" * 100_000 + b"\r\n\r\n"]
)
async def test_what_is_no_http_breaks_nothing(
    task_files: TaskFiles, open_cell: OpenCell, junk: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(cell.base_url).port)
        writer.write(junk)
        writer.write_eof()
        assert (await cell.post("chat", chat()))[0] == 200
        writer.close()
    assert capfd.readouterr().err == ""


async def test_connections_over_the_limit_are_closed_and_the_others_served(
    task_files: TaskFiles, open_cell: OpenCell
) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        port = urlsplit(cell.base_url).port
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MAX_CONNECTIONS)]
        await asyncio.sleep(0.05)
        assert await raw(cell, b"") == b""
        for _, writer in held:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in held))
        assert (await cell.post("chat", chat()))[0] == 200


async def test_a_full_disk_is_told_and_serves_no_call_more(task_files: TaskFiles, open_cell: OpenCell) -> None:
    with pytest.raises(StoreError, match="s/t/m/t could not be recorded: No space left"):
        async with open_cell(task_files.control("noop"), Path("/dev/full")) as cell:
            assert (await cell.post("chat", chat()))[0] == 200
            statuses = [(await cell.post("chat", chat()))[0] for _ in range(100)]
            assert statuses == sorted(statuses)
            assert statuses[-1] == 507


async def test_without_room_for_its_record_no_call_is_served(
    task_files: TaskFiles, open_cell: OpenCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codingagentbench.gateway.recording.MIN_FREE_BYTES", 1 << 60)
    with pytest.raises(StoreError, match=r"s/t/m/t could not be recorded: No space left on device: .* MiB are needed"):
        async with open_cell(task_files.control("noop")) as cell:
            assert (await cell.post("chat", chat()))[0] == 507


@pytest.mark.parametrize("ended_by", ["the client", "the cell's end"])
async def test_a_call_that_the_client_left_is_recorded_as_that(
    task_files: TaskFiles, open_cell: OpenCell, ended_by: str
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model="m", fault=Fault.SILENT) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(cell.base_url).port)
        body = json.dumps(chat()).encode()
        writer.write(head(cell, f"Content-Length: {len(body)}") + body)
        await until(lambda: endpoint.received)
        if ended_by == "the client":
            writer.transport.abort()
            await until(lambda: cell.seen)
        (call,) = await asyncio.wait_for(cell.session.close(), 4)
        writer.close()
    assert (call.error, call.status, call.ttft_ms, call.prompt_tokens) == ("client_disconnected", 499, None, None)


async def test_64_calls_at_a_time_are_all_recorded_in_their_order(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with open_cell(task_files.control("oracle", SHELL)) as cell:
        tools = [{"type": "function", "function": {"name": "bash"}}]
        asked = [chat(stream=n % 2 == 0, tools=tools, user=str(n)) for n in range(64)]
        assert {status for status, _ in await asyncio.gather(*(cell.post("chat", a) for a in asked))} == {200}
        calls = await cell.session.close()
    assert [call.number for call in calls] == list(range(1, 65))
    assert {call.finish_reason for call in calls} == {"tool_calls"}
    users = {json.loads(read_body(cell.bodies, c.request_body))["user"] for c in calls if c.request_body}
    assert users == {str(n) for n in range(64)}


async def test_the_token_is_in_nothing_that_is_stored(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        await cell.post("chat", chat(user=f"my key is {cell.session.token}, really"))
        (call,) = await cell.session.close()
    assert call.request_body is not None
    assert cell.session.token.encode() not in read_body(cell.bodies, call.request_body)
    assert b"my key is REDACTED, really" in read_body(cell.bodies, call.request_body)
    assert cell.session.token not in repr(call)
