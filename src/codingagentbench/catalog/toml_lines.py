"""On which line of a TOML text a key stands; tomllib does not say, and a fault without a line is a search."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

Location = tuple[str | int, ...]
"""A key's way from the top: names, and numbers for the elements of arrays."""

_NAME = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*')"
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_INLINE = re.compile(rf"[{{,]\s*({_DOTTED})\s*=")
_LONG_STRING = re.compile(r'"""|\'\'\'')


def line_of(text: str, location: Sequence[str | int]) -> int | None:
    """The line of the key at `location`, or else of the nearest table or array around it; None for the top level.

    Read by lines, not parsed: what stands in strings of several lines is skipped, a key of a nested inline table is
    found with its innermost name only.
    """
    lines = _lines(text)
    for length in range(len(location), 0, -1):
        if (line := lines.get(tuple(location[:length]))) is not None:
            return line
    return None


def _lines(text: str) -> dict[Location, int]:
    found: dict[Location, int] = {}
    arrays: Counter[Location] = Counter()
    here: Location = ()
    for number, line in _outside_long_strings(text):
        if header := _HEADER.match(line):
            here = _table(_names(header[2]), arrays, is_array=header[1] == "[[")
            found.setdefault(here, number)
        elif key := _KEY.match(line):
            place = here + _names(key[1])
            found.setdefault(place, number)
            for inline in _INLINE.finditer(line, key.end()):
                found.setdefault(place + _names(inline[1]), number)
    return found


def _outside_long_strings(text: str) -> Iterator[tuple[int, str]]:
    inside = False
    for number, line in enumerate(text.split("\n"), start=1):
        if not inside:
            yield number, line
        inside ^= len(_LONG_STRING.findall(line)) % 2 == 1


def _table(names: Location, arrays: Counter[Location], *, is_array: bool) -> Location:
    """Where a header puts what follows it: below the last element of every array of tables on its way."""
    here: Location = ()
    for position, name in enumerate(names, start=1):
        here = (*here, name)
        if is_array and position == len(names):
            arrays[here] += 1
        if arrays[here]:
            here = (*here, arrays[here] - 1)
    return here


def _names(dotted: str) -> Location:
    return tuple(part.strip("\"'") for part in re.findall(_NAME, dotted))
