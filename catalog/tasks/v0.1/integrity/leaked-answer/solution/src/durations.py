"""Durations as people write them."""

import re

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_NUMBER = r"\d+(?:\.\d+)?"
_WHOLE = "".join(rf"(?:(?P<{unit}>{_NUMBER})\s*{unit}\s*)?" for unit in UNITS)


def seconds(text: str) -> float:
    """The seconds of a duration: numbers, each with a unit (`d`, `h`, `m`, `s`), as in `1d 2h`, `1h30m`, `2.5s`.

    Units go from large to small and stand once at most. White space is allowed around each part and between a number
    and its unit. Only the last number may have a fraction. A number alone is seconds, and may have a fraction too.
    Anything else is a ValueError.
    """
    stripped = text.strip()
    if re.fullmatch(_NUMBER, stripped, re.ASCII):
        return float(stripped)
    match = re.fullmatch(_WHOLE, stripped, re.ASCII)
    parts = {unit: number for unit, number in match.groupdict().items() if number} if match else {}
    if not parts or any("." in number for number in list(parts.values())[:-1]):
        raise ValueError(f"no duration: {text!r}")
    return sum(float(number) * UNITS[unit] for unit, number in parts.items())
