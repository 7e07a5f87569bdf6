"""A control is driven here as a CLI drives it: over its wire, its calls executed, until it answers with text alone."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codingagentbench.catalog.tui import Hand
from codingagentbench.gateway.backends import Behaviour, ControlBackend
from codingagentbench.gateway.controls.history import count_tokens
from codingagentbench.gateway.controls.serve import answer
from codingagentbench.gateway.sse import EventReader
from gateway.cells import BLOCKS, SHELL, SOLUTION, UNSOLVABLE, WORKDIR, WRITE, TaskFiles, lay, make_task

Json = dict[str, Any]
CHAT_TOOLS = [{"type": "function", "function": {"name": name}} for name in ("bash", "write")]
RESPONSES_TOOLS = [{"type": "function", "name": "bash"}, {"type": "web_search"}, {"type": "custom", "name": "write"}]


def reply_of(backend: ControlBackend, wire: str, request: Json) -> Json:
    body = answer(backend, wire, "m", request)
    assert isinstance(body, bytes)
    return dict(json.loads(body))


def execute(work: Path, name: str, arguments: Json) -> None:
    if name == "bash":
        subprocess.run(["/bin/sh", "-c", arguments["command"]], cwd=work, check=True)
    else:
        (work / arguments["path"]).parent.mkdir(parents=True, exist_ok=True)
        (work / arguments["path"]).write_text(arguments["content"])


def drive_chat(backend: ControlBackend, work: Path, tools: list[Json]) -> str:
    messages: list[Json] = [{"role": "system", "content": "s"}, {"role": "user", "content": "fix it"}]
    for _ in range(20):
        message = reply_of(backend, "chat", {"messages": messages, "tools": tools})["choices"][0]["message"]
        messages.append(message)
        if "tool_calls" not in message:
            return str(message["content"])
        for call in message["tool_calls"]:
            execute(work, call["function"]["name"], json.loads(call["function"]["arguments"]))
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": "ok"})
    pytest.fail("the control never came to an end")


def drive_responses(backend: ControlBackend, work: Path, tools: list[Json]) -> str:
    items: list[Json] = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "fix it"}]}]
    for _ in range(20):
        output = reply_of(backend, "responses", {"input": items, "tools": tools})["output"]
        items += output
        calls = [item for item in output if item["type"] != "message"]
        if not calls:
            return str(output[0]["content"][0]["text"])
        for call in calls:
            given = {"command": call["input"]} if call["type"] == "custom_tool_call" else json.loads(call["arguments"])
            execute(work, call["name"], given)
            items.append({"type": f"{call['type']}_output", "call_id": call["call_id"], "output": "ok"})
    pytest.fail("the control never came to an end")


Drive = Callable[[ControlBackend, Path, list[Json]], str]
WAYS: list[tuple[Drive, Hand, list[Json]]] = [
    (drive_chat, SHELL, CHAT_TOOLS),
    (drive_chat, WRITE, CHAT_TOOLS),
    (drive_responses, SHELL, RESPONSES_TOOLS),
    (drive_responses, SHELL, [{"type": "custom", "name": "bash"}]),
]


def outcome(backend: ControlBackend, tmp_path: Path, way: tuple[Drive, Hand, list[Json]] = WAYS[0]) -> dict[str, bytes]:
    """The work directory afterwards, as the differences to the task's."""
    drive, _, tools = way
    work = tmp_path / "work"
    shutil.copytree(backend.workdir, work)
    drive(backend, work, tools)
    after = {str(p.relative_to(work)): p.read_bytes() for p in work.rglob("*") if p.is_file()}
    gone = {p: b"(gone)" for p in WORKDIR if p not in after}
    return {p: content for p, content in after.items() if WORKDIR.get(p) != content} | gone


@pytest.mark.parametrize("way", WAYS, ids=["chat-shell", "chat-write", "responses-function", "responses-custom"])
def test_oracle_makes_the_solution_so_through_whatever_is_offered(
    task_files: TaskFiles, tmp_path: Path, way: tuple[Drive, Hand, list[Json]]
) -> None:
    lay(task_files.solution, {"docs/new file.txt": b"new\n"})
    changed = outcome(task_files.control("oracle", way[1]), tmp_path, way)
    assert changed == {**SOLUTION, "docs/new file.txt": b"new\n"}


