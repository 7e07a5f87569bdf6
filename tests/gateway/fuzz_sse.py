"""Atheris on the readers of streams: `python tests/gateway/fuzz_sse.py -runs=20000 -seed=1`; run by its test too.

Whatever the bytes and wherever they are cut: no byte is lost, no event depends on the cut, a meter fails on nothing.
"""

import sys

import atheris

with atheris.instrument_imports(include=["codingagentbench.gateway"]):
    from codingagentbench.gateway.json_array import ArrayReader
    from codingagentbench.gateway.sse import Event, EventReader
    from codingagentbench.gateway.wires import SHAPES, Meter
    from codingagentbench.gateway.wires.said import said_texts


def fuzz(data: bytes) -> None:
    """One input: two bytes choose the cuts, the rest is the stream."""
    step, stream = (data[0] % 17 + 1 if data else 1), data[1:]
    for kind in (EventReader, ArrayReader):
        whole = _read(kind, [stream])
        if _read(kind, [stream[at : at + step] for at in range(0, len(stream), step)]) != whole:
            msg = f"{kind.__name__}: the events depend on where the chunks end"
            raise AssertionError(msg)
        events, rest = whole
        if b"".join(e.raw for e in events) + rest != stream:
            msg = f"{kind.__name__}: bytes were lost"
            raise AssertionError(msg)
        for wire in SHAPES:
            _meter(wire, events)


def _read(kind: type[EventReader] | type[ArrayReader], chunks: list[bytes]) -> tuple[list[Event], bytes]:
    reader = kind()
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return events + reader.close(), reader.rest()


def _meter(wire: str, events: list[Event]) -> None:
    meter = Meter(wire)
    for event in events:
        data = meter.event(event)
        if data is not None:
            list(said_texts(wire, data))
        meter.body(event.data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()
