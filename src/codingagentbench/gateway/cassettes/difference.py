"""How two JSON values differ, for people: path, what was recorded, what came."""

from collections.abc import Iterator
from typing import Any

import msgspec

from codingagentbench.gateway.json_bytes import encode

MAX_DIFFERENCES = 20
_SHOWN = 160
_BEFORE = 40
_MISSING = object()


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place. Texts are cut to what is around the first character that differs; None: nothing stood there."""

    path: str
    recorded: str | None
    new: str | None

    def __str__(self) -> str:
        sides = ("nothing" if side is None else side for side in (self.recorded, self.new))
        return f"{self.path}: recorded {next(sides)}, now {next(sides)}"


def differences(recorded: object, new: object) -> list[Difference]:
    """The first MAX_DIFFERENCES places, in the order of the recorded value."""
    found = []
    for difference in _walk("$", recorded, new):
        found.append(difference)
        if len(found) == MAX_DIFFERENCES:
            break
    return found


def _walk(path: str, recorded: Any, new: Any) -> Iterator[Difference]:
    if isinstance(recorded, dict) and isinstance(new, dict):
        for key in [*recorded, *(key for key in new if key not in recorded)]:
            yield from _walk(f"{path}.{_shown_key(key)}", recorded.get(key, _MISSING), new.get(key, _MISSING))
    elif isinstance(recorded, list) and isinstance(new, list):
        for at in range(max(len(recorded), len(new))):
            pair = (side[at] if at < len(side) else _MISSING for side in (recorded, new))
            yield from _walk(f"{path}[{at}]", *pair)
    elif type(recorded) is not type(new) or recorded != new:
        yield _difference(path, recorded, new)


def _difference(path: str, recorded: object, new: object) -> Difference:
    """Two texts are shown from a little before the place where they part."""
    start = 0
    if isinstance(recorded, str) and isinstance(new, str):
        start = max(0, _common_length(recorded, new) - _BEFORE)
    return Difference(path=path, recorded=_shown(recorded, start), new=_shown(new, start))


def _common_length(one: str, other: str) -> int:
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _shown(value: object, start: int) -> str | None:
    if value is _MISSING:
        return None
    if isinstance(value, str) and start:
        value = f"...{value[start:]}"
    text = ascii(value) if isinstance(value, str) else encode(value).decode("utf-8", "replace")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _shown_key(key: str) -> str:
    return key if key.isidentifier() else ascii(key)
