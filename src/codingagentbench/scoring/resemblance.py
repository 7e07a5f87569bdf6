"""Whether a text holds a fragment of code, whatever the names, the comments and the white space in it are.

Two fragments resemble each other when their tokens are the same after every name was replaced by the number of its
first occurrence: copying with other names changes nothing, writing the same thing down in another way does. This is the
comparison of parameterised matching (B. S. Baker, "Parameterized pattern matching", 1996), on tokens.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|#\s[^\n]*", re.DOTALL)
"""Taken off both sides alike, so that what is no comment in a language (`//` in Python) does no harm."""
_TOKEN = re.compile(r"""[^\W\d]\w*|\d[\w.]*|"[^"\n]*"|'[^'\n]*'|\S""")
_NAME = re.compile(r"[^\W\d]\w*")
_BETWEEN = "\0"


def resemblances(fragment: str, text: str) -> int:
    """How often `text` holds something that resembles `fragment`; 0 for a fragment without a token.

    Only places where everything but the names fits are looked at closely, so that a long text costs one search.
    """
    wanted, found = tokens(fragment), tokens(text)
    if not wanted:
        return 0
    shape, shapes = _joined(wanted), _joined(found)
    starts = [0, *accumulate(len(_shape(token)) + 1 for token in found)]
    pattern, count, at = _numbered(wanted), 0, shapes.find(shape)
    while at != -1:
        first = bisect_left(starts, at)
        count += _numbered(found[first : first + len(wanted)]) == pattern
        at = shapes.find(shape, at + 1)
    return count


def tokens(text: str) -> list[str]:
    """Names, numbers, strings and single signs; comments are none."""
    return _TOKEN.findall(_COMMENT.sub(" ", text).replace(_BETWEEN, " "))


def _joined(found: Sequence[str]) -> str:
    return _BETWEEN + "".join(_shape(token) + _BETWEEN for token in found)


def _shape(token: str) -> str:
    return "x" if _NAME.fullmatch(token) else token


def _numbered(found: Sequence[str]) -> list[str | int]:
    first: dict[str, int] = {}
    return [first.setdefault(token, len(first)) if _NAME.fullmatch(token) else token for token in found]
