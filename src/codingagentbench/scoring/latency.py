"""latency: how long the CLI ran, and how much of that a model was answering."""

from collections.abc import Sequence

from codingagentbench.scoring.evidence import Evidence
from codingagentbench.store.axes import Latency
from codingagentbench.store.record import ModelCall


def latency(evidence: Evidence) -> Latency:
    """Milliseconds; None where the agent phase was not reached. wall = harness + tool + model."""
    wall, container = evidence.wall_clock_ms, evidence.container_active_ms
    calls = evidence.model_calls
    if wall is None or container is None or calls is None:
        model = None if wall is None or calls is None else union_ms(calls)
        return Latency(wall_clock_ms=wall, container_active_ms=container, model_call_ms=model)
    # A call that was under way when the sandbox was stopped ends a moment after it.
    model = min(union_ms(calls), container)
    return Latency(
        wall_clock_ms=wall,
        container_active_ms=container,
        model_call_ms=model,
        tool_ms=container - model,
        harness_ms=wall - container,
    )


def union_ms(calls: Sequence[ModelCall]) -> float:
    """The length of the union of the calls' intervals: calls at the same time count once."""
    total, end = 0.0, float("-inf")
    for start, stop in sorted((c.start_ms, c.start_ms + c.latency_ms) for c in calls):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total
