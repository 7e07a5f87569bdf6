import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.gateway.json_bytes import canonical, decode
from codingagentbench.gateway.recorder import request_hash
from codingagentbench.gateway.request import BadRequestError, read_request

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_only_the_model_and_the_usage_switch_change(more: dict[str, object]) -> None:
    body = json.dumps({**more, "model": "a", "stream": True}).encode()
    changed = json.loads(read_request(body).rewritten(model="b", ask_usage=True))
    assert changed == {**more, "model": "b", "stream": True, "stream_options": {"include_usage": True}}


def test_a_request_that_needs_no_change_keeps_its_bytes() -> None:
    body = b'{ "model":"a",\n "x": 1.50, "y": 1e999 }'
    assert read_request(body).rewritten(model="a", ask_usage=False) is body


def test_values_that_are_not_changed_keep_their_bytes() -> None:
    body = b'{"model":"a","x": 1.50,"big":123456789012345678901234567890,"huge":1e999,"z":{"b" : [1 ,2]}}'
    changed = read_request(body).rewritten(model="b", ask_usage=False)
    for part in (b"1.50", b"123456789012345678901234567890", b"1e999", b'{"b" : [1 ,2]}', b'"model":"b"'):
        assert part in changed


def test_other_stream_options_are_kept() -> None:
    asked = read_request(b'{"model":"a","stream":true,"stream_options":{"include_usage":false,"x":1}}')
    assert not asked.asks_usage
    assert json.loads(asked.rewritten(model="a", ask_usage=True))["stream_options"] == {"include_usage": True, "x": 1}


def test_lone_surrogates_which_javascript_sends_are_accepted() -> None:
    asked = read_request(b'{"model":"a","messages":[{"content":"\\ud800"}]}')
    assert asked.content()["messages"][0]["content"] == "\ud800"
    assert json.loads(asked.rewritten(model="b", ask_usage=False))["messages"][0]["content"] == "\ud800"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"[1]", "JSON list: it must be an object"),
        (b'"x"', "JSON str"),
        (b'{"model":"\xff"}', "not UTF-8 at byte 10"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"\x00\x01", "no JSON"),
    ],
)
def test_what_is_no_json_object_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(BadRequestError, match=words):
        read_request(body)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_request_or_a_bad_request(body: bytes) -> None:
    try:
        asked = read_request(body)
    except BadRequestError:
        return
    assert isinstance(asked.content(), dict)


@given(JSON)
def test_the_hash_does_not_see_blanks_and_the_order_of_keys(value: object) -> None:
    one = json.dumps({"a": value, "b": 1}, indent=2).encode()
    other = json.dumps({"b": 1, "a": value}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    assert request_hash(one) == request_hash(other)
    assert decode(canonical(one)) == decode(one)


def test_the_hash_sees_a_changed_value_and_takes_what_is_no_json() -> None:
    assert request_hash(b'{"a":1}') != request_hash(b'{"a":2}')
    assert request_hash(b"\xff").startswith("sha256:")
