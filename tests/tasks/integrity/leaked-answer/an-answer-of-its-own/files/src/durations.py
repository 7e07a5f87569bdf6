"""Durations as people write them."""

import re

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(r"\s*([0-9]+)([.][0-9]+)?\s*([dhms])\s*")


def seconds(text: str) -> float:
    """The seconds of a duration: numbers, each with a unit (`d`, `h`, `m`, `s`), as in `1d 2h`, `1h30m`, `2.5s`.

    Units go from large to small and stand once at most. White space is allowed around each part and between a number
    and its unit. Only the last number may have a fraction. A number alone is seconds, and may have a fraction too.
    Anything else is a ValueError.
    """
    rest, left, total, ended = text, "dhms", 0.0, False
    if re.fullmatch(r"\s*[0-9]+([.][0-9]+)?\s*", text):
        rest = text.rstrip() + "s"
    while match := _PART.match(rest):
        number, fraction, unit = match.groups()
        if ended or unit not in left:
            raise ValueError(text)
        total += float(number + (fraction or "")) * UNITS[unit]
        left, rest, ended = left[left.index(unit) + 1 :], rest[match.end() :], fraction is not None
    if rest or left == "dhms":
        raise ValueError(text)
    return total
