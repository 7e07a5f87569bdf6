"""The trace of one cell: OpenTelemetry spans underneath, the cell page's kinds and names on top."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from opentelemetry import trace as otel
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace import Span as SdkSpan

from codingagentbench.store.record import Span

Kind = Literal["task_setup", "tool_call", "container", "adapter_run", "model_call", "grader", "cleanup"]
Attrs = dict[str, object]

_RESOURCE = Resource({"service.name": "codingagentbench"})
_NS_PER_MS = 1_000_000


class _Collector(SpanProcessor):
    def __init__(self) -> None:
        self.ended: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.ended.append(span)


class OpenSpan:
    """A span that runs: its attributes can still be added to, and others can be its children."""

    def __init__(self, span: otel.Span, attrs: Attrs) -> None:
        self.otel = span
        self.attrs = attrs
        self.error: str | None = None


class CellTrace:
    """Collects one cell's spans. Times of `spans()` are milliseconds from `started_ns`."""

    def __init__(self) -> None:
        self.started_ns = time.time_ns()
        self._collector = _Collector()
        self._provider = TracerProvider(resource=_RESOURCE, shutdown_on_exit=False)
        self._provider.add_span_processor(self._collector)
        self._tracer = self._provider.get_tracer("codingagentbench.runner")
        self._attrs: dict[int, OpenSpan] = {}

    @contextmanager
    def span(
        self, kind: Kind, name: str, parent: OpenSpan | None = None, attrs: Attrs | None = None
    ) -> Iterator[OpenSpan]:
        """A span around a block; an exception that leaves the block becomes the span's error."""
        opened = self._open(kind, name, parent, dict(attrs or {}), None)
        try:
            yield opened
        except BaseException as error:
            opened.error = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._end(opened, None)

    def past(
        self,
        kind: Kind,
        name: str,
        *,
        start_ns: int,
        end_ns: int,
        parent: OpenSpan | None,
        error: str | None,
        attrs: Attrs,
    ) -> None:
        """A span that is over already, such as a model call that the gateway reports when it has ended."""
        opened = self._open(kind, name, parent, attrs, start_ns)
        opened.error = error
        self._end(opened, end_ns)

    def spans(self) -> list[Span]:
        """Every ended span, in the order of their starts."""
        return sorted((self._line(s) for s in self._collector.ended), key=lambda s: (s.start_ms, s.span_id))

    def _open(self, kind: Kind, name: str, parent: OpenSpan | None, attrs: Attrs, start_ns: int | None) -> OpenSpan:
        context = otel.set_span_in_context(parent.otel) if parent else otel.set_span_in_context(otel.INVALID_SPAN)
        span = self._tracer.start_span(name, context=context, start_time=start_ns)
        span.set_attribute("cab.kind", kind)
        opened = OpenSpan(span, attrs)
        self._attrs[span.get_span_context().span_id] = opened
        return opened

    def _end(self, opened: OpenSpan, end_ns: int | None) -> None:
        for key, value in opened.attrs.items():
            if isinstance(value, str | bool | int | float):
                opened.otel.set_attribute(key, value)
        if opened.error is not None:
            opened.otel.set_status(otel.StatusCode.ERROR, opened.error)
        opened.otel.end(end_ns)

    def _line(self, span: ReadableSpan) -> Span:
        opened = self._attrs[_context(span).span_id]
        start, end = span.start_time or self.started_ns, span.end_time or self.started_ns
        kind = (span.attributes or {})["cab.kind"]
        return Span(
            span_id=f"{_context(span).span_id:016x}",
            parent_id=f"{span.parent.span_id:016x}" if span.parent and span.parent.is_valid else None,
            kind=kind,  # type: ignore[arg-type]  # set by _open from a Kind; OTel types it as any attribute value
            name=span.name,
            start_ms=(start - self.started_ns) / _NS_PER_MS,
            duration_ms=(end - start) / _NS_PER_MS,
            attrs=opened.attrs,
            error=opened.error,
        )


def _context(span: ReadableSpan | SdkSpan) -> otel.SpanContext:
    context = span.get_span_context()
    if context is None:  # the SDK always sets one; the API's type does not know
        msg = f"span {span.name!r} has no context"
        raise RuntimeError(msg)
    return context


def redacted(argv: list[str], secrets: Mapping[str, str]) -> list[str]:
    """`argv` with every secret's text replaced by its name, e.g. {token: "sk-REDACTED"}."""
    cleaned = argv
    for secret, name in secrets.items():
        cleaned = [a.replace(secret, name) for a in cleaned]
    return cleaned
