"""Tokens that no endpoint reported, counted here."""

import json

import pytest

from codingagentbench.gateway.controls.serve import answer
from codingagentbench.gateway.estimate import MAX_TEXT, completed
from codingagentbench.gateway.wires import route_of
from codingagentbench.store.record import Usage
from gateway.cells import SHELL, TaskFiles, path_of, request_of

TOOLS = {
    "chat": [{"type": "function", "function": {"name": "bash"}}],
    "responses": [{"type": "function", "name": "bash"}],
    "messages": [{"name": "bash", "input_schema": {}}],
    "gemini": [{"functionDeclarations": [{"name": "bash"}]}],
}


@pytest.mark.parametrize("wire", list(TOOLS))
def test_a_stream_and_a_whole_reply_have_the_same_estimate(task_files: TaskFiles, wire: str) -> None:
    found = {}
    for stream in (False, True):
        request = {**request_of(wire, stream=stream), "tools": TOOLS[wire]}
        path, _, query = path_of(wire, stream=stream).partition("?")
        route = route_of(path, {"alt": "sse"} if query else {})
        reply = answer(task_files.control("oracle", SHELL), wire, "m", request, route=route, reports_usage=False)
        body = reply if isinstance(reply, bytes) else b"".join(reply)
        usage = completed(wire, None, json.dumps(request).encode(), body)
        assert usage is not None
        assert usage.input_cache_read is None
        found[stream] = usage
    assert found[True].input_uncached == found[False].input_uncached
    whole, streamed = found[False].output, found[True].output
    assert whole is not None
    assert streamed is not None
    assert 15 < whole < 80
    assert abs(whole - streamed) < 8


def test_a_gemini_array_is_counted(task_files: TaskFiles) -> None:
    route = route_of("/v1beta/models/m:streamGenerateContent", {})
    reply = answer(task_files.control("noop"), "gemini", "m", request_of("gemini"), route=route, reports_usage=False)
    usage = completed("gemini", None, b'{"contents": []}', b"".join(reply) if not isinstance(reply, bytes) else reply)
    assert usage is not None
    assert usage.output is not None
    assert usage.output > 5


def test_what_the_endpoint_did_say_is_kept() -> None:
    reply = b'{"choices": [{"message": {"content": "one two three"}}]}'
    usage = completed("chat", Usage(input_uncached=7, input_cache_read=2), b'{"messages": []}', reply)
    assert usage == Usage(input_uncached=7, input_cache_read=2, output=3)


def test_known_texts_have_their_known_counts() -> None:
    request = {"messages": [{"role": "user", "content": [{"type": "text", "text": "hello world"}]}]}
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9000}}
    with_image = {"messages": [{"role": "user", "content": [{"type": "text", "text": "hello world"}, image]}]}
    reply = b'{"choices": [{"message": {"content": "hello world <|endoftext|>"}}]}'
    counted = completed("chat", None, json.dumps(request).encode(), reply)
    seen = completed("chat", None, json.dumps(with_image).encode(), reply)
    assert counted is not None
    assert seen is not None
    assert counted.input_uncached is not None
    assert seen.input_uncached is not None
    assert seen.input_uncached - counted.input_uncached < 10
    assert 2 <= counted.input_uncached < 15


@pytest.mark.parametrize("reply", [b"{", b"data: {\n\n", b"[{]", b'{"choices": 3}', b""])
def test_a_reply_that_cannot_be_read_stays_unknown_or_has_nothing(reply: bytes) -> None:
    usage = completed("chat", None, b'{"messages": []}', reply)
    assert usage is None or usage.output == 0


def test_what_is_too_long_to_count_stays_unknown() -> None:
    request = json.dumps({"messages": [{"role": "user", "content": "a " * (MAX_TEXT // 2 + 1)}]}).encode()
    assert completed("chat", None, request, b'{"choices": []}') is None
