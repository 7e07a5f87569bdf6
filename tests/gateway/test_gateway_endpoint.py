"""The way to an endpoint: a real one on loopback, with its faults."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientError, ClientPayloadError

from codingagentbench.gateway import recorder
from codingagentbench.gateway.backends import EndpointBackend
from codingagentbench.gateway.bodies import read_body
from codingagentbench.gateway.controls.endpoint import ControlEndpoint, Fault
from gateway.cells import MODEL, SHELL, Cell, OpenCell, TaskFiles, chat, endpoint_backend, path_of, request_of, until

KEY = "sk-the-endpoints-own-key"
WIRES = ["chat", "responses", "messages", "gemini"]
TOOLS = [{"type": "function", "function": {"name": "bash"}}]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
async def test_what_the_endpoint_answers_comes_through_byte_for_byte(
    task_files: TaskFiles, open_cell: OpenCell, wire: str, stream: bool
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, key=KEY) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        body = request_of(wire, stream=stream) | {"stream_options": {"include_usage": True}}
        headers = {"Authorization": f"Bearer {KEY}", "x-api-key": KEY, "x-goog-api-key": KEY}
        url = endpoint.base_url.removesuffix("/v1") + path_of(wire, stream=stream)
        async with cell.client.post(url, json=body, headers=headers) as reply:
            direct = await reply.read()
        status, through = await cell.post(wire, body)
        (call,) = await cell.session.close()
    assert (status, through) == (200, direct)
    assert endpoint.received[0].body == endpoint.received[1].body
    assert (call.status, call.error, call.stream) == (200, None, stream)
    assert call.prompt_tokens is not None
    assert call.completion_tokens is not None
    assert call.response_body is not None
    assert read_body(cell.bodies, call.response_body) == direct


async def test_the_model_is_renamed_and_nothing_else(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model="vendor-model") as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        await cell.post("chat", chat(temperature=0.10, seed=12345678901234567890))
    assert json.loads(endpoint.received[0].body) == chat(temperature=0.1, seed=12345678901234567890) | {
        "model": "vendor-model"
    }


@pytest.mark.parametrize("chunk_bytes", [None, 1, 7, 100_000])
async def test_usage_is_switched_on_upstream_and_the_client_sees_only_what_it_asked_for(
    task_files: TaskFiles, open_cell: OpenCell, chunk_bytes: int | None
) -> None:
    backend = task_files.control("oracle", SHELL)
    async with (
        ControlEndpoint(backend, model=MODEL, chunk_bytes=chunk_bytes) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        async with cell.client.post(f"{endpoint.base_url}/chat/completions", json=chat(True, tools=TOOLS)) as reply:
            direct = await reply.read()
        _, through = await cell.post("chat", chat(True, tools=TOOLS))
        (call,) = await cell.session.close()
    assert json.loads(endpoint.received[1].body)["stream_options"] == {"include_usage": True}
    assert through == direct
    assert b'"usage"' not in through
    assert (call.finish_reason, call.error) == ("tool_calls", None)
    assert call.prompt_tokens is not None
    assert call.completion_tokens is not None


async def test_the_key_goes_to_the_endpoint_and_nowhere_else(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, key=KEY) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        more = {"Cookie": "a=b", "X-Api-Key": cell.session.token, "X-Mine": f"token={cell.session.token}", "X-Ok": "1"}
        async with cell.client.post(
            f"{cell.base_url}/chat/completions", json=chat(user=KEY), headers=cell.headers | more
        ) as reply:
            assert reply.status == 200
        (call,) = await cell.session.close()
    sent = endpoint.received[0].headers
    assert sent["Authorization"] == f"Bearer {KEY}"
    assert sent["Accept-Encoding"] == "identity"
    assert sent["X-Ok"] == "1"
    assert not sent.keys() & {"Cookie", "X-Api-Key", "X-Mine"}
    assert cell.session.token not in repr(sent)
    assert KEY not in repr(endpoint_backend(endpoint))
    assert call.request_body is not None
    assert KEY.encode() not in read_body(cell.bodies, call.request_body)


async def test_a_wire_that_cannot_be_translated_is_named(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL) as endpoint,
        open_cell(endpoint_backend(endpoint, "gemini")) as cell,
    ):
        status, body = await cell.post("responses", request_of("responses"))
        (call,) = await cell.session.close()
    assert (status, call.status, call.error) == (400, 400, "untranslatable")
    assert (
        "generate on the wire 'responses' cannot be translated: the endpoint speaks gemini"
        in json.loads(body)["error"]["message"]
    )
    assert endpoint.received == []


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        (Fault.UNAUTHORIZED, 401, "endpoint_unauthorized"),
        (Fault.RATE_LIMITED, 429, "endpoint_rate_limited"),
        (Fault.REJECTED, 400, "endpoint_rejected"),
        (Fault.SERVER_ERROR, 500, "endpoint_error"),
        (Fault.RESET, 502, "endpoint_unreachable"),
        (Fault.FAILED_INSIDE, 200, "endpoint_error"),
    ],
)
async def test_an_endpoints_fault_reaches_the_client_and_the_record(
    task_files: TaskFiles, open_cell: OpenCell, wire: str, stream: bool, fault: Fault, status: int, error: str
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=fault) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        got, body = await cell.post(wire, request_of(wire, stream=stream))
        (call,) = await cell.session.close()
    assert (got, call.status, call.error) == (status, status, error)
    assert (call.prompt_tokens, call.completion_tokens) == (None, None)
    assert "message" in json.loads(body)["error"]


async def test_retry_after_reaches_the_client(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.RATE_LIMITED) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
        cell.client.post(f"{cell.base_url}/chat/completions", json=chat(), headers=cell.headers) as reply,
    ):
        assert reply.headers["Retry-After"] == "1"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_reply_that_is_no_json_is_the_endpoints_error(
    task_files: TaskFiles, open_cell: OpenCell, stream: bool
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.NOT_JSON) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        status, body = await cell.post("chat", chat(stream))
        (call,) = await cell.session.close()
    assert (status, body) == (200, b"<html>Bad gateway</html>")
    assert call.error == ("endpoint_stream_cut" if stream else "endpoint_error")


async def test_an_endpoint_that_is_not_there_is_unreachable(open_cell: OpenCell) -> None:
    backend = EndpointBackend("http://127.0.0.1:9/v1", None, "m", ("chat",))
    async with open_cell(backend) as cell:
        status, body = await cell.post("chat", chat())
        (call,) = await cell.session.close()
    assert (status, call.error, call.ttft_ms) == (502, "endpoint_unreachable", None)
    assert "cannot be reached" in json.loads(body)["error"]["message"]


@pytest.mark.parametrize("base_url", ["http://[::1", "ftp://x/v1", "x"])
async def test_an_address_that_is_none_is_unreachable(open_cell: OpenCell, base_url: str) -> None:
    async with open_cell(EndpointBackend(base_url, None, "m", ("chat",))) as cell:
        assert (await cell.post("chat", chat()))[0] == 502
        (call,) = await cell.session.close()
    assert call.error == "endpoint_unreachable"


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("chunk_bytes", [None, 50])
async def test_a_stream_cut_midway_is_recorded_and_not_completed(
    task_files: TaskFiles, open_cell: OpenCell, wire: str, chunk_bytes: int | None
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.CUT, chunk_bytes=chunk_bytes) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        with pytest.raises(ClientPayloadError):
            await cell.post(wire, request_of(wire, stream=True))
        (call,) = await cell.session.close()
    assert (call.status, call.error, call.finish_reason, call.estimated) == (200, "endpoint_stream_cut", None, False)
    assert (call.prompt_tokens is not None) == (wire == "messages")  # which says its input at the beginning
    assert call.response_body is not None


async def test_what_came_before_the_cut_reaches_the_client(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.CUT) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        asked = chat(True, stream_options={"include_usage": True})
        got = bytearray()
        with pytest.raises(ClientError):  # the loop is what raises
            async with cell.client.post(f"{cell.base_url}/chat/completions", json=asked, headers=cell.headers) as reply:
                async for chunk in reply.content.iter_any():
                    got += chunk
        (call,) = await cell.session.close()
    assert call.response_body is not None
    assert bytes(got) == read_body(cell.bodies, call.response_body)
    assert b'"role": "assistant"' in got


async def test_a_whole_reply_cut_midway_is_the_endpoints_fault(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.CUT) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        status, _ = await cell.post("chat", chat())
        (call,) = await cell.session.close()
    assert (status, call.error) == (502, "endpoint_stream_cut")


@pytest.mark.parametrize("wire", WIRES)
async def test_a_stream_without_its_last_event_is_recorded_as_cut_and_passed_on_as_it_is(
    task_files: TaskFiles, open_cell: OpenCell, wire: str
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.UNFINISHED) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        status, body = await cell.post(wire, request_of(wire, stream=True))
        (call,) = await cell.session.close()
    assert (status, call.error) == (200, "endpoint_stream_cut")
    assert b"[DONE]" not in body
    assert b"response.completed" not in body


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
async def test_usage_that_the_endpoint_does_not_report_is_estimated_and_marked(
    task_files: TaskFiles, open_cell: OpenCell, wire: str, stream: bool
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.NO_USAGE) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        await cell.post(wire, request_of(wire, stream=stream))
        (call,) = await cell.session.close()
    assert call.error is None
    assert call.estimated
    assert (call.cached_tokens, call.reasoning_tokens) == (None, None)
    assert call.prompt_tokens is not None
    assert call.completion_tokens is not None
    assert 5 < call.prompt_tokens < 40
    assert 5 < call.completion_tokens < 40


@pytest.mark.parametrize("stream", [False, True])
async def test_an_endless_reply_is_broken_off(
    task_files: TaskFiles, open_cell: OpenCell, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    monkeypatch.setattr(recorder, "MAX_REPLY_BYTES", 300)
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        if stream:
            with pytest.raises(ClientPayloadError):
                await cell.post("chat", chat(True))
        else:
            assert (await cell.post("chat", chat()))[0] == 502
        (call,) = await cell.session.close()
    assert call.error == "endpoint_error"


async def hang_up_at(cell: Cell, mark: bytes) -> None:
    """Ask for a stream, and close as soon as `mark` has come."""
    body = json.dumps(chat(True, stream_options={"include_usage": True})).encode()
    auth = f"Authorization: Bearer {cell.session.token}"
    head = "\r\n".join(["POST /v1/chat/completions HTTP/1.1", "Host: x", auth, f"Content-Length: {len(body)}", "", ""])
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(cell.base_url).port)
    writer.write(head.encode() + body)
    await asyncio.wait_for(reader.readuntil(mark), 10)
    writer.transport.abort()


@pytest.mark.parametrize(("mark", "error"), [(b'"role"', "client_disconnected"), (b"[DONE]\n\n", None)])
async def test_a_client_that_hangs_up_midway_is_told_from_an_endpoint_that_does(
    task_files: TaskFiles, open_cell: OpenCell, mark: bytes, error: str | None
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, pause_s=0.02) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        await hang_up_at(cell, mark)
        await until(lambda: cell.seen)
        (call,) = await cell.session.close()
    assert (call.status, call.error) == (200, error)


async def test_hanging_up_and_breaking_off_put_no_traceback_on_the_screen(
    task_files: TaskFiles, open_cell: OpenCell, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.CUT) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        with pytest.raises(ClientError):
            await cell.post("chat", chat(True))
        host, port = cell.base_url.removeprefix("http://").removesuffix("/v1").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"\x00 no HTTP at all\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
        await cell.session.close()
    assert [r.getMessage() for r in caplog.records if r.name.startswith("codingagentbench")] == []
