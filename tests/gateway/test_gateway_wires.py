import json

import pytest

from codingagentbench.gateway.sse import EventReader
from codingagentbench.gateway.wires import Meter, error_body, error_of_status, prompt_tokens, read_usage
from codingagentbench.store.record import Usage


def metered(wire: str, *events: object) -> Meter:
    meter, reader = Meter(wire), EventReader()
    for event in events:
        data = event if isinstance(event, str) else json.dumps(event)
        for whole in reader.feed(f"data: {data}\n\n".encode()):
            meter.event(whole)
    return meter


def test_chat_usage_is_split_into_cached_and_uncached_input() -> None:
    usage = read_usage(
        "chat",
        {
            "prompt_tokens": 100,
            "completion_tokens": 7,
            "prompt_tokens_details": {"cached_tokens": 60},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    )
    assert usage == Usage(input_uncached=40, input_cache_read=60, output=7, reasoning=3)
    assert prompt_tokens(usage) == 100


def test_responses_usage_has_other_names() -> None:
    usage = read_usage("responses", {"input_tokens": 5, "output_tokens": 2, "input_tokens_details": None})
    assert usage == Usage(input_uncached=5, output=2)


@pytest.mark.parametrize("value", [None, "5", -1, True, 1.5])
def test_a_counter_that_is_none_is_unknown_and_not_zero(value: object) -> None:
    usage = read_usage("chat", {"prompt_tokens": value, "completion_tokens": value})
    assert usage == Usage()
    assert prompt_tokens(usage) is None
    assert prompt_tokens(None) is None


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
@pytest.mark.parametrize("wire", ["chat", "responses"])
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
