"""terminal.cast as a script: a page opened from disk may load a script but may not fetch a file.

The recording stays an inert string: the script calls one function with it, and the player parses it.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

MAX_CAST_BYTES = 4 << 20
SCRIPT = "terminal.cast.js"
_MAX_SIDE = 1000


@dataclass(frozen=True, slots=True)
class CastView:
    """What the page says of a recording. `script` is empty where there is nothing to play, and `note` says why."""

    script: bytes
    note: str
    columns: int = 0
    rows: int = 0
    seconds: float = 0.0


class _Header(msgspec.Struct):
    version: int
    width: int
    height: int


def view_cast(path: Path) -> CastView:
    """The recording at `path` for playback, cut at MAX_CAST_BYTES at the end of a line."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_CAST_BYTES + 1)
    except OSError:
        return CastView(b"", "No terminal was recorded in this run.")
    lines, note = raw.split(b"\n"), ""
    if len(raw) > MAX_CAST_BYTES:
        lines[-1:] = []
        note = f"Playback ends after {MAX_CAST_BYTES >> 20} MiB; the whole recording is in terminal.cast."
    events = [line for line in lines[1:] if line.strip()]
    try:
        header = msgspec.json.decode(lines[0], type=_Header)
        text = b"\n".join([lines[0], *events]).decode()
        last = _seconds(events[-1]) if events else 0.0
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return CastView(b"", "The recording is damaged and cannot be played; its bytes are in terminal.cast.")
    if not (0 < header.width <= _MAX_SIDE and 0 < header.height <= _MAX_SIDE):
        return CastView(b"", f"The recording states {header.width} x {header.height} characters and is not played.")
    if not events:
        return CastView(b"", "The terminal showed nothing in this run.")
    return CastView(_script(text), note, header.width, header.height, last)


def _seconds(event: bytes) -> float:
    return msgspec.json.decode(event, type=tuple[float, str, str])[0]


def _script(text: str) -> bytes:
    return b"cabCast(" + msgspec.json.encode(text) + b");\n"