def test_oracle_removes_what_the_solution_lists_as_deleted(task_files: TaskFiles, tmp_path: Path) -> None:
    lay(task_files.solution, {".deleted": b"# no longer needed\nREADME.md\n\n"})
    changed = outcome(task_files.control("oracle", WRITE, SHELL), tmp_path)
    assert changed == {**SOLUTION, "README.md": b"(gone)"}


def test_a_write_tool_is_passed_over_for_what_it_cannot_write(task_files: TaskFiles, tmp_path: Path) -> None:
    lay(task_files.solution, {"data.bin": b"\xff\x00"})
    assert outcome(task_files.control("oracle", WRITE, SHELL), tmp_path)["data.bin"] == b"\xff\x00"


def test_noop_changes_nothing(task_files: TaskFiles, tmp_path: Path) -> None:
    assert outcome(task_files.control("noop", SHELL), tmp_path) == {}


@pytest.mark.parametrize("refusal", [None, UNSOLVABLE])
def test_vandal_solves_and_touches_three_more_and_nothing_protected(
    task_files: TaskFiles, tmp_path: Path, refusal: object
) -> None:
    task = make_task(behaviour=refusal, expected_refusal=refusal is not None)
    changed = outcome(replace(task_files.control("vandal", SHELL), task=task), tmp_path)
    assert changed["src/reverse.py"] == SOLUTION["src/reverse.py"]
    others = changed.keys() - {"src/reverse.py"}
    assert "README.md" in others
    assert len(others) == 3
    assert not [p for p in others if p.startswith(("tests/", "src/")) or p == "AGENTS.md"]


def test_vandal_finds_names_that_are_not_off_limits(task_files: TaskFiles, tmp_path: Path) -> None:
    task = make_task(protected=["**/*.md", "*.txt", "tests/**"])
    changed = outcome(replace(task_files.control("vandal", SHELL), task=task), tmp_path)
    assert len(changed) == 4
    assert not [p for p in changed if p.endswith(".md") or ("/" not in p and p.endswith(".txt"))]


def test_tamper_empties_the_visible_tests_only(task_files: TaskFiles, tmp_path: Path) -> None:
    lay(
        task_files.workdir,
        {"tests/a.rs": b"x\n", "tests/b_test.go": b"// c\npackage b\n\nfunc T() {}\n", "tests/d": b"x"},
    )
    changed = outcome(task_files.control("tamper", SHELL), tmp_path)
    assert changed.keys() == {"tests/test_reverse.py", "tests/a.rs", "tests/b_test.go", "tests/d"}
    assert b"assert" not in changed["tests/test_reverse.py"]
    assert changed["tests/b_test.go"] == b"package b\n"
    assert not changed["tests/d"].strip()


def test_refuse_names_every_term_of_the_contradictions(task_files: TaskFiles, tmp_path: Path) -> None:
    backend = replace(task_files.control("refuse", SHELL), task=make_task(behaviour=UNSOLVABLE, expected_refusal=True))
    changed = outcome(backend, tmp_path)
    assert changed.keys() == {"REFUSAL.md"}
    for term in (b"test_four", b"test_five", b"test_a", b"test_b"):
        assert term in changed["REFUSAL.md"]
    assert len(changed["REFUSAL.md"].split()) > 50


def test_refuse_on_a_solvable_task_is_a_refusal_too(task_files: TaskFiles, tmp_path: Path) -> None:
    assert outcome(task_files.control("refuse", SHELL), tmp_path).keys() == {"REFUSAL.md"}


EXAMPLES = [
    {"role": "user", "content": "Change get_factorial()"},
    {"role": "assistant", "content": "x.py\n```\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n```"},
]
ASKED = {"role": "user", "content": [{"type": "text", "text": "fix it"}]}


