"""The vendors' own SDKs as clients, through the gateway, to an endpoint that speaks chat alone."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from codingagentbench.gateway.bodies import read_body
from codingagentbench.store.record import ModelCall
from gateway.cells import MODEL, Cell, OpenCell
from gateway.translate.scripted import PIXEL, Json, Said, ScriptedEndpoint

# The SDKs' replies are unions of dozens of types each; what they hold is asserted here, not what they are called.
openai: Any = pytest.importorskip("openai")
anthropic: Any = pytest.importorskip("anthropic")
genai: Any = pytest.importorskip("google.genai")

# The Gemini SDK inherits from aiohttp's session, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
SCHEMA = {"type": "object", "properties": {"cmd": {"type": "string"}}, "required": ["cmd"]}
WORK = Said(
    reasoning="Let me look.",
    text="I look at both.",
    calls=[("call_a", "run", '{"cmd": "ls -l"}'), ("call_b", "run", '{"cmd": "cat «x»"}')],
    finish="tool_calls",
)
ARGUMENTS = [{"cmd": "ls -l"}, {"cmd": "cat «x»"}]
Ask = Callable[[Cell, bool, bool, Json], Any]


@asynccontextmanager
async def chat_only(open_cell: OpenCell, *turns: Said) -> AsyncIterator[tuple[ScriptedEndpoint, Cell]]:
    async with ScriptedEndpoint(turns) as endpoint, open_cell(endpoint.backend()) as cell:
        yield endpoint, cell


async def only_call(cell: Cell, wire: str) -> ModelCall:
    (call,) = await cell.session.close()
    assert (call.status, call.error, call.wire, call.endpoint_wire) == (200, None, wire, "chat")
    return call


async def ask_openai(cell: Cell, stream: bool, sync: bool, asked: Json) -> Any:
    settings = {"base_url": cell.base_url, "api_key": cell.session.token, "max_retries": 0}
    asked = {"model": MODEL, **asked}
    if sync:

        def run() -> Any:
            with openai.OpenAI(**settings) as client:
                if not stream:
                    return client.responses.create(**asked)
                with client.responses.stream(**asked) as events:
                    return list(events)[-1].response  # get_final_response() does not know an incomplete one

        return await asyncio.to_thread(run)
    async with openai.AsyncOpenAI(**settings) as client:
        if not stream:
            return await client.responses.create(**asked)
        async with client.responses.stream(**asked) as events:
            return [event async for event in events][-1].response


async def ask_anthropic(cell: Cell, stream: bool, sync: bool, asked: Json) -> Any:
    settings = {"base_url": cell.base_url.removesuffix("/v1"), "auth_token": cell.session.token, "max_retries": 0}
    asked = {"model": MODEL, "max_tokens": 77, **asked}
    if sync:

        def run() -> Any:
            with anthropic.Anthropic(api_key=None, **settings) as client:
                if not stream:
                    return client.messages.create(**asked)
                with client.messages.stream(**asked) as events:
                    return events.get_final_message()

        return await asyncio.to_thread(run)
    async with anthropic.AsyncAnthropic(api_key=None, **settings) as client:
        if not stream:
            return await client.messages.create(**asked)
        async with client.messages.stream(**asked) as events:
            return await events.get_final_message()


async def ask_gemini(cell: Cell, stream: bool, sync: bool, asked: Json) -> list[Any]:
    options = {"base_url": cell.base_url.removesuffix("/v1")}
    client = genai.Client(api_key=cell.session.token, http_options=options)
    asked = {"model": MODEL, **asked}
    try:
        if sync:

            def run() -> list[Any]:
                if stream:
                    return list(client.models.generate_content_stream(**asked))
                return [client.models.generate_content(**asked)]

            return await asyncio.to_thread(run)
        if stream:
            return [event async for event in await client.aio.models.generate_content_stream(**asked)]
        return [await client.aio.models.generate_content(**asked)]
    finally:
        await client.aio.aclose()
        client.close()


def way(test: Any) -> Any:
    """Streamed and whole, with the synchronous and the asynchronous client."""
    return pytest.mark.parametrize("stream", [False, True])(pytest.mark.parametrize("sync", [False, True])(test))


@way
async def test_responses_with_reasoning_and_parallel_calls(open_cell: OpenCell, stream: bool, sync: bool) -> None:
    tools = [{"type": "function", "name": "run", "parameters": SCHEMA, "strict": False}]
    async with chat_only(open_cell, WORK) as (endpoint, cell):
        done = await ask_openai(cell, stream, sync, {"input": "look", "tools": tools, "max_output_tokens": 77})
        call = await only_call(cell, "responses")
    assert [item.type for item in done.output] == ["reasoning", "message", "function_call", "function_call"]
    assert done.output[0].summary[0].text == "Let me look."
    assert (done.output_text, done.status) == ("I look at both.", "completed")
    assert [item.call_id for item in done.output[2:]] == ["call_a", "call_b"]
    assert [json.loads(item.arguments) for item in done.output[2:]] == ARGUMENTS
    assert (done.usage.input_tokens, done.usage.input_tokens_details.cached_tokens) == (100, 40)
    assert (done.usage.output_tokens, done.usage.output_tokens_details.reasoning_tokens) == (20, 7)
    assert endpoint.received[0]["max_tokens"] == 77
    assert_metered(call, cell)


@way
async def test_messages_with_reasoning_and_parallel_calls(open_cell: OpenCell, stream: bool, sync: bool) -> None:
    asked = {"messages": [{"role": "user", "content": "look"}], "tools": [{"name": "run", "input_schema": SCHEMA}]}
    async with chat_only(open_cell, WORK) as (endpoint, cell):
        done = await ask_anthropic(cell, stream, sync, asked)
        call = await only_call(cell, "messages")
    assert [block.type for block in done.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert (done.content[0].thinking, done.content[1].text) == ("Let me look.", "I look at both.")
    assert [block.id for block in done.content[2:]] == ["call_a", "call_b"]
    assert [block.input for block in done.content[2:]] == ARGUMENTS
    assert done.stop_reason == "tool_use"
    assert (done.usage.input_tokens, done.usage.cache_read_input_tokens, done.usage.output_tokens) == (60, 40, 20)
    assert endpoint.received[0]["max_tokens"] == 77
    assert_metered(call, cell)


@way
async def test_gemini_with_reasoning_and_parallel_calls(open_cell: OpenCell, stream: bool, sync: bool) -> None:
    declared = {"name": "run", "description": "Runs.", "parameters": {"type": "OBJECT", "properties": {}}}
    asked = {"contents": "look", "config": {"tools": [{"function_declarations": [declared]}], "max_output_tokens": 77}}
    async with chat_only(open_cell, WORK) as (endpoint, cell):
        events = await ask_gemini(cell, stream, sync, asked)
        call = await only_call(cell, "gemini")
    parts = [part for event in events for part in event.candidates[0].content.parts]
    assert "".join(p.text for p in parts if p.thought) == "Let me look."
    assert "".join(p.text for p in parts if p.text and not p.thought) == "I look at both."
    calls = [part.function_call for part in parts if part.function_call]
    assert [(c.id, c.name, c.args) for c in calls] == [
        ("call_a", "run", ARGUMENTS[0]),
        ("call_b", "run", ARGUMENTS[1]),
    ]
    last = events[-1]
    assert last.candidates[0].finish_reason == "STOP"
    usage = last.usage_metadata
    assert (usage.prompt_token_count, usage.cached_content_token_count, usage.total_token_count) == (100, 40, 120)
    assert (usage.candidates_token_count, usage.thoughts_token_count) == (13, 7)
    assert endpoint.received[0]["max_tokens"] == 77
    assert endpoint.received[0]["tools"][0]["function"]["parameters"] == {"type": "object", "properties": {}}
    assert_metered(call, cell)


def assert_metered(call: ModelCall, cell: Cell) -> None:
    """The endpoint's own counts, and all four bodies."""
    assert (call.prompt_tokens, call.cached_tokens, call.completion_tokens, call.reasoning_tokens) == (100, 40, 20, 7)
    assert call.finish_reason == "tool_calls"
    assert call.endpoint_request_body is not None
    assert call.endpoint_response_body is not None
    assert json.loads(read_body(cell.bodies, call.endpoint_request_body))["model"] == "vendor"
    assert b"prompt_tokens" in read_body(cell.bodies, call.endpoint_response_body)
    assert call.response_body is not None
    assert b"prompt_tokens" not in read_body(cell.bodies, call.response_body)


