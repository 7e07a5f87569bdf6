"""The wire shapes: where each keeps its model, usage, finish reason and end of stream, and how it says an error."""

from codingagentbench.gateway.wires.base import Operation, Reading, RefusalReason, Route, Shape
from codingagentbench.gateway.wires.meter import Meter
from codingagentbench.gateway.wires.shapes import (
    ADDRESSES,
    SHAPES,
    endpoint_url,
    error_body,
    error_of_status,
    route_of,
    wire_of_client,
)
from codingagentbench.gateway.wires.usage import Totals, merged, totals

__all__ = [
    "ADDRESSES",
    "SHAPES",
    "Meter",
    "Operation",
    "Reading",
    "RefusalReason",
    "Route",
    "Shape",
    "Totals",
    "endpoint_url",
    "error_body",
    "error_of_status",
    "merged",
    "route_of",
    "totals",
    "wire_of_client",
]