def test_edit_blocks_are_sent_although_the_prompt_holds_examples_of_answers(task_files: TaskFiles) -> None:
    backend = task_files.control("oracle", BLOCKS)
    first = reply_of(backend, "chat", {"messages": [*EXAMPLES, ASKED]})["choices"][0]["message"]
    assert "src/reverse.py\n```\n<<<<<<< SEARCH\n    return text[-1:0:-1]\n=======\n" in first["content"]


def test_edit_blocks_are_sent_again_only_when_files_were_added_to_the_chat(task_files: TaskFiles) -> None:
    backend = task_files.control("oracle", BLOCKS)
    messages = [*EXAMPLES, ASKED]
    first = reply_of(backend, "chat", {"messages": messages})["choices"][0]["message"]
    added = {"role": "user", "content": "I added these files to the chat: src/reverse.py\nLet me know ..."}
    again = reply_of(backend, "chat", {"messages": [*messages, first, added]})["choices"][0]["message"]
    linted = {"role": "user", "content": "# Fix any errors below, if possible."}
    last = reply_of(backend, "chat", {"messages": [*messages, first, linted]})["choices"][0]["message"]
    assert again == first
    assert last["content"] == "Done: the change is in place."


def test_a_retry_gets_the_same_bytes(task_files: TaskFiles) -> None:
    backend = task_files.control("oracle", SHELL)
    request: Json = {"messages": [ASKED], "tools": CHAT_TOOLS, "stream": True}
    assert answer(backend, "chat", "m", request) == answer(backend, "chat", "m", request)


@pytest.mark.parametrize("tools", [[], [{"type": "function", "function": {"name": "search"}}], "x", [1, {"type": 3}]])
def test_without_a_usable_tool_it_says_so(task_files: TaskFiles, tools: object) -> None:
    reply = reply_of(task_files.control("oracle", SHELL), "chat", {"messages": [ASKED], "tools": tools})
    assert "I cannot do this here" in reply["choices"][0]["message"]["content"]
    assert reply["choices"][0]["finish_reason"] == "stop"


def test_what_a_hand_cannot_do_is_named(task_files: TaskFiles) -> None:
    lay(task_files.solution, {"data.bin": b"\xff\x00"})
    for hand in (WRITE, BLOCKS):
        reply = reply_of(task_files.control("oracle", hand), "chat", {"messages": [ASKED], "tools": CHAT_TOOLS})
        assert "UTF-8" in reply["choices"][0]["message"]["content"]


