"""The run as an ATIF trajectory: told once, in order, from what went over the wire."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.gateway.bodies import BodyPack
from codingagentbench.runner.replies import read_reply
from codingagentbench.runner.trajectory import Subject, make_trajectory
from codingagentbench.runner.turns import read_request
from codingagentbench.store.record import ModelCall, Usage
from codingagentbench.store.trajectory import Trajectory

WIRES = ("chat", "responses", "messages", "gemini")
SUBJECT = Subject(cell_id="s/pi/m/polyglot/x", attempt=1, tui="pi", tui_version="1.0", model="m")
USER: dict[str, Any] = {"role": "user", "content": "Fix it."}
ASKED: dict[str, Any] = {
    "role": "assistant",
    "content": "Looking.",
    "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": '{"command": "ls"}'}}
    ],
}
ANSWER: dict[str, Any] = {"role": "tool", "tool_call_id": "call_1", "content": "lib.rs"}


class Wire:
    """Calls as the gateway stores them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "bodies.zst"
        self.pack = BodyPack(self.path, [])
        self.calls: list[ModelCall] = []

    def call(self, request: object, reply: object, wire: str = "chat", **fields: Any) -> None:
        number = len(self.calls) + 1
        known: dict[str, Any] = {
            "prompt_tokens": 10,
            "completion_tokens": 2,
            "cached_tokens": 0,
            "error": None,
            "operation": "generate",
        }
        self.calls.append(
            ModelCall(
                number=number,
                timestamp=f"2026-01-01T00:00:0{number}.000000Z",
                request_hash="sha256:0",
                reasoning_tokens=None,
                ttft_ms=1.0,
                latency_ms=2.0,
                finish_reason="stop",
                status=200,
                wire=wire,
                cost_usd=None,
                model="m",
                stream=isinstance(reply, bytes),
                start_ms=number * 1000.0,
                usage=Usage(),
                request_body=self.pack.add(_bytes(request)),
                response_body=None if reply is None else self.pack.add(_bytes(reply)),
                **{**known, **fields},
            )
        )

    def trajectory(self) -> Trajectory:
        made = make_trajectory(SUBJECT, self.calls, self.path)
        assert made is not None
        return made


def _bytes(body: object) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def _sse(*events: object) -> bytes:
    return b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in events)


def _whole(message: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": "stop"}]}


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    made = Wire(tmp_path)
    yield made
    made.pack.close()


def test_a_conversation_is_told_once_and_results_stand_at_the_step_that_asked(wire: Wire) -> None:
    system = {"role": "system", "content": "You are an agent."}
    wire.call({"messages": [system, USER]}, _whole(ASKED))
    wire.call({"messages": [system, USER, ASKED, ANSWER]}, _whole({"role": "assistant", "content": "Done."}))
    made = wire.trajectory()
    assert [(s.source, s.message) for s in made.steps] == [
        ("system", "You are an agent."),
        ("user", "Fix it."),
        ("agent", "Looking."),
        ("agent", "Done."),
    ]
    asked = made.steps[2]
    assert asked.tool_calls is not None
    assert (asked.tool_calls[0].function_name, asked.tool_calls[0].arguments) == ("bash", {"command": "ls"})
    assert asked.observation is not None
    assert [(r.source_call_id, r.content) for r in asked.observation.results] == [("call_1", "lib.rs")]
    assert [s.step_id for s in made.steps] == [1, 2, 3, 4]


def test_a_sub_agents_conversation_is_told_beside_the_first(wire: Wire) -> None:
    wire.call({"messages": [USER]}, _whole(ASKED))
    wire.call({"messages": [{"role": "user", "content": "Search."}]}, _whole({"content": "Found."}))
    wire.call({"messages": [USER, ASKED, ANSWER]}, _whole({"content": "Done."}))
    assert [s.message for s in wire.trajectory().steps] == ["Fix it.", "Looking.", "Search.", "Found.", "Done."]


def test_what_the_cli_puts_into_the_models_mouth_is_marked(wire: Wire) -> None:
    example = [{"role": "user", "content": "An example."}, {"role": "assistant", "content": "Its answer."}]
    wire.call({"messages": [*example, USER]}, _whole({"content": "Done."}))
    steps = wire.trajectory().steps
    assert [(s.message, s.llm_call_count, s.is_copied_context) for s in steps if s.source == "agent"] == [
        ("Its answer.", 0, True),
        ("Done.", 1, None),
    ]


def test_a_failed_call_is_a_step_that_says_so_and_a_retry_tells_the_question_once(wire: Wire) -> None:
    wire.call({"messages": [USER]}, {"error": {"message": "no"}}, error="endpoint_rate_limited", prompt_tokens=None)
    wire.call({"messages": [USER]}, _whole({"content": "Done."}))
    made = wire.trajectory()
    assert [s.message for s in made.steps] == ["Fix it.", "", "Done."]
    assert made.steps[1].extra is not None
    assert made.steps[1].extra["error"] == "endpoint_rate_limited"
    assert made.final_metrics is not None
    assert made.final_metrics.total_prompt_tokens is None, "unknown is not zero"
    assert made.final_metrics.total_completion_tokens == 4


def test_counting_tokens_is_no_step_and_a_run_without_calls_has_no_trajectory(wire: Wire) -> None:
    wire.call({"messages": [USER]}, {"input_tokens": 3}, operation="count_tokens")
    assert make_trajectory(SUBJECT, wire.calls, wire.path) is None


def test_arguments_that_are_no_json_object_are_kept_as_text(wire: Wire) -> None:
    call = {"id": "c", "function": {"name": "bash", "arguments": "{broken"}}
    wire.call({"messages": [USER]}, _whole({"content": "", "tool_calls": [call]}))
    uses = wire.trajectory().steps[1].tool_calls
    assert uses is not None
    assert (uses[0].arguments, uses[0].extra) == ({}, {"raw_arguments": "{broken"})


CHAT = _sse(
    {"choices": [{"delta": {"role": "assistant", "content": "Look"}}]},
    {"choices": [{"delta": {"content": "ing."}}]},
    {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "bash", "arguments": ""}}]}}]},
    {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": '{"a": 1}'}}]}}]},
)
MESSAGE_ITEM = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "Looking."}],
}
CALL_ITEM = {"type": "function_call", "call_id": "c", "name": "bash", "arguments": '{"a": 1}'}
RESPONSES = _sse({"type": "response.completed", "response": {"output": [MESSAGE_ITEM, CALL_ITEM]}})
RESPONSES_CUT = _sse(
    {"type": "response.output_item.done", "item": MESSAGE_ITEM},
    {"type": "response.output_item.done", "item": CALL_ITEM},
)
MESSAGES = _sse(
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Looking."}},
    {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "id": "c", "name": "bash", "input": {}},
    },
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"a":'}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": " 1}"}},
)
GEMINI = _sse(
    {"candidates": [{"content": {"role": "model", "parts": [{"text": "Looking."}]}}]},
    {"candidates": [{"content": {"parts": [{"functionCall": {"id": "c", "name": "bash", "args": {"a": 1}}}]}}]},
)


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        ("chat", CHAT),
        ("responses", RESPONSES),
        ("responses", RESPONSES_CUT),
        ("messages", MESSAGES),
        ("gemini", GEMINI),
    ],
)
def test_a_streamed_reply_reads_as_the_whole_one(shape: str, body: bytes) -> None:
    turn = read_reply(shape, body)
    assert turn is not None
    assert turn.text == "Looking."
    assert [(use.id, use.name, use.arguments) for use in turn.tools] == [("c", "bash", {"a": 1})]


