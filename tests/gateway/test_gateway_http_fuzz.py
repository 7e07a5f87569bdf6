"""Whatever comes in at the door: no 500, no traceback, and an error in the shape of the client's wire."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from codingagentbench.catalog.gateway_config import GatewayConfig
from codingagentbench.catalog.load import open_catalog
from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.controls.endpoint import ControlEndpoint
from codingagentbench.gateway.standalone.station import Station
from codingagentbench.gateway.wires import route_of, wire_of_client
from gateway.cells import SHELL, SOLUTION, WORKDIR, lay, make_task

TOKEN = "a-token-for-the-fuzzer"  # noqa: S105  # of a server on loopback that lives for a test
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW"])
PLACES = [
    *("chat/completions", "responses", "messages", "messages/count_tokens", "embeddings", "models", "models/m"),
    *("models/m:generateContent", "models/m:streamGenerateContent", "models/%2e%2e:countTokens", ""),
]
PATHS = st.builds(
    lambda version, place, rest: f"/{version}/{place}{rest}",
    st.sampled_from(["v1", "v1beta", "v2", "healthz", ""]),
    st.sampled_from(PLACES) | st.text(max_size=20).map(lambda text: quote(text, safe="/:")),
    st.sampled_from(["", "?alt=sse", "?key=x", "?key=%00", "?alt=sse&alt=json", "/"]),
)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *("x-api-key", "x-goog-api-key", "anthropic-version", "Content-Type", "Content-Encoding", "Accept"),
            *("Expect", "Range", "Cookie", "Origin", "X-Forwarded-For", "traceparent"),
        ]
    ),
    HEADER,
    max_size=4,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda s: st.lists(s, max_size=3) | st.dictionaries(st.text(max_size=8), s, max_size=3),
    max_leaves=8,
)
FIELDS = ["messages", "input", "contents", "tools", "stream", "stream_options", "max_tokens", "system", "n", "metadata"]
REQUESTS = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5).map(lambda fields: {"model": "m", **fields})
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda v: json.dumps(v).encode())
    | REQUESTS.map(lambda v: json.dumps(v).encode())
)


class Server:
    """A station in a thread of its own, so that examples need no new one."""

    def __init__(self, folder: Path) -> None:
        self.ready, self.address, self._folder = Event(), "", folder
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    async def _serve(self) -> None:
        work, solution = lay(self._folder / "work", WORKDIR), lay(self._folder / "solution", SOLUTION)
        backend = ControlBackend("noop", make_task(), work, solution, [SHELL])
        async with ControlEndpoint(backend, model="m") as endpoint:
            served = {"name": "e", "base_url": endpoint.base_url, "model": [{"id": "m"}], "max_tries": 1}
            served |= {"wires": ["chat"], "breaker_failures": 1_000_000}
            content = {"listen": "127.0.0.1:0", "record": "r", "endpoint": [served]}
            content |= {"token": [{"name": "t", "env": "FUZZ_TOKEN"}]}
            config = GatewayConfig.model_validate(content)
            async with Station(config, self._folder / "calls", open_catalog(), lambda _: None) as station:
                self.address = station.address
                self.ready.set()
                await self._stop.wait()

    def __enter__(self) -> "Server":
        self._thread.start()
        assert self.ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self._loop.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FUZZ_TOKEN", TOKEN)
        with Server(tmp_path_factory.mktemp("fuzz")) as running:
            yield running


async def _send(
    server: Server, method: str, path: str, headers: dict[str, str], body: bytes, *, known: bool
) -> tuple[int, bytes]:
    headers = {**headers, **({"Authorization": f"Bearer {TOKEN}"} if known else {})}
    async with ClientSession(timeout=ClientTimeout(total=20), auto_decompress=False) as client:
        url = URL(server.address + path, encoded=True)
        async with client.request(method, url, data=body, headers=headers, skip_auto_headers=["Content-Type"]) as reply:
            return reply.status, await reply.read()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(METHODS, PATHS, HEADERS, BODIES, st.booleans())
def test_no_request_gets_more_than_an_answer_in_its_wires_shape(
    server: Server, method: str, path: str, headers: dict[str, str], body: bytes, known: bool
) -> None:
    try:
        status, said = asyncio.run(_send(server, method, path, headers, body, known=known))
    except ClientError:  # broken off: a stream whose translation failed half-way; the server lives, see below
        status, said = 0, b""
    assert status != 500, (method, path, said[:300])
    assert b"Traceback" not in said
    if status >= 400 and method != "HEAD" and not path.startswith("/healthz"):
        url = URL(server.address + path, encoded=True)
        route = route_of(url.path, url.query)
        wire = route.wire if route else wire_of_client(url.path, url.query, {k.lower(): "" for k in headers})
        told = json.loads(said)
        parsed = (
            told["error"].get("code") != "bad_request"
        )  # what aiohttp cannot parse has no headers to tell a wire by
        _is_error_of(wire if parsed else "chat", told)


def _is_error_of(wire: str, body: dict[str, object]) -> None:
    error = body["error"]
    assert isinstance(error, dict)
    assert isinstance(error["message"], str)
    if wire == "messages":
        assert body["type"] == "error"
        assert isinstance(error["type"], str)
    elif wire == "gemini":
        assert isinstance(error["code"], int)
        assert isinstance(error["status"], str)
    else:
        assert {"type", "param", "code"} <= set(error)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(min_size=1, max_size=400)
    | st.sampled_from([b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/responses HTTP/1.1\r\n"])
)
def test_bytes_that_are_no_http_end_no_server(server: Server, data: bytes) -> None:
    async def send() -> bytes:
        host, port = server.address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(data)
        writer.write_eof()
        try:
            async with asyncio.timeout(10):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()

    said = asyncio.run(send())
    assert b" 500 " not in said.split(b"\r\n", 1)[0]
    assert b"Traceback" not in said
    assert asyncio.run(_send(server, "GET", "/healthz", {}, b"", known=False))[0] == 200
