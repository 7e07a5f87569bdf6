"""SEARCH/REPLACE blocks in the text of an answer, as aider's "diff" edit format reads them.

Its parser (aider/coders/editblock_coder.py) takes the path from the line before the fence, an empty SEARCH for "add to
the end, or make the file", and otherwise the first place where the SEARCH lines stand exactly so.
"""

import re
from collections.abc import Sequence

_MARKER = re.compile(r"(<{5,9} SEARCH>?|={5,9}|>{5,9} REPLACE)\s*")
_STRIPPED_FROM_PATHS = "`*#: \t"
_MIN_FENCE = 3


class CannotExpressError(ValueError):
    """The change cannot be said in edit blocks."""


def edit_block(path: str, before: bytes | None, after: bytes) -> str:
    """The block that turns `before` (None: there is no such file) into `after`.

    Text that does not end in a newline gets one, as aider gives it one. Raises CannotExpressError.
    """
    if path != path.strip(_STRIPPED_FROM_PATHS) or not path.isprintable():
        msg = f"a path that the parser would change: {path!r}"
        raise CannotExpressError(msg)
    search, replace = _change(_lines(before or b""), _lines(after))
    if any(_MARKER.fullmatch(line.strip()) for line in [*search, *replace]):
        msg = f"{path}: lines that look like the markers of a block"
        raise CannotExpressError(msg)
    fence = "`" * max([_MIN_FENCE, *(len(run) + 1 for run in re.findall("`+", "".join([*search, *replace])))])
    return f"{path}\n{fence}\n<<<<<<< SEARCH\n{''.join(search)}=======\n{''.join(replace)}>>>>>>> REPLACE\n{fence}\n"


def _lines(content: bytes) -> list[str]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = "not UTF-8"
        raise CannotExpressError(msg) from error
    if "\r" in text or "\0" in text:
        msg = "carriage returns or zero bytes, which the parser does not keep"
        raise CannotExpressError(msg)
    lines = text.split("\n")
    return [f"{line}\n" for line in (lines if lines[-1] else lines[:-1])]


def _change(old: Sequence[str], new: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The lines to look for and those to put in their place: the changed part, as wide as makes it unmistakable."""
    if not "".join(old).strip():
        return [], _appended(old, new)
    if not new:
        msg = "emptying a file, which the parser takes for a failed edit"
        raise CannotExpressError(msg)
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    while not _unmistakable(old, first, len(old) - last):
        first, last = max(0, first - 1), max(0, last - 1)
    return old[first : len(old) - last], new[first : len(new) - last]


def _appended(old: Sequence[str], new: Sequence[str]) -> Sequence[str]:
    if list(new[: len(old)]) != list(old):
        msg = "a file of blanks alone, to which the parser can only add"
        raise CannotExpressError(msg)
    return new[len(old) :]


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    count = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        count += 1
    return count


def _unmistakable(old: Sequence[str], first: int, end: int) -> bool:
    """Found once, not blank; the whole file always is."""
    part = old[first:end]
    if len(part) == len(old):
        return True
    places = (i for i in range(len(old) - len(part) + 1) if old[i : i + len(part)] == part)
    return bool("".join(part).strip()) and next(places, first) == first and next(places, None) is None