@pytest.mark.parametrize(
    ("shape", "request_"),
    [
        ("chat", {"messages": [USER, ASKED, ANSWER]}),
        (
            "responses",
            {
                "input": [
                    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix it."}]},
                    MESSAGE_ITEM,
                    {**CALL_ITEM, "call_id": "call_1"},
                    {"type": "function_call_output", "call_id": "call_1", "output": "lib.rs"},
                ]
            },
        ),
        (
            "messages",
            {
                "messages": [
                    USER,
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "text", "text": "Looking."},
                            {"type": "tool_use", "id": "call_1", "name": "bash", "input": {}},
                        ],
                    },
                    {
                        "role": "user",
                        "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "lib.rs"}],
                    },
                ]
            },
        ),
        (
            "gemini",
            {
                "contents": [
                    {"role": "user", "parts": [{"text": "Fix it."}]},
                    {
                        "role": "model",
                        "parts": [
                            {"text": "Looking."},
                            {"functionCall": {"id": "call_1", "name": "bash", "args": {}}},
                        ],
                    },
                    {
                        "role": "user",
                        "parts": [{"functionResponse": {"id": "call_1", "response": {"output": "lib.rs"}}}],
                    },
                ]
            },
        ),
    ],
)
def test_the_four_wires_say_the_same_turns(shape: str, request_: object) -> None:
    user, assistant, tool = read_request(shape, _bytes(request_)).turns
    assert (user.role, user.text) == ("user", "Fix it.")
    assert (assistant.role, assistant.text, assistant.tools[0].id) == ("assistant", "Looking.", "call_1")
    assert (tool.role, tool.text, tool.tool_id) == ("tool", "lib.rs", "call_1")


def test_a_wire_without_ids_finds_its_results_by_name(wire: Wire) -> None:
    ask = {"role": "user", "parts": [{"text": "Fix it."}]}
    use = {"role": "model", "parts": [{"functionCall": {"name": "bash", "args": {}}}]}
    result = {"role": "user", "parts": [{"functionResponse": {"name": "bash", "response": {"output": "lib.rs"}}}]}
    wire.call({"contents": [ask]}, {"candidates": [{"content": use}]}, wire="gemini")
    wire.call({"contents": [ask, use, result]}, {"candidates": []}, wire="gemini")
    observation = wire.trajectory().steps[1].observation
    assert observation is not None
    assert observation.results[0].content == "lib.rs"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["user", "tool", "message"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "messages",
                    "input",
                    "contents",
                    "role",
                    "content",
                    "parts",
                    "type",
                    "text",
                    "tools",
                    "tool_calls",
                    "function",
                    "name",
                    "id",
                    "arguments",
                    "choices",
                    "message",
                    "delta",
                    "output",
                    "candidates",
                    "index",
                    "item",
                    "content_block",
                    "args",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(shape=st.sampled_from(WIRES), body=_JSON, streamed=st.booleans())
def test_no_body_breaks_the_reading(shape: str, body: object, streamed: bool) -> None:
    turns = read_request(shape, _bytes(body)).turns
    turn = read_reply(shape, _sse(body, body) if streamed else _bytes(body))
    assert all(isinstance(t.text, str) for t in [*turns, *([turn] if turn else [])])


def test_lone_surrogates_and_deep_nesting_still_give_a_file(wire: Wire) -> None:
    deep = b'{"messages": [{"role": "user", "content": ' + b"[" * 400 + b"]" * 400 + b"}]}"
    wire.call(
        deep, _whole({"content": "\ud800", "tool_calls": [{"function": {"name": "x", "arguments": {"a": "\ud800"}}}]})
    )
    data = msgspec.json.encode(wire.trajectory())
    assert b'"message":"?"' in data
    assert msgspec.json.decode(data, type=Trajectory).steps[1].tool_calls is not None
