"""Tool calls read back from stored replies, on every wire, whole and streamed; a hostile reply asks for nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.gateway.asked import AskedTool, asked_tools

ARGUMENTS = {"command": "ls -la"}
TEXT = json.dumps(ARGUMENTS)


def stream(*events: object) -> bytes:
    return b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in events) + b"data: [DONE]\n\n"


def chat_delta(**call: object) -> object:
    return {"choices": [{"delta": {"tool_calls": [{"index": 0, **call}]}}]}


REPLIES = {
    "chat": (
        "chat",
        json.dumps(
            {"choices": [{"message": {"tool_calls": [{"function": {"name": "bash", "arguments": TEXT}}]}}]}
        ).encode(),
    ),
    "chat, streamed": (
        "chat",
        stream(
            chat_delta(function={"name": "bash", "arguments": TEXT[:5]}), chat_delta(function={"arguments": TEXT[5:]})
        ),
    ),
    "responses": (
        "responses",
        json.dumps({"output": [{"type": "function_call", "name": "bash", "arguments": TEXT}]}).encode(),
    ),
    "responses, streamed": (
        "responses",
        stream(
            {"type": "response.output_item.done", "item": {"type": "function_call", "name": "bash", "arguments": TEXT}}
        ),
    ),
    "messages": (
        "messages",
        json.dumps({"content": [{"type": "tool_use", "name": "bash", "input": ARGUMENTS}]}).encode(),
    ),
    "messages, streamed": (
        "messages",
        stream(
            {
                "type": "content_block_start",
                "index": 1,
                "content_block": {"type": "tool_use", "name": "bash", "input": {}},
            },
            {
                "type": "content_block_delta",
                "index": 1,
                "delta": {"type": "input_json_delta", "partial_json": TEXT[:7]},
            },
            {
                "type": "content_block_delta",
                "index": 1,
                "delta": {"type": "input_json_delta", "partial_json": TEXT[7:]},
            },
        ),
    ),
    "gemini": (
        "gemini",
        json.dumps(
            {"candidates": [{"content": {"parts": [{"functionCall": {"name": "bash", "args": ARGUMENTS}}]}}]}
        ).encode(),
    ),
    "gemini, streamed": (
        "gemini",
        stream({"candidates": [{"content": {"parts": [{"functionCall": {"name": "bash", "args": ARGUMENTS}}]}}]}),
    ),
}


@pytest.mark.parametrize("case", REPLIES)
def test_a_tool_call_is_read_from_a_reply(case: str) -> None:
    assert asked_tools(*REPLIES[case]) == [AskedTool("bash", TEXT)]


@given(st.sampled_from(["chat", "responses", "messages", "gemini"]), st.binary(max_size=200))
def test_any_bytes_ask_for_nothing_or_for_something_and_are_no_error(wire: str, body: bytes) -> None:
    assert isinstance(asked_tools(wire, body), list)


KEYS = st.sampled_from(
    ["choices", "message", "tool_calls", "output", "content", "type", "name", "input", "index", "delta"]
)
JSON = st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda j: st.lists(j) | st.dictionaries(KEYS, j))


@given(st.sampled_from(["chat", "responses", "messages", "gemini"]), JSON)
def test_any_json_is_no_error(wire: str, value: object) -> None:
    assert isinstance(asked_tools(wire, json.dumps(value).encode()), list)
