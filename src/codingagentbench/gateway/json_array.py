"""A JSON array that arrives in pieces, element by element, without touching the bytes: Gemini's stream without SSE."""

import re
from dataclasses import dataclass, field

from codingagentbench.gateway.sse import MAX_EVENT_BYTES, Event, MalformedStreamError

_STRUCTURE = re.compile(rb'["\[\]{}]')
_IN_STRING = re.compile(rb'["\\]')


@dataclass
class ArrayReader:
    """Feeds on chunks and gives each object of the outer array as an event; has `EventReader`'s three methods.

    The raw bytes of all events (brackets, commas and blanks before an object go with it), then `rest()`, are exactly
    the bytes that were fed.
    """

    ended: bool = False
    """The array's closing bracket has come."""
    _buffer: bytearray = field(default_factory=bytearray)
    _at: int = 0
    """Up to here the buffer is understood."""
    _depth: int = 0
    _start: int | None = None
    """Where the object begins that is under way."""
    _in_string: bool = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The objects that this chunk completes. Raises MalformedStreamError past MAX_EVENT_BYTES."""
        self._buffer += chunk
        events: list[Event] = []
        while (place := self._next()) is not None:
            if event := self._structure(place):
                events.append(event)
        if len(self._buffer) > MAX_EVENT_BYTES:
            msg = f"an element of more than {MAX_EVENT_BYTES} bytes"
            raise MalformedStreamError(msg)
        return events

    def close(self) -> list[Event]:
        """Nothing is held back: an object ends with its own brace."""
        return []

    def rest(self) -> bytes:
        """What came after the last whole object."""
        return bytes(self._buffer)

    def _next(self) -> int | None:
        """The next structural byte outside of strings; None where more has to come first."""
        while True:
            match = (_IN_STRING if self._in_string else _STRUCTURE).search(self._buffer, self._at)
            if match is None:
                self._at = len(self._buffer)
                return None
            at, byte = match.start(), match[0]
            if byte == b"\\":
                if at + 1 == len(self._buffer):  # what it escapes is in the next chunk
                    self._at = at
                    return None
                self._at = at + 2
                continue
            self._at = at + 1
            if byte != b'"':
                return at
            self._in_string = not self._in_string

    def _structure(self, place: int) -> Event | None:
        """Count a bracket; the event where it ends an element of the outer array."""
        byte = self._buffer[place]
        if byte in b"[{":
            if byte == ord("{") and self._depth == 1:
                self._start = place
            self._depth += 1
            return None
        self._depth -= 1
        self.ended = self.ended or self._depth == 0
        if self._depth != 1 or self._start is None:
            return None
        event = Event("message", bytes(self._buffer[self._start : place + 1]), bytes(self._buffer[: place + 1]))
        del self._buffer[: place + 1]
        self._at, self._start = 0, None
        return event
