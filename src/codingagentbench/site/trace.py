"""Spans and model calls as rows of their tables; the replay on the page reads the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from codingagentbench.site.text import Figure, clipped, count, milliseconds, money, ms_text, short_digest, unknown
from codingagentbench.store.record import ModelCall, Span

MAX_ROWS = 500
MAX_ATTR_CHARS = 8_000
_UNITS = 1000
_THINNEST = 2.0


@dataclass(frozen=True, slots=True)
class SpanRow:
    """One span. `x` and `width` are thousandths of the cell's time; `start` and `duration` milliseconds."""

    number: int
    span_id: str
    parent_id: str | None
    depth: int
    kind: str
    name: str
    start: float
    start_text: str
    duration: float
    duration_text: str
    attrs_json: str
    error: str | None
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class TraceView:
    """The spans in the order of their starts, the time that they cover, and how many are left out."""

    rows: Sequence[SpanRow]
    first_attrs: Sequence[tuple[str, str]]
    """Of the first span, which the replay shows before it is played."""
    total_ms: float
    total_text: str
    count: int
    omitted: int


def view_trace(spans: Sequence[Span]) -> TraceView:
    """The trace of one cell; of very long ones the first MAX_ROWS spans."""
    total = max((s.start_ms + s.duration_ms for s in spans), default=0.0)
    parents = {s.span_id: s.parent_id for s in spans}
    rows = [_span_row(i, s, total, _depth(s, parents)) for i, s in enumerate(spans[:MAX_ROWS])]
    return TraceView(
        rows, _attrs(spans[0]) if spans else (), total, f"{total / 1000:.2f} s", len(spans), len(spans) - len(rows)
    )


def _span_row(number: int, span: Span, total: float, depth: int) -> SpanRow:
    x, width = _bar(span, total)
    return SpanRow(
        number=number,
        span_id=span.span_id,
        parent_id=span.parent_id,
        depth=depth,
        kind=span.kind,
        name=span.name,
        start=span.start_ms,
        start_text=ms_text(span.start_ms),
        duration=span.duration_ms,
        duration_text=ms_text(span.duration_ms),
        attrs_json=clipped(msgspec.json.encode(span.attrs).decode(), MAX_ATTR_CHARS)[0],
        error=span.error,
        x=f"{x:.2f}",
        width=f"{width:.2f}",
    )


def _bar(span: Span, total: float) -> tuple[float, float]:
    """Left edge and width; a span too short to be seen gets a sliver that still lies inside."""
    if total <= 0:
        return 0.0, _THINNEST
    width = max(_THINNEST, span.duration_ms / total * _UNITS)
    return max(0.0, min(span.start_ms / total * _UNITS, _UNITS - width)), width


def _depth(span: Span, parents: dict[str, str | None]) -> int:
    """How many ancestors; a damaged trace may point at itself, so each is counted once."""
    seen, parent = {span.span_id}, span.parent_id
    while parent is not None and parent in parents and parent not in seen:
        seen.add(parent)
        parent = parents[parent]
    return len(seen) - 1


def _attrs(span: Span) -> list[tuple[str, str]]:
    return [(key, clipped(_as_text(value), MAX_ATTR_CHARS)[0]) for key, value in span.attrs.items()]


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


@dataclass(frozen=True, slots=True)
class CallRow:
    """One model call; every figure may be unknown."""

    number: int
    timestamp: str
    request_hash: str
    short_hash: str
    prompt: Figure
    completion: Figure
    cached: Figure
    reasoning: Figure
    ttft: Figure
    latency: Figure
    finish: str | None
    status: int
    wire: str
    cost: Figure
    tries: Figure
    throttled: Figure
    notes: Sequence[str]
    """What is worth knowing of it: refused, estimated, translated, tools that were taken out."""
    error: str | None


@dataclass(frozen=True, slots=True)
class CallsView:
    """The calls, the first MAX_ROWS of them."""

    rows: Sequence[CallRow]
    count: int
    omitted: int


def view_calls(calls: Sequence[ModelCall]) -> CallsView:
    """The model calls of one cell."""
    rows = [_call_row(call) for call in calls[:MAX_ROWS]]
    return CallsView(rows, len(calls), len(calls) - len(rows))


def _call_row(call: ModelCall) -> CallRow:
    ttft = milliseconds(call.ttft_ms) if call.ttft_ms is not None else unknown("no first token came, or no stream")
    return CallRow(
        number=call.number,
        timestamp=call.timestamp,
        request_hash=call.request_hash,
        short_hash=short_digest(call.request_hash),
        prompt=count(call.prompt_tokens),
        completion=count(call.completion_tokens),
        cached=count(call.cached_tokens),
        reasoning=count(call.reasoning_tokens),
        ttft=ttft,
        latency=milliseconds(call.latency_ms),
        finish=call.finish_reason,
        status=call.status,
        wire=call.wire,
        cost=money(call.cost_usd),
        tries=count(call.tries),
        throttled=milliseconds(call.throttled_ms),
        notes=_notes(call),
        error=call.error,
    )


def _notes(call: ModelCall) -> list[str]:
    notes = [call.operation.replace("_", " ")] if call.operation != "generate" else []
    if call.refusal:
        notes.append(f"refused: {call.refusal}")
    if call.estimated:
        notes.append("tokens estimated")
    if call.endpoint_wire:
        notes.append(f"translated to {call.endpoint_wire}")
    if call.stripped_tools:
        notes.append(f"taken out: {', '.join(call.stripped_tools)}")
    return notes


def traffic(calls: Sequence[ModelCall]) -> list[tuple[str, Figure]]:
    """What the gateway did on the way to the endpoint, over all calls; rows only for what happened."""
    rows = [
        ("requests sent", count(sum(c.tries for c in calls))),
        ("throttled_ms", milliseconds(sum(c.throttled_ms for c in calls))),
    ]
    lists = {
        "refusals": sorted(c.refusal for c in calls if c.refusal),
        "provider tools taken out": sorted({tool for c in calls for tool in c.stripped_tools}),
        "translated": sorted({f"{c.wire} to {c.endpoint_wire}" for c in calls if c.endpoint_wire}),
    }
    rows += [(name, Figure(", ".join(found))) for name, found in lists.items() if found]
    if estimated := sum(c.estimated for c in calls):
        rows.append(("calls with estimated tokens", Figure(f"{estimated} of {len(calls)}")))
    return rows
