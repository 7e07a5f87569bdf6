import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.site.text import (
    clipped,
    count,
    milliseconds,
    ratio,
    seconds,
    short_digest,
    size_text,
    url_path,
    visible,
)


@given(st.text())
def test_visible_text_holds_no_control_or_direction_character(text: str) -> None:
    left = {unicodedata.category(c) for c in visible(text) if c not in "\t\n\ufe0e\ufe0f"}
    assert "Cc" not in left
    assert not any(
        unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI"}
        for c in visible(text)
    )


@given(
    st.text(
        alphabet=st.characters(
            categories=["L", "N", "P", "S"], exclude_characters="\u3164\uffa0\u115f\u1160\ufffc\ufffd"
        )
    )
)
def test_visible_leaves_ordinary_text_alone(text: str) -> None:
    assert visible(text) == text


def test_visible_names_what_it_replaces() -> None:
    assert visible("a\u202eb\x1b[0m\r\n\t") == "a\u27e8U+202E\u27e9b\u27e8U+001B\u27e9[0m\u27e8U+000D\u27e9\n\t"


def test_a_figure_that_is_none_is_unknown_and_never_zero() -> None:
    for form in (ratio, count, seconds, milliseconds):
        assert (form(None).text, form(None).kind) == ("unknown", "unknown")
        assert form(None).title
        assert form(0).kind == "known"


def test_figures_read_as_on_the_cell_page() -> None:
    assert ratio(0.8571428571428571).text == "0.857"
    assert seconds(203096.777).text == "203.1 s"
    assert seconds(203096.777, 2).text == "203.10 s"
    assert count(1200).text == "1,200"
    assert [milliseconds(v).text for v in (0.0, 0.42, 13.2, 203039.0)] == ["0 ms", "0.4 ms", "13 ms", "203,039 ms"]


def test_a_repetition_in_a_path_is_no_fragment_in_a_link() -> None:
    assert url_path("cell/s/t/m/f/n+a#2/index.html") == "cell/s/t/m/f/n+a%232/index.html"


def test_clipping_says_how_much_is_missing() -> None:
    assert clipped("abcdef", 4) == ("abcd", 2)
    assert clipped("abcd", 4) == ("abcd", 0)


def test_digests_and_sizes_are_short() -> None:
    assert short_digest("sha256:" + "f" * 64) == "sha256:ffffffffffff…"
    assert short_digest(None) == ""
    assert [size_text(n) for n in (0, 999, 12_345, 3_400_000)] == ["0 B", "999 B", "12.3 kB", "3.4 MB"]
