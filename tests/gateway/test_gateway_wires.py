import json

import pytest

from codingagentbench.gateway.sse import EventReader
from codingagentbench.gateway.wires import (
    SHAPES,
    Meter,
    Totals,
    endpoint_url,
    error_body,
    error_of_status,
    merged,
    route_of,
    totals,
)
from codingagentbench.store.record import Usage


def metered(wire: str, *events: object) -> Meter:
    meter, reader = Meter(wire), EventReader()
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        for whole in reader.feed(f"data: {data}\n\n".encode()):
            meter.event(whole)
    return meter


def test_chat_usage_is_split_into_cached_and_uncached_input() -> None:
    usage = SHAPES["chat"].usage(
        {
            "prompt_tokens": 100,
            "completion_tokens": 7,
            "prompt_tokens_details": {"cached_tokens": 60},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    )
    assert usage == Usage(input_uncached=40, input_cache_read=60, output=7, reasoning=3)
    assert totals(usage).prompt_tokens == 100


def test_responses_usage_has_other_names() -> None:
    usage = SHAPES["responses"].usage({"input_tokens": 5, "output_tokens": 2, "input_tokens_details": None})
    assert usage == Usage(input_uncached=5, output=2)


@pytest.mark.parametrize("value", [None, "5", -1, True, 1.5])
def test_a_counter_that_is_none_is_unknown_and_not_zero(value: object) -> None:
    usage = SHAPES["chat"].usage({"prompt_tokens": value, "completion_tokens": value})
    assert usage == Usage()
    assert totals(usage) == Totals()
    assert totals(None) == Totals()


def test_a_chat_stream_ends_with_done_and_nothing_else() -> None:
    chunk = {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}
    assert not metered("chat", chunk).ended
    meter = metered("chat", chunk, {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}, "[DONE]")
    assert (meter.ended, meter.finish_reason, meter.usage) == (True, "length", Usage(input_uncached=1, output=2))
    assert meter.error is None


@pytest.mark.parametrize(
    ("kind", "response", "reason", "error"),
    [
        ("completed", {"status": "completed"}, "completed", None),
        (
            "incomplete",
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            "content_filter",
            None,
        ),
        ("failed", {"status": "failed", "error": {"code": "server_error"}}, "failed", "endpoint_error"),
        ("failed", {"status": "failed", "error": {"code": "rate_limit_exceeded"}}, "failed", "endpoint_rate_limited"),
    ],
)
def test_a_responses_stream_ends_in_three_ways(kind: str, response: object, reason: str, error: str | None) -> None:
    meter = metered(
        "responses",
        {"type": "response.output_item.done", "item": {"status": "completed"}},
        {"type": f"response.{kind}", "response": response},
    )
    assert (meter.ended, meter.finish_reason, meter.error) == (True, reason, error)


def test_an_error_object_under_a_good_status_is_the_endpoints_failure() -> None:
    assert metered("chat", {"error": {"message": "overloaded"}}).error == "endpoint_error"
    assert metered("chat", {"error": {"code": 429}}).error == "endpoint_rate_limited"
    assert metered("chat", {"error": "out of order"}).error == "endpoint_error"
    assert metered("responses", {"type": "error", "code": "server_error"}).error == "endpoint_error"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    meter = Meter("chat")
    meter.body(body)
    assert (meter.error, meter.usage) == ("endpoint_error", None)


@pytest.mark.parametrize(
    "body", [{"choices": 1}, {"choices": [1]}, {"choices": [{"finish_reason": {}}]}, {"usage": 3}, {"response": 1}]
)
@pytest.mark.parametrize("wire", ["chat", "responses", "messages", "gemini"])
def test_values_of_unexpected_kinds_are_not_seen(wire: str, body: object) -> None:
    meter = metered(wire, body)
    assert (meter.usage, meter.finish_reason, meter.error) == (None, None, None)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (401, "endpoint_unauthorized"),
        (403, "endpoint_unauthorized"),
        (404, "endpoint_rejected"),
        (429, "endpoint_rate_limited"),
        (500, "endpoint_error"),
        (529, "endpoint_error"),
    ],
)
def test_every_status_has_its_row_of_the_failure_table(status: int, error: str | None) -> None:
    assert error_of_status(status) == error


