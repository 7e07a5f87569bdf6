"""SEARCH/REPLACE blocks in the text of an answer, as aider's "diff" edit format reads them.

Its parser (aider/coders/editblock_coder.py) takes the path from the line before the fence, an empty SEARCH for "add to
the end, or make the file", and otherwise the first place where the SEARCH lines stand exactly so. From either side it
takes off what it holds for wrapping: a first line that ends in the file's name, a fence around the whole, one blank
line at the end.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

_MARKER = re.compile(r"(<{5,9} SEARCH>?|={5,9}|>{5,9} REPLACE)\s*")
_FENCE_LIKE = ("```", "<source>", "<code>", "<pre>", "<codeblock>", "<sourcecode>")
_CLOSING_FENCE_LIKE = ("```", "</source>", "</code>", "</pre>", "</codeblock>", "</sourcecode>")
_STRIPPED_FROM_PATHS = "`*#: \t"
_MIN_FENCE = 3
_MOST_CONTEXT = 60  # lines around a change before the whole file is taken


class CannotExpressError(ValueError):
    """The change cannot be said in edit blocks."""


def edit_block(path: str, before: bytes | None, after: bytes) -> str:
    """The block that turns `before` (None: there is no such file) into `after`.

    Text that does not end in a newline gets one, as aider gives it one. Raises CannotExpressError.
    """
    if path != path.strip(_STRIPPED_FROM_PATHS) or not path.isprintable():
        msg = f"a path that the parser would change: {path!r}"
        raise CannotExpressError(msg)
    search, replace = _change(_lines(before or b""), _lines(after), PurePosixPath(path).name)
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


def _change(old: Sequence[str], new: Sequence[str], name: str) -> tuple[Sequence[str], Sequence[str]]:
    """The lines to look for and those to put in their place: the changed part, as wide as makes it unmistakable."""
    if not "".join(old).strip():
        return [], _guarded(_appended(old, new), name)
    if not new:
        msg = "emptying a file, which the parser takes for a failed edit"
        raise CannotExpressError(msg)
    fault = ""
    for first, last in _widenings(old, new):
        if not _unmistakable(old, first, len(old) - last):
            continue
        try:
            return _guarded(old[first : len(old) - last], name), _guarded(new[first : len(new) - last], name)
        except CannotExpressError as error:
            fault = str(error)
    raise CannotExpressError(fault)


def _widenings(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """How many lines to leave out at the beginning and at the end: the least context first, the whole file last."""
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    for context in range(min(_MOST_CONTEXT, first + last) + 1):
        for above in range(context + 1):
            if above <= first and context - above <= last:
                yield first - above, last - context + above
    yield 0, 0


def _guarded(lines: Sequence[str], name: str) -> Sequence[str]:
    """The lines with so much added as the parser takes off again. Raises CannotExpressError."""
    if not lines:
        return lines
    if any(_MARKER.fullmatch(line.strip()) for line in lines):
        msg = "lines that look like the markers of a block"
        raise CannotExpressError(msg)
    if lines[0].startswith(_FENCE_LIKE) and lines[-1].startswith(_CLOSING_FENCE_LIKE):
        msg = "a part that begins and ends with a fence, which the parser takes off"
        raise CannotExpressError(msg)
    if any(len(line.splitlines()) > 1 for line in lines):
        msg = "line separators other than the newline, which the parser does not keep"
        raise CannotExpressError(msg)
    head = [f"{name}\n"] if lines[0].strip().endswith(name) else []
    tail = [] if lines[-1].strip("\n") else ["\n"]
    return [*head, *lines, *tail]


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
