"""Line endings and indentation of a text, and whether a change kept them.

The line endings are kept when no kind stands in the file that did not stand in it, and a last line that ended still
does. The indentation is kept when added lines are indented with what the file is indented with (blanks, tabs, or
either where it has both), and, for blanks, in its own steps: the greatest common divisor of its indentations, where
that is 2 or more.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import reduce
from math import gcd

_ENDING = re.compile(r"\r\n|\n|\r")
_NAMES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}
_MIN_STEP = 2
_SHOWN = 3


def style_faults(before: str, after: str) -> list[str]:
    """What the change did to the style of a text that was there before; empty where it kept it."""
    return [*_endings(before, after), *_indentation(before, after)]


def _endings(before: str, after: str) -> Iterator[str]:
    had, has = set(_ENDING.findall(before)), set(_ENDING.findall(after))
    if had:
        for ending in sorted(has - had, key=len):
            yield f"line ending {_NAMES[ending]}, the file has {', '.join(sorted(_NAMES[e] for e in had))}"
    if before and after and _ENDING.search(before[-1]) and not _ENDING.search(after[-1]):
        yield "the last line does not end any more"


def _indentation(before: str, after: str) -> Iterator[str]:
    old, new = _ENDING.split(before), _ENDING.split(after)
    left = Counter(old)
    added = []
    for number, line in enumerate(new, 1):
        if left[line]:
            left[line] -= 1
        elif line.strip():
            added.append((number, _indent(line)))
    indents = [_indent(line) for line in old if line.strip()]
    used = {char for indent in indents for char in indent}
    wrong = [n for n, indent in added if used and not set(indent) <= used]
    if wrong:
        yield f"indented with {'tabs' if used == {' '} else 'blanks'}: line {_listed(wrong)}"
    step = reduce(gcd, (len(i) for i in indents if set(i) == {" "}), 0)
    if step >= _MIN_STEP:
        crooked = [n for n, indent in added if set(indent) == {" "} and len(indent) % step]
        if crooked:
            yield f"indented by other than steps of {step}: line {_listed(crooked)}"


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _listed(numbers: list[int]) -> str:
    more = f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else ""
    return ", ".join(map(str, numbers[:_SHOWN])) + more
