"""Server-sent events, read from chunks that may be cut anywhere (WHATWG HTML, 9.2.6), without touching the bytes."""

import re
from dataclasses import dataclass, field

MAX_EVENT_BYTES = 16 << 20
_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_LONGEST_BLANK_LINE = 4
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, its data, and the bytes it came as (with the blank line that ends it)."""

    name: str
    data: bytes
    """Empty for what is no event to a client: a comment, a name alone, a blank line more."""
    raw: bytes


class MalformedStreamError(ValueError):
    """An event that is too large to be one."""


@dataclass
class EventReader:
    """Feeds on chunks and gives whole events. Line ends may be LF, CRLF or CR, as the standard says.

    The raw bytes of all events, then `rest()`, are exactly the bytes that were fed.
    """

    _buffer: bytearray = field(default_factory=bytearray)
    _searched: int = 0

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this chunk completes. Raises MalformedStreamError past MAX_EVENT_BYTES."""
        self._buffer += chunk
        events: list[Event] = []
        begin, search = 0, max(0, self._searched - _LONGEST_BLANK_LINE)
        while (end := self._event_end(search)) is not None:
            events.append(_parse(bytes(self._buffer[begin:end])))
            begin = search = end
        del self._buffer[:begin]
        self._searched = len(self._buffer)
        if self._searched > MAX_EVENT_BYTES:
            msg = f"an event of more than {MAX_EVENT_BYTES} bytes"
            raise MalformedStreamError(msg)
        return events

    def close(self) -> list[Event]:
        """The last event, where the stream ended on a CR that could have been half a CRLF; else none."""
        match = _BLANK_LINE.search(self._buffer)
        if match is None:
            return []
        event = _parse(bytes(self._buffer))
        self._buffer.clear()
        return [event]

    def rest(self) -> bytes:
        """What came after the last whole event."""
        return bytes(self._buffer)

    def _event_end(self, start: int) -> int | None:
        """The index behind the next blank line. A CR at the very end waits: its LF may be in the next chunk."""
        match = _BLANK_LINE.search(self._buffer, start)
        if match is None:
            return None
        end = match.end()
        return None if end == len(self._buffer) and self._buffer[end - 1] == ord("\r") else end


def _parse(raw: bytes) -> Event:
    name, data = "message", []
    for line in raw.removeprefix(_BOM).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        key, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"data":
            data.append(value)
        elif key == b"event":
            name = value.decode("utf-8", "replace")
    return Event(name, b"\n".join(data), raw)
