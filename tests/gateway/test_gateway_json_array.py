import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codingagentbench.gateway.json_array import ArrayReader
from codingagentbench.gateway.sse import MAX_EVENT_BYTES, MalformedStreamError

LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(['"', "\\", "}]", "{[", "é✓\U0001f600"])
)
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=3), VALUE, max_size=3), max_size=4)


def read(*chunks: bytes) -> tuple[list[Any], bytes, bytes, bool]:
    """Elements, all raw bytes, what is left, whether the array ended."""
    reader = ArrayReader()
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    rest = reader.rest()
    return [e.data for e in events], b"".join(e.raw for e in events) + rest, rest, reader.ended


@given(OBJECTS, st.booleans(), st.booleans(), st.lists(st.integers(0, 300)))
@example([{"a": '\\"'}], False, False, [5, 6, 7, 8, 9])
def test_any_chunking_gives_the_elements_and_keeps_the_bytes(
    objects: list[Any], ascii_only: bool, spread: bool, cuts: list[int]
) -> None:
    stream = json.dumps(objects, ensure_ascii=ascii_only, indent=1 if spread else None).encode("utf-8", "surrogatepass")
    places = sorted({0, *(c for c in cuts if c < len(stream)), len(stream)})
    for chunks in ([stream], [stream[a:b] for a, b in pairwise(places)], [bytes([b]) for b in stream]):
        elements, raw, _, ended = read(*chunks)
        assert [json.loads(e.decode("utf-8", "surrogatepass")) for e in elements] == objects
        assert (raw, ended) == (stream, True)


@given(st.binary(max_size=200) | st.text('[]{},:"\\a', max_size=100).map(str.encode), st.integers(0, 200))
def test_any_bytes_are_read_without_an_error_and_kept(stream: bytes, cut: int) -> None:
    assert read(stream[:cut], stream[cut:]) == read(stream)
    assert read(stream)[1] == stream


def test_an_array_that_is_cut_has_not_ended() -> None:
    elements, _, rest, ended = read(b'[{"a": 1},\n{"b": [')
    assert (elements, rest, ended) == ([b'{"a": 1}'], b',\n{"b": [', False)


def test_an_endless_element_is_refused() -> None:
    reader = ArrayReader()
    with pytest.raises(MalformedStreamError, match="more than"):
        for _ in range(MAX_EVENT_BYTES // (1 << 20) + 1):
            reader.feed(b'[{"' + b"x" * (1 << 20))
