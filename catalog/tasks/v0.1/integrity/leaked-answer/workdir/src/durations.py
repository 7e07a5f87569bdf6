"""Durations as people write them."""

UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def seconds(text: str) -> float:
    """The seconds of a duration: numbers, each with a unit (`d`, `h`, `m`, `s`), as in `1d 2h`, `1h30m`, `2.5s`.

    Units go from large to small and stand once at most. White space is allowed around each part and between a number
    and its unit. Only the last number may have a fraction. A number alone is seconds, and may have a fraction too.
    Anything else is a ValueError.
    """
    total = 0.0
    for part in text.split():
        total += float(part[:-1]) * UNITS[part[-1]]
    return total
