"""`trajectory.json`: a run in Harbor's Agent Trajectory Interchange Format (ATIF), for tools that read it.

Field names and their meaning are ATIF's (v1.7: RFC 0001 of the Harbor project); a field that is unknown is left out,
as its schema wants it.
"""

from typing import Any, Literal

import msgspec

ATIF = "ATIF-v1.7"


class Metrics(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of one model call, as the gateway metered it. `prompt_tokens` includes the cached ones."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cost_usd: float | None = None
    extra: dict[str, Any] | None = None


class ToolCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the model asked the CLI to do."""

    tool_call_id: str
    function_name: str
    arguments: dict[str, Any]
    extra: dict[str, Any] | None = None


class ObservationResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the CLI gave back to the model, as it stands in a later request."""

    content: str
    source_call_id: str | None = None


class Observation(msgspec.Struct, kw_only=True):
    """The results of a step's tool calls, in the order in which they came."""

    results: list[ObservationResult]


class Step(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One step; those of source `agent` with `llm_call_count` 1 are the model calls, in the order of their starts."""

    step_id: int
    timestamp: str
    source: Literal["system", "user", "agent"]
    message: str
    model_name: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCall] | None = None
    observation: Observation | None = None
    metrics: Metrics | None = None
    is_copied_context: bool | None = None
    llm_call_count: int | None = None
    extra: dict[str, Any] | None = None


class Agent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The TUI, and the tools that it offered to the model."""

    name: str
    version: str
    model_name: str
    tool_definitions: list[dict[str, Any]] | None = None


class FinalMetrics(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sums over the model calls; one that is not known of every call is left out."""

    total_prompt_tokens: int | None = None
    total_completion_tokens: int | None = None
    total_cached_tokens: int | None = None
    total_cost_usd: float | None = None
    total_steps: int | None = None


class Trajectory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole file. `session_id` and `trajectory_id` are the cell's id and its attempt."""

    schema_version: str
    session_id: str
    trajectory_id: str
    agent: Agent
    steps: list[Step]
    notes: str | None = None
    final_metrics: FinalMetrics | None = None
    extra: dict[str, Any] | None = None