def test_an_error_has_the_shape_that_openais_clients_read() -> None:
    error = json.loads(error_body("chat", 404, "no", "model_not_found"))["error"]
    assert error == {"message": "no", "type": "invalid_request_error", "param": None, "code": "model_not_found"}


def test_anthropic_counts_the_cache_beside_the_input() -> None:
    usage = SHAPES["messages"].usage(
        {"input_tokens": 10, "cache_read_input_tokens": 500, "cache_creation_input_tokens": 30, "output_tokens": 7}
    )
    assert usage == Usage(input_uncached=10, input_cache_read=500, input_cache_write=30, output=7)
    assert totals(usage) == Totals(540, 7, 500, None)


def test_gemini_counts_the_cache_within_the_prompt_and_thoughts_beside_the_candidates() -> None:
    usage = SHAPES["gemini"].usage(
        {
            "promptTokenCount": 100,
            "cachedContentTokenCount": 60,
            "candidatesTokenCount": 5,
            "thoughtsTokenCount": 20,
            "toolUsePromptTokenCount": 3,
            "totalTokenCount": 128,
        }
    )
    assert usage == Usage(input_uncached=43, input_cache_read=60, output=25, reasoning=20)
    assert totals(usage) == Totals(103, 25, 60, 20)


def test_a_later_counter_replaces_an_earlier_one_and_an_unknown_one_nothing() -> None:
    before = Usage(input_uncached=10, input_cache_read=4, output=1)
    assert merged(before, Usage(output=9)) == Usage(input_uncached=10, input_cache_read=4, output=9)
    assert merged(None, Usage(output=9)) == Usage(output=9)


def test_a_messages_stream_counts_its_input_first_and_its_output_last() -> None:
    begun = {"type": "message_start", "message": {"type": "message", "usage": {"input_tokens": 8, "output_tokens": 1}}}
    last = {"type": "message_delta", "delta": {"stop_reason": "refusal"}, "usage": {"output_tokens": 40}}
    assert not metered("messages", begun, last).ended
    meter = metered("messages", begun, last, {"type": "message_stop"})
    assert (meter.ended, meter.finish_reason, meter.refusal) == (True, "refusal", "refusal")
    assert meter.usage == Usage(input_uncached=8, output=40)


