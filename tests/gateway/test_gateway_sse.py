from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codingagentbench.gateway.sse import MAX_EVENT_BYTES, Event, EventReader, MalformedStreamError

LINE = st.text('ab: é✓\U0001f600{}"', max_size=8).map(str.encode)
END = st.sampled_from([b"\n", b"\r\n", b"\r"])
FIELD = st.sampled_from([b"data: ", b"data:", b"event: ", b": ", b"id: ", b""])
STREAM = st.lists(st.one_of(st.tuples(FIELD, LINE, END), st.tuples(st.just(b""), st.just(b""), END)), max_size=30).map(
    lambda lines: b"".join(b"".join(line) for line in lines)
)


def read(*chunks: bytes) -> tuple[list[Event], bytes]:
    reader = EventReader()
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return events + reader.close(), reader.rest()


@given(STREAM, st.lists(st.integers(0, 400)))
@example(b"data: a\r\n\r\ndata: b\r\r", [8, 9, 10, 11, 20, 21])
@example("data: ✓\n\n".encode(), [2, 7, 8])
def test_any_chunking_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    places = sorted({0, *(c for c in cuts if c < len(stream)), len(stream)})
    chunks = [stream[a:b] for a, b in pairwise(places)]
    assert read(*chunks) == read(stream)
    assert read(*(stream[i : i + 1] for i in range(len(stream)))) == read(stream)


@given(STREAM)
def test_the_bytes_of_the_events_are_the_bytes_of_the_stream(stream: bytes) -> None:
    events, rest = read(stream)
    assert b"".join(e.raw for e in events) + rest == stream


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_bytes_are_read_without_an_error(stream: bytes, cut: int) -> None:
    assert read(stream[:cut], stream[cut:]) == read(stream)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_of_the_standard_is_understood(end: str) -> None:
    events, rest = read(f"event: x{end}data: 1{end}data: 2{end}{end}: note{end}{end}data:3{end}{end}".encode())
    assert [(e.name, e.data) for e in events] == [("x", b"1\n2"), ("message", b""), ("message", b"3")]
    assert rest == b""


def test_a_byte_order_mark_is_not_part_of_the_first_field() -> None:
    assert read(b"\xef\xbb\xbfdata: 1\n\n")[0][0].data == b"1"


def test_an_event_without_its_blank_line_is_not_given_out() -> None:
    assert read(b'data: {"a": 1}\n') == ([], b'data: {"a": 1}\n')


def test_an_endless_event_is_refused() -> None:
    reader = EventReader()
    with pytest.raises(MalformedStreamError, match="more than"):
        for _ in range(MAX_EVENT_BYTES // (1 << 20) + 1):
            reader.feed(b"x" * (1 << 20))
