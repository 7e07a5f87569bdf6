"""The official OpenAI SDK as the client, against a control in the gateway and through the gateway to an endpoint."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from codingagentbench.gateway.controls.endpoint import ControlEndpoint
from codingagentbench.store.record import ModelCall
from gateway.cells import MODEL, SHELL, Cell, OpenCell, TaskFiles, endpoint_backend

# The SDK's replies are unions of thirty types each; what they hold is asserted here, not what they are called.
openai: Any = pytest.importorskip("openai")

CHAT_TOOLS = [{"type": "function", "function": {"name": "bash", "parameters": {"type": "object"}}}]
RESPONSES_TOOLS = [{"type": "function", "name": "bash", "parameters": {"type": "object"}, "strict": False}]


@pytest.fixture(params=["control", "endpoint"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def connected(way: str, task_files: TaskFiles, open_cell: OpenCell) -> AsyncIterator[tuple[Any, Cell]]:
    backend = task_files.control("oracle", SHELL)
    async with (
        ControlEndpoint(backend, model="vendor-model", key="sk-123456") as endpoint,
        open_cell(backend if way == "control" else endpoint_backend(endpoint)) as cell,
        openai.AsyncOpenAI(base_url=cell.base_url, api_key=cell.session.token, max_retries=0) as client,
    ):
        yield client, cell


async def only_call(cell: Cell) -> ModelCall:
    (call,) = await cell.session.close()
    assert (call.status, call.error) == (200, None)
    return call


async def test_chat(way: str, task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with connected(way, task_files, open_cell) as (client, cell):
        done = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "fix it"}], tools=CHAT_TOOLS
        )
        call = await only_call(cell)
    tool_call = done.choices[0].message.tool_calls[0]
    assert "src/reverse.py" in json.loads(tool_call.function.arguments)["command"]
    assert done.choices[0].finish_reason == call.finish_reason == "tool_calls"
    assert (done.usage.prompt_tokens, done.usage.completion_tokens) == (call.prompt_tokens, call.completion_tokens)


async def test_chat_streamed(way: str, task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with connected(way, task_files, open_cell) as (client, cell):
        async with client.chat.completions.stream(
            model=MODEL, messages=[{"role": "user", "content": "fix it"}], tools=CHAT_TOOLS
        ) as stream:
            done = await stream.get_final_completion()
        call = await only_call(cell)
    assert "src/reverse.py" in done.choices[0].message.tool_calls[0].function.arguments
    assert done.usage is None
    assert call.finish_reason == "tool_calls"
    assert call.prompt_tokens is not None


async def test_responses(way: str, task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with connected(way, task_files, open_cell) as (client, cell):
        done = await client.responses.create(model=MODEL, input="fix it", tools=RESPONSES_TOOLS)
        call = await only_call(cell)
    assert done.output_text == "Step 1 of 1."
    assert "src/reverse.py" in json.loads(done.output[1].arguments)["command"]
    assert (done.usage.input_tokens, done.usage.output_tokens) == (call.prompt_tokens, call.completion_tokens)


async def test_responses_streamed(way: str, task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with connected(way, task_files, open_cell) as (client, cell):
        async with client.responses.stream(model=MODEL, input="fix it", tools=RESPONSES_TOOLS) as stream:
            kinds = [event.type async for event in stream]
            done = await stream.get_final_response()
        call = await only_call(cell)
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert done.output_text == "Step 1 of 1."
    assert "src/reverse.py" in json.loads(done.output[1].arguments)["command"]
    assert (done.usage.input_tokens, done.usage.output_tokens) == (call.prompt_tokens, call.completion_tokens)


async def test_a_wrong_key_and_a_wrong_model_are_the_errors_that_the_sdk_knows(
    way: str, task_files: TaskFiles, open_cell: OpenCell
) -> None:
    async with connected(way, task_files, open_cell) as (client, cell):
        with pytest.raises(openai.NotFoundError, match="unknown model 'gpt'"):
            await client.chat.completions.create(model="gpt", messages=[])
        with pytest.raises(openai.AuthenticationError, match="missing or wrong key"):
            await client.with_options(api_key="sk-wrong").responses.create(model=MODEL, input="x")
        assert [m.id async for m in client.models.list()] == [MODEL]
        assert (await client.models.retrieve(MODEL)).id == MODEL
        assert await cell.session.close() == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wire", ["chat", "responses"])
async def test_the_synchronous_client_is_served_alike(
    way: str, task_files: TaskFiles, open_cell: OpenCell, wire: str, stream: bool
) -> None:
    async with connected(way, task_files, open_cell) as (_, cell):
        ask = _chat_blocking if wire == "chat" else _responses_blocking
        command, usage = await asyncio.to_thread(ask, cell, stream=stream)
        call = await only_call(cell)
    assert "src/reverse.py" in command
    if usage is not None:
        assert usage == (call.prompt_tokens, call.completion_tokens)
    assert (usage is None) == (wire == "chat" and stream), "a usage that the client did not ask for is not shown to it"
    assert call.prompt_tokens


def _chat_blocking(cell: Cell, *, stream: bool) -> tuple[str, tuple[int, int] | None]:
    asked: Any = {"model": MODEL, "messages": [{"role": "user", "content": "fix it"}], "tools": CHAT_TOOLS}
    with openai.OpenAI(base_url=cell.base_url, api_key=cell.session.token, max_retries=0) as client:
        if stream:
            with client.chat.completions.stream(**asked) as events:
                done = events.get_final_completion()
        else:
            done = client.chat.completions.create(**asked)
    usage = done.usage and (done.usage.prompt_tokens, done.usage.completion_tokens)
    return done.choices[0].message.tool_calls[0].function.arguments, usage


def _responses_blocking(cell: Cell, *, stream: bool) -> tuple[str, tuple[int, int]]:
    asked: Any = {"model": MODEL, "input": "fix it", "tools": RESPONSES_TOOLS}
    with openai.OpenAI(base_url=cell.base_url, api_key=cell.session.token, max_retries=0) as client:
        if stream:
            with client.responses.stream(**asked) as events:
                done = events.get_final_response()
        else:
            done = client.responses.create(**asked)
    return done.output[1].arguments, (done.usage.input_tokens, done.usage.output_tokens)
