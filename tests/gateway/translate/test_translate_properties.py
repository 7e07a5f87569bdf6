"""Whatever a model says, however an endpoint cuts it up: the client gets the same words, calls and counts."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.gateway.sse import EventReader
from codingagentbench.gateway.translate import Translation, UntranslatableError, translate
from codingagentbench.gateway.wires import route_of
from gateway.translate.scripted import Json, Said
from gateway.translate.test_translate_requests import PATHS

CLIENTS: dict[str, Json] = {
    "responses": {"input": "x", "tools": [{"type": "custom", "name": "patch"}]},
    "messages": {"messages": []},
    "gemini": {"contents": []},
}
words = st.text(st.characters(codec="utf-8"), max_size=40)
arguments = st.dictionaries(words, words, max_size=3).map(json.dumps)
names = st.sampled_from(["run", "read", "patch"])
turns = st.builds(
    lambda text, reasoning, calls, length: Said(
        text=text,
        reasoning=reasoning,
        calls=[(f"call_{n}", name, given) for n, (name, given) in enumerate(calls)],
        finish="tool_calls" if calls else "length" if length else "stop",
    ),
    words,
    words,
    st.lists(st.tuples(names, arguments), max_size=4),
    st.booleans(),
)


def translation(client: str, *, stream: bool) -> Translation:
    path = PATHS[client].replace(":generate", ":streamGenerate") if stream else PATHS[client]
    route = route_of(path, {"alt": "sse"})
    assert route is not None
    return translate(route, ["chat"], CLIENTS[client], model="m", stream=stream)


def whole(client: str, said: Said) -> Json:
    reply: Json = json.loads(translation(client, stream=False).whole(json.dumps(said.whole()).encode()))
    return reply


def streamed(client: str, said: Said, size: int) -> list[Json]:
    made = translation(client, stream=True)
    out = made.begin() + b"".join(made.event(chunk) for chunk in said.chunks(size)) + made.end(ended=True)
    return [json.loads(event.data) for event in EventReader().feed(out)]


def put_together(client: str, events: list[Json]) -> Any:
    """What a client makes of a stream: for each part its kind and its content."""
    parts: dict[int, list[Any]] = {}
    for event in events:
        match event.get("type"):
            case "content_block_start":
                block = event["content_block"]
                parts[event["index"]] = [block["type"], block.get("id"), block.get("name"), ""]
            case "content_block_delta":
                delta = event["delta"]
                text = delta.get("text") or delta.get("thinking") or delta.get("partial_json") or ""
                parts[event["index"]][3] += text
            case "response.output_item.added":
                item = event["item"]
                parts[event["output_index"]] = [item["type"], item.get("call_id"), item.get("name"), ""]
            case kind if kind and kind.endswith(".delta") and "output_index" in event:
                parts[event["output_index"]][3] += event["delta"]
    return list(parts.values())


def of_whole(client: str, reply: Json) -> Any:
    if client == "messages":
        return [
            [b["type"], b.get("id"), b.get("name"), b.get("text") or b.get("thinking") or json.dumps(b.get("input"))]
            for b in reply["content"]
        ]
    kinds = {"message": lambda i: i["content"][0]["text"], "reasoning": lambda i: i["summary"][0]["text"]}
    return [
        [
            i["type"],
            i.get("call_id"),
            i.get("name"),
            kinds.get(i["type"], lambda i: i.get("arguments", i.get("input")))(i),
        ]
        for i in reply["output"]
    ]


@given(turns, st.integers(1, 50))
def test_messages_streamed_and_whole_say_the_same(said: Said, size: int) -> None:
    events = streamed("messages", said, size)
    got = put_together("messages", events)
    for part in got:
        if part[0] == "tool_use":
            part[3] = json.dumps(json.loads(part[3]))
    reply = whole("messages", said)
    assert got == of_whole("messages", reply)
    assert [e["index"] for e in events if e["type"] == "content_block_stop"] == list(range(len(got)))
    assert events[-2]["delta"]["stop_reason"] == reply["stop_reason"]
    assert events[-2]["usage"] == reply["usage"]
    assert events[-1] == {"type": "message_stop"}


@given(turns, st.integers(1, 50))
def test_responses_streamed_and_whole_say_the_same(said: Said, size: int) -> None:
    events = streamed("responses", said, size)
    last = events[-1]["response"]
    reply = whole("responses", said)
    assert put_together("responses", events) == of_whole("responses", last) == of_whole("responses", reply)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert sorted(map(json.dumps, done)) == sorted(map(json.dumps, last["output"]))
    assert (last["status"], last["usage"]) == (reply["status"], reply["usage"])
    assert events[-1]["type"] == f"response.{reply['status']}"


@given(turns, st.integers(1, 50))
def test_gemini_streamed_and_whole_say_the_same(said: Said, size: int) -> None:
    events = streamed("gemini", said, size)
    reply = whole("gemini", said)

    def told(parts: list[Json]) -> tuple[str, str, list[Json]]:
        thoughts = "".join(part["text"] for part in parts if part.get("thought"))
        text = "".join(part.get("text", "") for part in parts if not part.get("thought"))
        return thoughts, text, [part["functionCall"] for part in parts if "functionCall" in part]

    parts = [part for event in events for part in event["candidates"][0]["content"]["parts"]]
    assert told(parts) == told(reply["candidates"][0]["content"]["parts"])
    assert told(parts)[:2] == (said.reasoning, said.text)
    assert [json.dumps(call["args"]) for call in told(parts)[2]] == [
        json.dumps(json.loads(a)) for _, _, a in said.calls
    ]
    assert events[-1]["usageMetadata"] == reply["usageMetadata"]
    assert events[-1]["candidates"][0]["finishReason"] == reply["candidates"][0]["finishReason"]


@given(st.sampled_from(["responses", "messages", "gemini"]), turns, st.integers(1, 50), st.integers(0, 30))
def test_a_stream_without_its_end_gets_none(client: str, said: Said, size: int, kept: int) -> None:
    made = translation(client, stream=True)
    out = made.begin() + b"".join(made.event(chunk) for chunk in said.chunks(size)[:kept]) + made.end(ended=False)
    assert not made.ended
    for mark in (b"message_stop", b"response.completed", b"response.incomplete", b"finishReason"):
        assert mark not in out


KEYS = [
    *("type", "role", "content", "text", "input", "messages", "contents", "parts", "tools", "tool_calls", "function"),
    *("choices", "delta", "message", "usage", "error", "finish_reason", "index", "id", "name", "arguments", "system"),
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(["responses", "messages", "gemini"]), st.dictionaries(st.sampled_from(KEYS), json_values))
def test_a_request_of_any_shape_is_translated_or_refused_in_words(client: str, request: Json) -> None:
    route = route_of(PATHS[client], {})
    assert route is not None
    try:
        translate(route, ["chat"], request, model="m", stream=False).body("vendor")
    except UntranslatableError as error:
        assert str(error)


@given(st.sampled_from(["responses", "messages", "gemini"]), st.dictionaries(st.sampled_from(KEYS), json_values))
def test_a_reply_of_any_shape_is_translated_or_refused_in_words(client: str, reply: Json) -> None:
    streaming, at_once = translation(client, stream=True), translation(client, stream=False)
    try:
        streaming.event(reply)
        streaming.end(ended=True)
        at_once.whole(json.dumps(reply).encode())
    except UntranslatableError as error:
        assert str(error)


@given(st.lists(st.tuples(st.integers(0, 2), words), min_size=1, max_size=12))
def test_calls_whose_pieces_are_mixed_come_out_whole(pieces: list[tuple[int, str]]) -> None:
    seen: dict[int, str] = {}
    chunks: list[Json] = []
    for index, piece in pieces:
        head = {} if index in seen else {"id": f"call_{index}"}
        function = {"arguments": piece} if index in seen else {"name": f"tool_{index}", "arguments": piece}
        chunks.append({"choices": [{"delta": {"tool_calls": [{"index": index, **head, "function": function}]}}]})
        seen[index] = seen.get(index, "") + piece
    made = translation("responses", stream=True)
    for chunk in chunks:
        made.event(chunk)
    last = json.loads(EventReader().feed(made.end(ended=True))[-1].data)
    got = {item["call_id"]: item["arguments"] for item in last["response"]["output"]}
    assert got == {f"call_{index}": text for index, text in seen.items()}
