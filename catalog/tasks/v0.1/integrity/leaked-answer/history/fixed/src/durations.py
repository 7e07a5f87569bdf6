"""Durations as people write them: a ladder that is only ever climbed down."""

import re

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_GRAINS_OF_UNIT = {unit: size * 1000 for unit, size in UNITS.items()}


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
    grains, last_rung, pending = 0, -1, False
    for count, fraction, unit in re.findall(r"([0-9]+)(?:\.([0-9]+))?\s*([dhms])", text):
        size = _GRAINS_OF_UNIT[unit]
        rung = "dhms".find(unit)
        if rung <= last_rung or (pending and last_rung >= 0):
            raise ValueError(text)
        pending = bool(fraction)
        grains += int(count) * size + (int((fraction or "0")[:3].ljust(3, "0")) * size) // 1000
        last_rung = rung
    return grains / 1000