@pytest.mark.parametrize(
    ("said", "responses", "messages", "gemini", "refusal"),
    [
        (Said(text="cut o", finish="length"), "max_output_tokens", "max_tokens", "MAX_TOKENS", None),
        (Said(text="I…", finish="content_filter"), "content_filter", "refusal", "SAFETY", "content_filter"),
        (Said(text="done."), None, "end_turn", "STOP", None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_stop_reasons(
    open_cell: OpenCell,
    said: Said,
    responses: str | None,
    messages: str,
    gemini: str,
    refusal: str | None,
    stream: bool,
) -> None:
    async with chat_only(open_cell, said, said, said) as (_, cell):
        done = await ask_openai(cell, stream, False, {"input": "go"})
        message = await ask_anthropic(cell, stream, False, {"messages": [{"role": "user", "content": "go"}]})
        events = await ask_gemini(cell, stream, False, {"contents": "go"})
        calls = await cell.session.close()
    assert (done.incomplete_details.reason if done.incomplete_details else None) == responses
    assert done.status == ("incomplete" if responses else "completed")
    assert message.stop_reason == messages
    assert events[-1].candidates[0].finish_reason == gemini
    assert [call.refusal for call in calls] == [refusal] * 3


@pytest.mark.parametrize("stream", [False, True])
async def test_a_refusal_keeps_its_words(open_cell: OpenCell, stream: bool) -> None:
    said = Said(refusal="I will not do that.")
    async with chat_only(open_cell, said, said, said) as (_, cell):
        done = await ask_openai(cell, stream, False, {"input": "go"})
        message = await ask_anthropic(cell, stream, False, {"messages": [{"role": "user", "content": "go"}]})
        events = await ask_gemini(cell, stream, False, {"contents": "go"})
    assert (done.output[0].content[0].type, done.output[0].content[0].refusal) == ("refusal", "I will not do that.")
    assert (message.stop_reason, message.content[0].text) == ("refusal", "I will not do that.")
    assert "".join(e.text or "" for e in events) == "I will not do that."
    assert events[-1].candidates[0].finish_reason == "SAFETY"


@pytest.mark.parametrize("stream", [False, True])
async def test_usage_that_the_endpoint_does_not_report_is_not_made_up_for_the_client_and_estimated_in_the_record(
    open_cell: OpenCell, stream: bool
) -> None:
    said = Said(text="hi", usage=None)
    async with chat_only(open_cell, said, said, said) as (_, cell):
        done = await ask_openai(cell, stream, False, {"input": "go"})
        message = await ask_anthropic(cell, stream, False, {"messages": [{"role": "user", "content": "go"}]})
        events = await ask_gemini(cell, stream, False, {"contents": "go"})
        calls = await cell.session.close()
    assert done.usage is None
    assert (message.usage.input_tokens, message.usage.output_tokens) == (0, 0)  # its shape has no "unknown"
    assert events[-1].usage_metadata is None
    assert [(call.usage.output, call.estimated) for call in calls] == [(1, True)] * 3


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
@pytest.mark.parametrize("stream", [False, True])
async def test_reasoning_goes_back_to_the_endpoint_that_it_came_from(
    open_cell: OpenCell, field: str, stream: bool
) -> None:
    said = Said(reasoning="Hm.", reasoning_field=field, text="Yes.", calls=[("c", "run", "{}")], finish="tool_calls")
    tools = [{"type": "function", "name": "run", "parameters": SCHEMA, "strict": False}]
    user: Json = {"role": "user", "content": "go"}
    async with chat_only(open_cell, said, said, said, said) as (endpoint, cell):
        done = await ask_openai(cell, stream, False, {"input": [user], "tools": tools})
        items = [item.model_dump(mode="json", exclude_none=True) for item in done.output]
        result = {"type": "function_call_output", "call_id": "c", "output": "ok"}
        await ask_openai(cell, stream, False, {"input": [user, *items, result], "tools": tools})
        message = await ask_anthropic(cell, stream, False, {"messages": [user]})
        content = [block.model_dump(mode="json", exclude_none=True) for block in message.content]
        results = [{"type": "tool_result", "tool_use_id": "c", "content": "ok"}]
        asked = [user, {"role": "assistant", "content": content}, {"role": "user", "content": results}]
        await ask_anthropic(cell, stream, False, {"messages": asked})
    for received in (endpoint.received[1], endpoint.received[3]):
        turn, tool = received["messages"][1:]
        assert (turn[field], turn["content"], turn["tool_calls"][0]["id"]) == ("Hm.", "Yes.", "c")
        assert tool == {"role": "tool", "tool_call_id": "c", "content": "ok"}


async def test_geminis_reasoning_goes_back_too(open_cell: OpenCell) -> None:
    said = Said(reasoning="Hm.", text="Yes.")
    async with chat_only(open_cell, said, said) as (endpoint, cell):
        (done,) = await ask_gemini(cell, False, False, {"contents": "go"})
        history = [{"role": "user", "parts": [{"text": "go"}]}, done.candidates[0].content, "more"]
        await ask_gemini(cell, False, False, {"contents": history})
    assert endpoint.received[1]["messages"] == [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."},
        {"role": "user", "content": "more"},
    ]


async def test_pictures_arrive(open_cell: OpenCell) -> None:
    image = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    url = f"data:image/png;base64,{PIXEL}"
    said = Said(text="A dot.")
    async with chat_only(open_cell, said, said, said) as (endpoint, cell):
        parts = [{"type": "input_text", "text": "see"}, {"type": "input_image", "image_url": url}]
        await ask_openai(cell, False, False, {"input": [{"role": "user", "content": parts}]})
        blocks = [{"type": "text", "text": "see"}, {"type": "image", "source": image}]
        await ask_anthropic(cell, False, False, {"messages": [{"role": "user", "content": blocks}]})
        pixel = genai.types.Part.from_bytes(data=base64.b64decode(PIXEL), mime_type="image/png")
        await ask_gemini(cell, False, False, {"contents": ["see", pixel]})
    content = [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": {"url": url}}]
    assert [r["messages"] for r in endpoint.received] == [[{"role": "user", "content": content}]] * 3


async def test_a_count_of_tokens_is_estimated(open_cell: OpenCell) -> None:
    async with chat_only(open_cell) as (endpoint, cell):
        settings = {"base_url": cell.base_url.removesuffix("/v1"), "auth_token": cell.session.token}
        async with anthropic.AsyncAnthropic(api_key=None, **settings) as client:
            counted = await client.messages.count_tokens(
                model=MODEL, messages=[{"role": "user", "content": "four" * 100}]
            )
        calls = await cell.session.close()
    assert 100 <= counted.input_tokens <= 110
    assert endpoint.received == []
    assert [(c.operation, c.status, c.prompt_tokens, c.error) for c in calls] == [("count_tokens", 200, None, None)]
