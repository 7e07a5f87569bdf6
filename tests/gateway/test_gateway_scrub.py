"""Secrets are taken out in every form that is looked for, wherever a chunk was cut."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.scrub import Scrubber, StreamScrubber
from codingagentbench.store.record import Span

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)
KEY = 'sk-te/st+0123=456"7\\89'


@given(SECRETS, st.binary(max_size=8), st.binary(max_size=8))
def test_no_form_of_a_secret_is_left(secret: str, before: bytes, after: bytes) -> None:
    scrubber, raw = Scrubber([secret]), secret.encode()
    for encoded in (
        raw,
        json.dumps(secret).encode(),
        quote(secret).encode(),
        quote(secret, safe="").encode(),
        quote(secret, safe="").lower().encode() if secret.lower() == secret else raw,
        raw.hex().encode(),
        base64.b64encode(raw),
        base64.urlsafe_b64encode(b"user:" + raw + b":x"),
    ):
        clean = scrubber.clean(before + encoded + after)
        assert raw not in clean
        assert b"REDACTED" in clean


@given(SECRETS, st.binary(min_size=0, max_size=5), st.binary(min_size=0, max_size=5))
def test_base64_of_anything_around_a_secret_does_not_hold_it(secret: str, before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + secret.encode() + after)
    assert b"REDACTED" in Scrubber([secret]).clean(encoded)


@given(st.lists(st.sampled_from([KEY[:5], KEY[5:], KEY, "s", "sk-", "x" * 40, "\n", "REDACTED"])), st.integers(1, 7))
def test_a_stream_is_scrubbed_as_if_it_were_whole(parts: list[str], size: int) -> None:
    text, scrubber = "".join(parts).encode(), Scrubber([KEY])
    stream = StreamScrubber(scrubber)
    out = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert b"".join([*out, stream.close()]) == scrubber.clean(text)


@given(st.lists(st.binary(max_size=20)))
def test_what_holds_no_secret_comes_through_untouched(chunks: list[bytes]) -> None:
    scrubber = Scrubber(["a-secret-that-is-in-nothing-0123456789"])
    stream = StreamScrubber(scrubber)
    assert b"".join([*(stream.feed(c) for c in chunks), stream.close()]) == b"".join(chunks)


@pytest.mark.parametrize("placeholder", ["", "x", "none", "EMPTY"])
def test_a_placeholder_is_no_secret(placeholder: str) -> None:
    assert Scrubber([placeholder]).clean(b"x none EMPTY") == b"x none EMPTY"
    assert not Scrubber([placeholder])


def test_a_record_is_scrubbed_in_its_texts_and_stays_a_record() -> None:
    span = Span(
        span_id="1",
        parent_id=None,
        kind="container",
        name=KEY,
        start_ms=1.0,
        duration_ms=2.0,
        attrs={"argv": ["a", f"--key={KEY}"], KEY: 3},
        error=f"no {KEY}",
    )
    clean = Scrubber([KEY]).struct(span)
    assert clean == Span(
        span_id="1",
        parent_id=None,
        kind="container",
        name="REDACTED",
        start_ms=1.0,
        duration_ms=2.0,
        attrs={"argv": ["a", "--key=REDACTED"], "REDACTED": 3},
        error="no REDACTED",
    )
    assert Scrubber(["another-secret"]).struct(span) is span