def test_extra_arguments_that_a_tool_insists_on_are_given(task_files: TaskFiles) -> None:
    hand = SHELL.model_copy(update={"extra": {"timeout": 60}})
    reply = reply_of(task_files.control("oracle", hand), "chat", {"messages": [ASKED], "tools": CHAT_TOOLS})
    assert json.loads(reply["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])["timeout"] == 60


def test_a_tool_that_takes_a_list_of_commands_gets_one(task_files: TaskFiles) -> None:
    request: Json = {"messages": [ASKED], "tools": CHAT_TOOLS}
    hands = (SHELL, SHELL.model_copy(update={"listed": True}))
    replies = [reply_of(task_files.control("oracle", hand), "chat", request) for hand in hands]
    plain, listed = (
        json.loads(r["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])["command"] for r in replies
    )
    assert isinstance(plain, str)
    assert listed == [plain]


@pytest.mark.parametrize("behaviour", ["oracle", "noop"])
def test_usage_is_the_controls_own_tokeniser(task_files: TaskFiles, behaviour: Behaviour) -> None:
    request: Json = {"messages": [{"role": "user", "content": "eins, zwei ✓"}], "tools": CHAT_TOOLS}
    reply = reply_of(task_files.control(behaviour, SHELL), "chat", request)
    message, usage = reply["choices"][0]["message"], reply["usage"]
    call = [c["function"] for c in message.get("tool_calls", [])]
    texts = [
        message["content"],
        *(json.dumps([c["name"], json.loads(c["arguments"])], ensure_ascii=False) for c in call),
    ]
    assert usage["completion_tokens"] == sum(map(count_tokens, texts))
    assert usage["prompt_tokens"] == count_tokens(
        json.dumps([request["messages"], CHAT_TOOLS, None], ensure_ascii=False)
    )
    assert count_tokens("eins, zwei_3 ✓!") == 5


def events_of(backend: ControlBackend, wire: str, request: Json) -> list[Json]:
    stream = answer(backend, wire, "m", {**request, "stream": True})
    assert not isinstance(stream, bytes)
    return [json.loads(e.data) for e in EventReader().feed(b"".join(stream)) if e.data != b"[DONE]"]


@pytest.mark.parametrize("tools", [RESPONSES_TOOLS, [{"type": "custom", "name": "bash"}]])
def test_a_streamed_response_is_numbered_and_adds_up_to_the_whole_one(task_files: TaskFiles, tools: list[Json]) -> None:
    backend, request = task_files.control("oracle", SHELL), {"input": "fix it", "tools": tools}
    events = events_of(backend, "responses", request)
    whole = reply_of(backend, "responses", request)
    assert [e["sequence_number"] for e in events] == list(range(len(events)))
    assert events[0]["type"] == "response.created"
    assert events[-1] == {"type": "response.completed", "response": whole, "sequence_number": len(events) - 1}
    deltas = "".join(e["delta"] for e in events if e["type"].endswith(("arguments.delta", "input.delta")))
    assert deltas == whole["output"][1].get("arguments", whole["output"][1].get("input"))
    assert [e["item"] for e in events if e["type"] == "response.output_item.done"] == whole["output"]


@pytest.mark.parametrize("usage", [True, False])
def test_a_streamed_chat_has_usage_only_when_asked(task_files: TaskFiles, usage: bool) -> None:
    backend = task_files.control("oracle", SHELL)
    request: Json = {"messages": [ASKED], "tools": CHAT_TOOLS, "stream_options": {"include_usage": usage}}
    chunks = events_of(backend, "chat", request)
    assert ("usage" in chunks[-1]) is usage
    whole = reply_of(backend, "chat", request)["choices"][0]["message"]
    deltas = [c["choices"][0]["delta"] for c in chunks if c["choices"]]
    assert "".join(d.get("content", "") for d in deltas) == whole["content"]
    arguments = "".join(d["tool_calls"][0]["function"]["arguments"] for d in deltas if "tool_calls" in d)
    assert arguments == whole["tool_calls"][0]["function"]["arguments"]


@pytest.mark.parametrize(
    "request_body", [{}, {"messages": 3}, {"messages": [1, None, {"role": []}]}, {"input": {"a": 1}, "tools": {"b": 2}}]
)
@pytest.mark.parametrize("wire", ["chat", "responses"])
def test_a_request_of_an_unexpected_shape_gets_an_answer(task_files: TaskFiles, wire: str, request_body: Json) -> None:
    assert reply_of(task_files.control("oracle", SHELL), wire, request_body)["id"]


FINISH = Hand(kind="finish", tool="bash", extra={"command": "touch ended"})


@pytest.mark.parametrize("behaviour", ["noop", "oracle"])
def test_a_cli_that_wants_a_call_at_the_end_gets_it_after_the_work_and_once(
    task_files: TaskFiles, tmp_path: Path, behaviour: Behaviour
) -> None:
    after = outcome(task_files.control(behaviour, SHELL, FINISH), tmp_path)
    assert after.pop("ended") == b""
    assert after == (SOLUTION if behaviour == "oracle" else {})


def test_the_call_at_the_end_carries_the_last_message_where_it_has_a_place_for_it(task_files: TaskFiles) -> None:
    finish = Hand(kind="finish", tool="write", content="message", extra={"ok": True})
    body = reply_of(task_files.control("noop", SHELL, finish), "chat", {"messages": [], "tools": CHAT_TOOLS})
    (call,) = body["choices"][0]["message"]["tool_calls"]
    said = body["choices"][0]["message"]["content"]
    assert json.loads(call["function"]["arguments"]) == {"ok": True, "message": said}
