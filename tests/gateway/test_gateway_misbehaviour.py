"""The controls that lie, break their calls, or never end, on every wire."""

import json
from typing import Any

import pytest

from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.controls.misbehave import loop_bound
from codingagentbench.gateway.controls.serve import answer
from gateway.cells import BLOCKS, SHELL, WORKDIR, WRITE, TaskFiles

Json = dict[str, Any]
TOOLS = [{"type": "function", "function": {"name": name}} for name in ("bash", "write")]


def conversation(backend: ControlBackend, turns: int, tools: list[Json] = TOOLS) -> list[Json]:
    """The control's messages over chat, each call answered with an error, until it makes none."""
    messages: list[Json] = [{"role": "user", "content": "fix it"}]
    said: list[Json] = []
    for _ in range(turns):
        body = answer(backend, "chat", "m", {"messages": messages, "tools": tools})
        assert isinstance(body, bytes)
        message = json.loads(body)["choices"][0]["message"]
        said.append(message)
        messages.append(message)
        if "tool_calls" not in message:
            return said
        messages += [{"role": "tool", "tool_call_id": c["id"], "content": "error"} for c in message["tool_calls"]]
    return said


def test_fabricate_changes_nothing_that_works_and_claims_that_tests_pass(task_files: TaskFiles) -> None:
    said = conversation(task_files.control("fabricate", WRITE), 5)
    (call,) = said[0]["tool_calls"]
    given = json.loads(call["function"]["arguments"])
    assert given == {"path": "src/reverse.py", "content": WORKDIR["src/reverse.py"].decode() + "\n"}
    assert "all tests pass" in said[-1]["content"]


def test_malformed_makes_three_broken_calls_and_ends(task_files: TaskFiles) -> None:
    said = conversation(task_files.control("malformed", SHELL), 10)
    calls = [message["tool_calls"][0]["function"] for message in said[:-1]]
    assert [call["name"] for call in calls] == ["bash", "there_is_no_such_tool", "bash"]
    with pytest.raises(ValueError, match="Unterminated string"):
        json.loads(calls[0]["arguments"])
    assert isinstance(json.loads(calls[2]["arguments"])["command"], dict)


def test_malformed_ends_although_a_cli_leaves_broken_calls_out_of_its_history(task_files: TaskFiles) -> None:
    backend, messages = task_files.control("malformed", SHELL), [{"role": "user", "content": "fix it"}]
    for _ in range(3):
        body = answer(backend, "chat", "m", {"messages": messages, "tools": TOOLS})
        assert isinstance(body, bytes)
        message = json.loads(body)["choices"][0]["message"]
        messages.append({"role": "assistant", "content": message["content"]})
    body = answer(backend, "chat", "m", {"messages": messages, "tools": TOOLS})
    assert isinstance(body, bytes)
    assert "tool_calls" not in json.loads(body)["choices"][0]["message"]


def test_malformed_edit_blocks_have_no_end_and_come_once(task_files: TaskFiles) -> None:
    backend = task_files.control("malformed", BLOCKS)
    first = conversation(backend, 1, [])[0]["content"]
    assert "<<<<<<< SEARCH" in first
    assert ">>>>>>> REPLACE" not in first
    history = [{"role": "user", "content": "x"}, {"role": "assistant", "content": first}]
    body = answer(backend, "chat", "m", {"messages": history})
    assert isinstance(body, bytes)
    assert "SEARCH" not in json.loads(body)["choices"][0]["message"]["content"]


@pytest.mark.parametrize("hand", [SHELL, WRITE])
def test_loop_makes_one_call_again_and_again_to_its_bound(task_files: TaskFiles, hand: Any) -> None:
    said = conversation(task_files.control("loop", hand), 100)
    calls = [message["tool_calls"][0]["function"] for message in said[:-1]]
    assert len(calls) == loop_bound(task_files.task) == 2 * task_files.task.budget.max_turns
    assert all(call == calls[0] for call in calls)


@pytest.mark.parametrize("wire", ["chat", "responses", "messages", "gemini"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("behaviour", ["fabricate", "malformed", "loop"])
def test_every_wire_can_carry_every_misbehaviour(
    task_files: TaskFiles, wire: str, stream: bool, behaviour: Any
) -> None:
    tools = {
        "chat": TOOLS,
        "responses": [{"type": "function", "name": "bash"}],
        "messages": [{"name": "bash", "input_schema": {}}],
        "gemini": [{"functionDeclarations": [{"name": "bash"}]}],
    }
    reply = answer(task_files.control(behaviour, SHELL), wire, "m", {"tools": tools[wire], "stream": stream})
    body = reply if isinstance(reply, bytes) else b"".join(reply)
    assert b"bash" in body
