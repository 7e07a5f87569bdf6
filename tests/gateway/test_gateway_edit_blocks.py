import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from codingagentbench.gateway.controls.edit_blocks import CannotExpressError, edit_block

LINE = st.sampled_from(["a", "b", "  c", "", "```", "````x", "=== not nine ===", "é✓", "...", "<<<<", "# x.py"])
FILE = st.lists(LINE, max_size=12).map(lambda lines: "".join(f"{line}\n" for line in lines))
BLOCK = re.compile(
    r"\A(?P<path>[^\n]+)\n(?P<fence>`{3,})\n<<<<<<< SEARCH\n(?P<search>.*?)^=======\n(?P<replace>.*?)^>>>>>>> REPLACE\n"
    r"(?P=fence)\n\Z",
    re.DOTALL | re.MULTILINE,
)


def unwrapped(text: str, name: str) -> str:
    """What a reader of edit blocks takes off either side, because models wrap their code."""
    lines = text.splitlines()
    if lines and lines[0].strip().endswith(name):
        lines = lines[1:]
    assert not (lines and lines[0].startswith("```") and lines[-1].startswith("```"))
    joined = "\n".join(lines)
    return joined + "\n" if joined and not joined.endswith("\n") else joined


def applied(block: str, before: str) -> str:
    """What a reader of edit blocks makes of one: the first exact place, or the end where SEARCH is blank."""
    match = BLOCK.match(block)
    assert match is not None
    assert not re.search(rf"^{match['fence']}$", match["search"] + match["replace"], re.MULTILINE)
    search, replace = (unwrapped(match[side], match["path"].split("/")[-1]) for side in ("search", "replace"))
    if not search.strip():
        return before + replace
    lines, part = before.splitlines(keepends=True), search.splitlines(keepends=True)
    at = next(i for i in range(len(lines)) if lines[i : i + len(part)] == part)
    return "".join([*lines[:at], replace, *lines[at + len(part) :]])


def block_or_reject(path: str, before: bytes | None, after: str) -> str:
    try:
        return edit_block(path, before, after.encode())
    except CannotExpressError as error:
        assume("fence" not in str(error))
        raise


@given(FILE, FILE)
def test_the_block_turns_the_file_into_the_wanted_one(before: str, after: str) -> None:
    assume(before.strip() and after and before != after)
    assert applied(block_or_reject("src/x.py", before.encode(), after), before) == after


@given(FILE)
def test_a_new_file_has_an_empty_search(after: str) -> None:
    block = block_or_reject("src/x.py", None, after)
    assert "SEARCH\n=======\n" in block
    assert applied(block, "") == after


def test_only_the_changed_lines_are_in_the_block() -> None:
    before = "".join(f"line {i}\n" for i in range(100))
    block = edit_block("x", before.encode(), before.replace("line 50\n", "line fifty\n").encode())
    assert block == "x\n```\n<<<<<<< SEARCH\nline 50\n=======\nline fifty\n>>>>>>> REPLACE\n```\n"


def test_a_line_that_stands_twice_is_looked_for_with_its_neighbours() -> None:
    before = "one\nsame\ntwo\nsame\nthree\n"
    block = edit_block("x", before.encode(), b"one\nsame\ntwo\nother\nthree\n")
    assert "SEARCH\nsame\nthree\n=======\nother\nthree\n>>>>>>>" in block


def test_the_fence_is_longer_than_any_in_the_content() -> None:
    assert "\n`````\n<<<<<<< SEARCH" in edit_block("x.md", None, b"text\n````rust\n```\n````\n")


def test_text_without_a_last_newline_gets_one() -> None:
    assert applied(edit_block("x", b"a\nb", b"a\nc"), "a\nb\n") == "a\nc\n"


@pytest.mark.parametrize(
    ("path", "before", "after", "words"),
    [
        ("x", b"a\n", b"=======\n", "markers"),
        ("x", b"a\n", b"  <<<<<<< SEARCH  \n", "markers"),
        ("x", b"a\n", b"\xff\n", "UTF-8"),
        ("x", b"a\r\n", b"b\r\n", "carriage"),
        ("x", b"a\n", b"", "emptying"),
        ("x", b"\n\n", b"a\n", "blanks"),
        ("x", b"a\n", b"a\x0cb\n", "separators"),
        ("x.md", None, b"```\ncode\n```\n", "fence"),
        ("#x", None, b"a\n", "path"),
        ("a\nb", None, b"a\n", "path"),
    ],
)
def test_what_blocks_cannot_say_is_refused_in_words(path: str, before: bytes | None, after: bytes, words: str) -> None:
    with pytest.raises(CannotExpressError, match=words):
        edit_block(path, before, after)