def test_an_error_event_of_the_messages_wire_is_the_endpoints_failure() -> None:
    meter = metered("messages", {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}})
    assert (meter.error, meter.ended) == ("endpoint_error", False)
    meter = metered("messages", {"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}})
    assert meter.error == "endpoint_rate_limited"


def test_a_gemini_stream_ends_with_the_chunk_that_has_a_finish_reason() -> None:
    part = {"candidates": [{"content": {"parts": [{"text": "a"}]}}], "usageMetadata": {"promptTokenCount": 3}}
    last = {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"candidatesTokenCount": 2}}
    assert not metered("gemini", part).ended
    meter = metered("gemini", part, last)
    assert (meter.ended, meter.finish_reason, meter.outputs) == (True, "STOP", 1)
    assert meter.usage == Usage(input_uncached=3, output=2)


@pytest.mark.parametrize(
    ("wire", "reply", "refusal"),
    [
        ("chat", {"choices": [{"message": {"refusal": "no"}, "finish_reason": "stop"}]}, "refusal"),
        ("chat", {"choices": [{"delta": {"refusal": "n"}}]}, "refusal"),
        ("chat", {"choices": [{"delta": {}, "finish_reason": "content_filter"}]}, "content_filter"),
        ("chat", {"choices": [{"message": {"refusal": None}, "finish_reason": "stop"}]}, None),
        ("responses", {"type": "response.refusal.delta", "delta": "no"}, "refusal"),
        ("responses", {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]}, "refusal"),
        (
            "responses",
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            "content_filter",
        ),
        ("messages", {"type": "message", "stop_reason": "refusal"}, "refusal"),
        ("messages", {"type": "message", "stop_reason": "end_turn"}, None),
        ("gemini", {"candidates": [{"finishReason": "SAFETY"}]}, "safety"),
        ("gemini", {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, "safety"),
        ("gemini", {"candidates": [{"finishReason": "RECITATION"}]}, "content_filter"),
        ("gemini", {"candidates": [{"finishReason": "STOP"}]}, None),
    ],
)
def test_a_structured_refusal_is_read_from_every_wire(wire: str, reply: object, refusal: str | None) -> None:
    assert metered(wire, reply).refusal == refusal


def test_a_count_of_tokens_is_no_usage_and_an_embedding_has_no_output() -> None:
    meter = Meter("messages", "count_tokens")
    meter.body(b'{"input_tokens": 5, "usage": {"input_tokens": 5}}')
    assert (meter.usage, meter.error, meter.ended) == (None, None, True)
    meter = Meter("chat", "embed")
    meter.body(b'{"object": "list", "data": [], "usage": {"prompt_tokens": 5, "total_tokens": 5}}')
    assert meter.usage == Usage(input_uncached=5, output=0)


def test_errors_have_the_shape_that_each_vendors_clients_read() -> None:
    assert json.loads(error_body("messages", 404, "no", "x")) == {
        "type": "error",
        "error": {"type": "not_found_error", "message": "no"},
    }
    error = json.loads(error_body("gemini", 429, "no", "x"))["error"]
    assert (error["code"], error["message"], error["status"]) == (429, "no", "RESOURCE_EXHAUSTED")


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/v1/chat/completions", {}, ("chat", "generate", None, None, False)),
        ("/v1/embeddings", {}, ("chat", "embed", None, False, False)),
        ("/v1/responses", {}, ("responses", "generate", None, None, False)),
        ("/v1/messages", {"beta": "true"}, ("messages", "generate", None, None, False)),
        ("/v1/messages/count_tokens", {}, ("messages", "count_tokens", None, False, False)),
        ("/v1beta/models/my/model:generateContent", {}, ("gemini", "generate", "my/model", False, False)),
        ("/v1/models/m:streamGenerateContent", {"alt": "sse"}, ("gemini", "generate", "m", True, False)),
        ("/v1beta/models/m:streamGenerateContent", {}, ("gemini", "generate", "m", True, True)),
        ("/v1beta/models/m:countTokens", {}, ("gemini", "count_tokens", "m", False, False)),
        ("/v1beta/models/m:unknown", {}, None),
        ("/v1/responses/resp_1", {}, None),
        ("/chat/completions", {}, None),
    ],
)
def test_an_address_says_the_wire_and_the_operation(path: str, query: dict[str, str], expected: object) -> None:
    found = route_of(path, query)
    assert (found and (found.wire, found.operation, found.model, found.stream, found.array)) == expected


@pytest.mark.parametrize(
    ("base_url", "path", "url"),
    [
        ("https://h/v1", "/v1/chat/completions", "https://h/v1/chat/completions"),
        ("https://h/v1", "/v1/messages/count_tokens", "https://h/v1/messages/count_tokens"),
        ("https://h/v1", "/v1beta/models/a:countTokens", "https://h/v1beta/models/b/c:countTokens"),
        ("https://h/v1beta", "/v1/models/a:generateContent", "https://h/v1/models/b/c:generateContent"),
        ("https://h/x", "/v1beta/models/a:generateContent", "https://h/x/models/b/c:generateContent"),
    ],
)
def test_a_route_is_found_at_the_endpoint(base_url: str, path: str, url: str) -> None:
    route = route_of(path, {})
    assert route is not None
    assert endpoint_url(base_url, route, "b/c") == url
