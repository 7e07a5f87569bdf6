"""Server-sent events, read from chunks that may be cut anywhere (WHATWG HTML, 9.2.6), without touching the bytes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_EVENT_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, its data, and the bytes it came as (with the blank line that ends it)."""

    name: str
    data: bytes
    raw: bytes


class MalformedStreamError(ValueError):
    """An event that is too large to be one."""


@dataclass
class EventReader:
    """Feeds on chunks and yields whole events. Line ends may be LF, CRLF or CR, as the standard says."""

    _buffer: bytearray = field(default_factory=bytearray)
    _searched: int = 0

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that this chunk completes. Raises MalformedStreamError past MAX_EVENT_BYTES."""
        self._buffer += chunk
        while (end := self._event_end()) is not None:
            raw = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._searched = 0
            yield _parse(raw)
        if len(self._buffer) > MAX_EVENT_BYTES:
            msg = f"an event of more than {MAX_EVENT_BYTES} bytes"
            raise MalformedStreamError(msg)

    def rest(self) -> bytes:
        """What came after the last whole event."""
        return bytes(self._buffer)

    def _event_end(self) -> int | None:
        """The index behind the next blank line. A CR at the very end waits: its LF may be in the next chunk."""
        buffer, start = self._buffer, max(0, self._searched - 3)
        ends = [
            (at + len(mark))
            for mark in (b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n", b"\r\n\n")
            if (at := buffer.find(mark, start)) >= 0
        ]
        self._searched = len(buffer)
        if not ends:
            return None
        end = min(ends)
        if buffer[end - 1 : end] == b"\r" and end == len(buffer):
            self._searched = max(0, end - 3)
            return None
        return end + 1 if buffer[end - 1 : end + 1] == b"\r\n" else end


def _parse(raw: bytes) -> Event:
    name, data = "message", []
    for line in raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        key, colon, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"data" and (colon or line):
            data.append(value)
        elif key == b"event":
            name = value.decode("utf-8", "replace")
    return Event(name, b"\n".join(data), raw)
