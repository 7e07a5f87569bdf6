"""`cab gateway serve`: several clients and models behind one door, each with a record and a budget of its own."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession

from codingagentbench.catalog.gateway_config import GatewayConfig, read_config
from codingagentbench.catalog.load import open_catalog
from codingagentbench.errors import CatalogError, SetupError
from codingagentbench.gateway import session
from codingagentbench.gateway.bodies import read_body
from codingagentbench.gateway.controls.endpoint import ControlEndpoint
from codingagentbench.gateway.standalone.station import Station
from codingagentbench.store.record import ModelCall
from gateway.cells import TaskFiles, path_of, request_of, until

KEY = "sk-the-endpoints-own-key"
ALICE, BOB = "alice-has-a-long-token", "bob-has-another-long-one"
WIRES = ["chat", "responses", "messages", "gemini"]


@dataclass
class Running:
    """A station and how to reach it."""

    station: Station
    client: ClientSession
    said: list[str]

    async def ask(self, wire: str, token: str, model: str, *, stream: bool = False) -> tuple[int, bytes]:
        body = request_of(wire, stream=stream) | {"model": model, "stream_options": {"include_usage": True}}
        url = self.station.address + path_of(wire, stream=stream).replace("my/model", model)
        async with self.client.post(url, json=body, headers={"Authorization": f"Bearer {token}"}) as reply:
            return reply.status, await reply.read()

    async def get(self, path: str, token: str = "") -> tuple[int, dict[str, Any]]:
        url = self.station.address + path
        async with self.client.get(url, headers={"Authorization": f"Bearer {token}"}) as reply:
            return reply.status, await reply.json()

    def calls(self, client: str) -> list[ModelCall]:
        lines = (self.station.folder / client / "model_calls.jsonl").read_bytes()
        return msgspec.json.Decoder(ModelCall).decode_lines(lines)


@asynccontextmanager
async def running(
    endpoint: ControlEndpoint, folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: object
) -> AsyncIterator[Running]:
    monkeypatch.setenv("UPSTREAM_KEY", KEY)
    monkeypatch.setenv("ALICE_TOKEN", ALICE)
    served = [{"id": "one", "endpoint_id": endpoint.model}, {"id": "two/b", "endpoint_id": endpoint.model}]
    content = {
        "listen": "127.0.0.1:0",
        "record": "calls",
        "endpoint": [
            {
                "name": "upstream",
                "base_url": endpoint.base_url,
                "key_env": "UPSTREAM_KEY",
                "wires": WIRES,
                "model": served,
            }
        ],
        "token": [
            {"name": "alice", "env": "ALICE_TOKEN"},
            {"name": "bob", "sha256": hashlib.sha256(BOB.encode()).hexdigest(), "models": ["two/b"]},
        ],
        "price": [{"model": "one", "input": 1.0, "output": 2.0}],
    } | changes
    said: list[str] = []
    config = GatewayConfig.model_validate(content)
    async with Station(config, folder, open_catalog(), said.append) as station, ClientSession() as client:
        yield Running(station, client, said)


def stored_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.suffix != ".zst")


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
async def test_calls_are_answered_and_recorded_by_client(
    task_files: TaskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wire: str, stream: bool
) -> None:
    async with ControlEndpoint(task_files.control("noop"), model="vendor", key=KEY) as endpoint:
        async with running(endpoint, tmp_path, monkeypatch) as gateway:
            status, body = await gateway.ask(wire, ALICE, "one", stream=stream)
            assert status == 200, body
            assert (await gateway.ask(wire, BOB, "two/b", stream=stream))[0] == 200
        (alices,), (bobs,) = gateway.calls("alice"), gateway.calls("bob")
        assert (alices.model, bobs.model) == ("one", "two/b")
        assert alices.cost_usd is not None
        assert alices.price == "config"
        assert bobs.cost_usd is None
        assert alices.prompt_tokens == bobs.prompt_tokens
        assert alices.response_body is not None
        assert read_body(gateway.station.folder / "alice" / "bodies.zst", alices.response_body) == body
        assert gateway.station.totals.calls == 2


async def test_nothing_that_is_stored_holds_a_key_or_a_token(
    task_files: TaskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model="vendor", key=KEY) as endpoint,
        running(endpoint, tmp_path, monkeypatch, token=[{"name": "new"}]) as gateway,
    ):
        (line,) = gateway.said
        token = line.rpartition(" ")[2]
        assert (await gateway.ask("chat", token, "one"))[0] == 200
    stored = stored_below(tmp_path)
    assert hashlib.sha256(token.encode()).hexdigest().encode() in stored
    assert token.encode() not in stored
    assert KEY.encode() not in stored


async def test_who_may_not_call_is_told_so_in_its_own_shape(
    task_files: TaskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ControlEndpoint(task_files.control("noop"), model="vendor", key=KEY) as endpoint:
        async with running(endpoint, tmp_path, monkeypatch) as gateway:
            for wire in WIRES:
                status, body = await gateway.ask(wire, "wrong", "one")
                assert status == 401
                assert "error" in json.loads(body)
            status, body = await gateway.ask("messages", ALICE, "three")
            assert (status, json.loads(body)["type"]) == (404, "error")
            assert "known here: one, two/b" in json.loads(body)["error"]["message"]
            status, body = await gateway.ask("chat", BOB, "one")
            assert (status, "known here: two/b" in json.loads(body)["error"]["message"]) == (404, True)
            assert [m["id"] for m in (await gateway.get("/v1/models", ALICE))[1]["data"]] == ["one", "two/b"]
            assert (await gateway.get("/v1/models/one", BOB))[0] == 404
            assert (await gateway.get("/v1/models"))[0] == 401
        assert endpoint.received == []


async def test_a_request_over_the_limit_is_refused_unread(
    task_files: TaskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MAX_REQUEST_BYTES", 100)
    async with (
        ControlEndpoint(task_files.control("noop"), model="vendor", key=KEY) as endpoint,
        running(endpoint, tmp_path, monkeypatch) as gateway,
    ):
        url, body = gateway.station.address + "/v1/messages", b"x" * 101
        async with gateway.client.post(url, data=body, headers={"x-api-key": ALICE}) as reply:
            assert (reply.status, (await reply.json())["type"]) == (413, "error")


async def test_budgets_hold_for_each_client_and_for_all(
    task_files: TaskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = [
        {"name": "alice", "env": "ALICE_TOKEN", "budget": {"max_calls": 2}},
        {"name": "bob", "sha256": hashlib.sha256(BOB.encode()).hexdigest()},
    ]
    async with ControlEndpoint(task_files.control("noop"), model="vendor", key=KEY) as endpoint:
        async with running(endpoint, tmp_path, monkeypatch, token=tokens, budget={"max_calls": 3}) as gateway:
            asked = await asyncio.gather(*(gateway.ask("chat", ALICE, "one") for _ in range(8)))
            assert sorted(status for status, _ in asked) == [200, 200, *[402] * 6]
            assert any(b"the token 'alice' is spent" in body for _, body in asked)
            assert [(await gateway.ask("chat", BOB, "one"))[0] for _ in range(2)] == [200, 402]
        assert len(endpoint.received) == 3


async def test_without_room_on_the_disk_no_call_is_served_and_it_is_said(
    task_files: TaskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ControlEndpoint(task_files.control("noop"), model="vendor", key=KEY) as endpoint:
        async with running(endpoint, tmp_path, monkeypatch, min_free_mib=1 << 40) as gateway:
            status, body = await gateway.ask("chat", ALICE, "one")
            assert status == 507
            assert "MiB free where calls are recorded" in json.loads(body)["error"]["message"]
            assert (await gateway.get("/healthz"))[0] == 503
            assert len(gateway.said) == 1
        assert endpoint.received == []


async def test_health_needs_no_token_and_tells_no_secret(
    task_files: TaskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model="vendor", key=KEY) as endpoint,
        running(endpoint, tmp_path, monkeypatch) as gateway,
    ):
        status, about = await gateway.get("/healthz")
        assert (status, about["status"], set(about)) == (200, "ok", {"status", "version", "calls"})


async def test_a_stream_that_is_under_way_ends_before_the_gateway_does(
    task_files: TaskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model="vendor", key=KEY, pause_s=0.1) as endpoint,
        ClientSession() as client,
    ):
        async with running(endpoint, tmp_path, monkeypatch) as gateway:
            gateway.client = client  # the gateway's own would be closed first
            asking = asyncio.create_task(gateway.ask("chat", ALICE, "one", stream=True))
            await until(lambda: endpoint.received)
        status, body = await asking
    assert (status, b"[DONE]" in body) == (200, True)
    assert [call.error for call in gateway.calls("alice")] == [None]


GOOD = """
record = "calls"
[[endpoint]]
name = "e"
base_url = "http://127.0.0.1:1/v1"
[[endpoint.model]]
id = "m"
"""


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (GOOD.replace('record = "calls"', ""), "record: missing"),
        ('listen = "here"\n' + GOOD, "listen: bad value 'here': accepted: ADDRESS:PORT"),
        ('listen = "127.0.0.1:99999"\n' + GOOD, "listen: bad value '127.0.0.1:99999'"),
        (GOOD.replace("http://127.0.0.1:1/v1", "ftp://x"), "base_url: bad value 'ftp://x'"),
        (GOOD + '[[endpoint.model]]\nid = "m"\n', "model 'm' stands there twice"),
        (GOOD + '[[token]]\nname = "t"\nmodels = ["x"]\n', "unknown model 'x': accepted: m"),
        (GOOD + '[[token]]\nname = "t"\n[[token]]\nname = "t"\n', "the name 't' stands there twice"),
        (GOOD + f'[[token]]\nname = "t"\nenv = "T"\nsha256 = "{"0" * 64}"\n', "has env and sha256"),
        (GOOD + '[[token]]\nname = "t"\nsecret = "x"\n', "secret: unknown key"),
        (GOOD.replace('name = "e"', 'name = "e"\nwires = ["fax"]'), "wires"),
        ("listen = ", "not TOML"),
    ],
)
def test_a_wrong_configuration_is_named_by_file_key_and_value(tmp_path: Path, bad: str, said: str) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(bad)
    with pytest.raises(CatalogError) as error:
        read_config(file)
    assert str(error.value).startswith(f"{file}:")
    assert said in str(error.value)


@pytest.mark.parametrize("token", [None, "short"])
async def test_a_token_that_is_not_there_or_can_be_guessed_is_refused(
    task_files: TaskFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    if token is not None:
        monkeypatch.setenv("BOBS", token)
    async with ControlEndpoint(task_files.control("noop"), model="vendor") as endpoint:
        with pytest.raises(SetupError, match="environment variable BOBS"):
            async with running(endpoint, tmp_path, monkeypatch, token=[{"name": "bob", "env": "BOBS"}]):
                pass
