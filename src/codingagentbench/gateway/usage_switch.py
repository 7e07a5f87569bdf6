"""Streamed chat reports usage only when asked: the gateway asks always, and shows it only to a client that asked."""

from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.request import ModelRequest
from codingagentbench.gateway.sse import Event


def hides_usage(wire: str, asked: ModelRequest) -> bool:
    """Whether usage has to be switched on, and the chunk that it comes in kept from the client."""
    return wire == "chat" and asked.stream and not asked.asks_usage


def shown(events: list[Event], call: CallRecorder) -> bytes:
    """Meter the events; the bytes of those that the client asked for."""
    return b"".join(event.raw for event in events if not _is_usage_chunk(call.event(event)))


def _is_usage_chunk(data: object) -> bool:
    return isinstance(data, dict) and data.get("choices") == [] and isinstance(data.get("usage"), dict)
