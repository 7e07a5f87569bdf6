"""Anthropic's and Google's official SDKs as clients, against a control in the gateway and through it to an endpoint."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from codingagentbench.gateway.controls.endpoint import ControlEndpoint
from codingagentbench.store.record import ModelCall
from gateway.cells import MODEL, SHELL, Cell, OpenCell, TaskFiles, endpoint_backend

# The SDKs' replies are unions of many types each; what they hold is asserted here, not what they are called.
anthropic: Any = pytest.importorskip("anthropic")
genai: Any = pytest.importorskip("google.genai")
openai: Any = pytest.importorskip("openai")

# google-genai subclasses aiohttp's session, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
KEY = "sk-the-endpoints-own-key"
USER = [{"role": "user", "content": "fix it"}]
MESSAGES_TOOLS = [{"name": "bash", "description": "d", "input_schema": {"type": "object"}}]
GEMINI_TOOLS = {"tools": [{"function_declarations": [{"name": "bash", "description": "d"}]}]}


@pytest.fixture(params=["control", "endpoint"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def connected(way: str, task_files: TaskFiles, open_cell: OpenCell) -> AsyncIterator[Cell]:
    backend = task_files.control("oracle", SHELL)
    async with (
        ControlEndpoint(backend, model="vendor-model", key=KEY) as endpoint,
        open_cell(backend if way == "control" else endpoint_backend(endpoint)) as cell,
    ):
        yield cell


def claude(cell: Cell, *, sync: bool = False, key: str | None = None) -> Any:
    kind = anthropic.Anthropic if sync else anthropic.AsyncAnthropic
    return kind(base_url=cell.origin, api_key=key or cell.session.token, max_retries=0)


def google(cell: Cell, *, key: str | None = None) -> Any:
    return genai.Client(api_key=key or cell.session.token, http_options={"base_url": cell.origin})


async def only_call(cell: Cell) -> ModelCall:
    (call,) = await cell.session.close()
    assert (call.status, call.error) == (200, None)
    return call


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("stream", [False, True])
async def test_messages(way: str, task_files: TaskFiles, open_cell: OpenCell, sync: bool, stream: bool) -> None:
    asked = {"model": MODEL, "max_tokens": 1000, "messages": USER, "tools": MESSAGES_TOOLS}

    def ask() -> Any:
        with claude(cell, sync=True) as client:
            if not stream:
                return client.messages.create(**asked)
            with client.messages.stream(**asked) as events:
                return events.get_final_message()

    async with connected(way, task_files, open_cell) as cell:
        if sync:
            done = await asyncio.to_thread(ask)
        else:
            async with claude(cell) as client:
                if stream:
                    async with client.messages.stream(**asked) as events:
                        done = await events.get_final_message()
                else:
                    done = await client.messages.create(**asked)
        call = await only_call(cell)
    assert done.content[0].text == "Step 1 of 1."
    assert "src/reverse.py" in done.content[1].input["command"]
    assert done.stop_reason == call.finish_reason == "tool_use"
    assert (done.usage.input_tokens, done.usage.output_tokens) == (call.prompt_tokens, call.completion_tokens)
    assert (call.wire, call.stream) == ("messages", stream)


async def test_messages_count_of_tokens(way: str, task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with connected(way, task_files, open_cell) as cell, claude(cell) as client:
        counted = await client.messages.count_tokens(model=MODEL, messages=USER)
        call = await only_call(cell)
    assert counted.input_tokens > 5
    assert (call.operation, call.prompt_tokens, call.completion_tokens) == ("count_tokens", None, None)


async def test_anthropics_errors_and_models(way: str, task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with connected(way, task_files, open_cell) as cell, claude(cell) as client:
        with pytest.raises(anthropic.NotFoundError, match="unknown model 'other'"):
            await client.messages.create(model="other", max_tokens=1, messages=USER)
        async with claude(cell, key="sk-wrong") as wrong:
            with pytest.raises(anthropic.AuthenticationError, match="missing or wrong key"):
                await wrong.messages.create(model=MODEL, max_tokens=1, messages=USER)
        assert [m.id async for m in client.models.list()] == [MODEL]
        assert (await client.models.retrieve(MODEL)).id == MODEL
        assert await cell.session.close() == []


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("stream", [False, True])
async def test_gemini(way: str, task_files: TaskFiles, open_cell: OpenCell, sync: bool, stream: bool) -> None:
    asked = {"model": MODEL, "contents": "fix it", "config": GEMINI_TOOLS}

    def ask() -> list[Any]:
        with google(cell) as client:
            if stream:
                return list(client.models.generate_content_stream(**asked))
            return [client.models.generate_content(**asked)]

    async with connected(way, task_files, open_cell) as cell:
        if sync:
            chunks = await asyncio.to_thread(ask)
        else:
            async with google(cell).aio as client:
                if stream:
                    chunks = [c async for c in await client.models.generate_content_stream(**asked)]
                else:
                    chunks = [await client.models.generate_content(**asked)]
        call = await only_call(cell)
    last = chunks[-1]
    assert "src/reverse.py" in last.function_calls[0].args["command"]
    assert last.candidates[0].finish_reason == call.finish_reason == "STOP"
    counts = last.usage_metadata
    assert (counts.prompt_token_count, counts.candidates_token_count) == (call.prompt_tokens, call.completion_tokens)
    assert (call.wire, call.stream) == ("gemini", stream)


async def test_geminis_count_of_tokens_errors_and_models(way: str, task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with connected(way, task_files, open_cell) as cell, google(cell).aio as client:
        assert (await client.models.count_tokens(model=MODEL, contents="fix it")).total_tokens > 5
        with pytest.raises(genai.errors.ClientError, match=r"NOT_FOUND.*unknown model 'other'"):
            await client.models.generate_content(model="other", contents="x")
        async with google(cell, key="wrong").aio as wrong:
            with pytest.raises(genai.errors.ClientError, match="UNAUTHENTICATED"):
                await wrong.models.generate_content(model=MODEL, contents="x")
        assert (await client.models.get(model=MODEL)).name == f"models/{MODEL}"
        assert (await only_call(cell)).operation == "count_tokens"


async def test_a_gemini_stream_without_events_is_one_array(
    way: str, task_files: TaskFiles, open_cell: OpenCell
) -> None:
    async with connected(way, task_files, open_cell) as cell:
        url = f"{cell.origin}/v1/models/{MODEL}:streamGenerateContent?key={cell.session.token}"
        async with cell.client.post(url, json={"contents": [{"parts": [{"text": "x"}]}]}) as reply:
            chunks = await reply.json()
        call = await only_call(cell)
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
    assert (call.stream, call.finish_reason) == (True, "STOP")
    assert call.completion_tokens == chunks[-1]["usageMetadata"]["candidatesTokenCount"]


async def test_embeddings_pass_and_are_counted(way: str, task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        connected(way, task_files, open_cell) as cell,
        openai.AsyncOpenAI(base_url=cell.base_url, api_key=cell.session.token, max_retries=0) as client,
    ):
        done = await client.embeddings.create(model=MODEL, input=["a", "b"], encoding_format="float")
        call = await only_call(cell)
    assert len(done.data) == 2
    assert (call.operation, call.prompt_tokens, call.completion_tokens) == ("embed", done.usage.prompt_tokens, 0)
