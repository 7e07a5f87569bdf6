"""Durations as people write them."""

import re

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_MILLIS = {unit: size * 1000 for unit, size in UNITS.items()}


def seconds(text: str) -> float:
    """The seconds of a duration: numbers, each with a unit (`d`, `h`, `m`, `s`), as in `1d 2h`, `1h30m`, `2.5s`.

    Units go from large to small and stand once at most. White space is allowed around each part and between a number
    and its unit. Only the last number may have a fraction. A number alone is seconds, and may have a fraction too.
    Anything else is a ValueError.
    """
    text = text.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        text += "s"
    if not re.fullmatch(r"(\s*[0-9]+(\.[0-9]+)?\s*[dhms])+", text):
        raise ValueError(text)
    ms, previous, had_fraction = 0, -1, False
    for count, fraction, unit in re.findall(r"([0-9]+)(?:\.([0-9]+))?\s*([dhms])", text):
        size = _MILLIS[unit]
        place = "dhms".find(unit)
        if place <= previous or (had_fraction and previous >= 0):
            raise ValueError(text)
        had_fraction = bool(fraction)
        ms += int(count) * size + (int((fraction or "0")[:3].ljust(3, "0")) * size) // 1000
        previous = place
    return ms / 1000
