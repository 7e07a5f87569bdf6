"""The run as a trajectory (ATIF), made from the stored bodies of its model calls: nothing that a CLI says of itself.

Every request holds the whole conversation so far, so a step is made only of what a request adds to the conversation
that it goes on from. Several conversations (sub-agents, a summarised history) stand in one file, in the order of calls.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from codingagentbench.gateway.bodies import read_body
from codingagentbench.runner.replies import read_reply
from codingagentbench.runner.turns import Json, Request, ToolUse, Turn, read_request
from codingagentbench.store.record import BodyRef, ModelCall
from codingagentbench.store.trajectory import (
    ATIF,
    Agent,
    FinalMetrics,
    Metrics,
    Observation,
    ObservationResult,
    Step,
    ToolCall,
    Trajectory,
)

_NOTES = (
    "Made from the model calls on the wire. An agent step with llm_call_count 0 is what the CLI itself put into the "
    "model's mouth: examples, or a history that it rewrote."
)
ReadBody = Callable[[BodyRef], bytes]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose run it is."""

    cell_id: str
    attempt: int
    tui: str
    tui_version: str
    model: str


def make_trajectory(subject: Subject, calls: Sequence[ModelCall], bodies: Path) -> Trajectory | None:
    """The trajectory of an attempt whose bodies are packed in `bodies`; None where no model was called."""
    asked = sorted((c for c in calls if c.operation == "generate"), key=lambda c: (c.start_ms, c.number))
    if not asked:
        return None
    teller = _Teller(subject.model, lambda ref: read_body(bodies, ref))
    for call in asked:
        teller.tell(call)
    session = f"{subject.cell_id}@{subject.attempt}"
    return Trajectory(
        schema_version=ATIF,
        session_id=session,
        trajectory_id=session,
        agent=Agent(
            name=subject.tui,
            version=subject.tui_version,
            model_name=subject.model,
            tool_definitions=list(teller.tools.values()) or None,
        ),
        steps=teller.steps,
        notes=_NOTES,
        final_metrics=_totals(asked, len(teller.steps)),
        extra={"terminal": "terminal.cast", "model_calls": "model_calls.jsonl"},
    )


@dataclass
class _Teller:
    """Turns calls into steps. What was told once is not told again."""

    model: str
    read: ReadBody
    steps: list[Step] = field(default_factory=list)
    tools: dict[str, Json] = field(default_factory=dict)
    _conversations: list[list[Turn]] = field(default_factory=list)
    _instructions: set[str] = field(default_factory=set)
    _asked: dict[str, Step] = field(default_factory=dict)
    """Tool call id to the newest step that asked for it."""

    def tell(self, call: ModelCall) -> None:
        """The steps that one call adds."""
        request = self._body(call.wire, call.request_body)
        for tool in request.tools:
            if _encodable(tool):
                self.tools.setdefault(str(tool["function"]["name"]), tool)
        for turn in self._new(request.turns):
            self._said(turn, call.timestamp)
        self._replied(call, read_reply(call.wire, self.read(call.response_body)) if call.response_body else None)

    def _body(self, wire: str, ref: BodyRef | None) -> Request:
        return read_request(wire, self.read(ref)) if ref else Request()

    def _new(self, turns: list[Turn]) -> list[Turn]:
        """What a request adds: new instructions, then the turns behind the conversation that it goes on from."""
        instructions = [t for t in turns if t.role == "system" and t.text not in self._instructions]
        self._instructions.update(t.text for t in instructions)
        talk = [t for t in turns if t.role != "system"]
        base = max(self._conversations, key=lambda known: _common(known, talk), default=[])
        told = _common(base, talk)
        if told == len(base) and base:
            base[:] = talk
        else:
            self._conversations.append(talk)
        added = talk[told:]
        if told and added and added[0].role == "assistant":  # the reply to the last call, told when it came
            added = added[1:]
        return instructions + added

    def _said(self, turn: Turn, timestamp: str) -> None:
        if turn.role == "tool":
            self._observed(turn, timestamp)
        elif turn.role == "assistant":
            self._agent_step(turn, timestamp, llm_call_count=0, is_copied_context=True)
        else:
            self._add(timestamp=timestamp, source=turn.role, message=_clean(turn.text))

    def _replied(self, call: ModelCall, turn: Turn | None) -> None:
        details = {"call": call.number, "status": call.status, "finish_reason": call.finish_reason, "error": call.error}
        self._agent_step(
            turn or Turn("assistant"),
            call.timestamp,
            llm_call_count=1,
            model_name=call.model if call.model != self.model else None,
            metrics=_metrics(call),
            extra={key: value for key, value in details.items() if value is not None},
        )

    def _agent_step(self, turn: Turn, timestamp: str, **fields: Any) -> None:  # fields of Step
        number = len(self.steps) + 1
        uses = [_tool_call(use, f"step-{number}-{i}") for i, use in enumerate(turn.tools, 1)]
        if turn.reasoning and fields["llm_call_count"]:
            fields["reasoning_content"] = _clean(turn.reasoning)
        step = self._add(
            timestamp=timestamp, source="agent", message=_clean(turn.text), tool_calls=uses or None, **fields
        )
        for use in uses:
            self._asked[use.tool_call_id] = step

    def _observed(self, turn: Turn, timestamp: str) -> None:
        call_id = _clean(turn.tool_id) if turn.tool_id else self._last_called(turn.tool_name)
        step = self._asked.get(call_id or "")
        if step is None:  # the result of a call that no reply here asked for
            step, call_id = self._add(timestamp=timestamp, source="system", message=""), None
        result = ObservationResult(content=_clean(turn.text), source_call_id=call_id)
        step.observation = step.observation or Observation(results=[])
        step.observation.results.append(result)

    def _last_called(self, name: str | None) -> str | None:
        """A wire without ids: the first tool call of that name that has no result yet."""
        for call_id, step in self._asked.items():
            answered = {r.source_call_id for r in step.observation.results} if step.observation else set()
            called = {c.tool_call_id: c.function_name for c in step.tool_calls or []}
            if called.get(call_id) == name and call_id not in answered:
                return call_id
        return None

    def _add(self, **fields: Any) -> Step:  # fields of Step
        step = Step(step_id=len(self.steps) + 1, **fields)
        self.steps.append(step)
        return step


def _common(known: Sequence[Turn], turns: Sequence[Turn]) -> int:
    """How many turns are the same from the start. A CLI may send back the model's own words trimmed or shortened."""
    count = 0
    for a, b in zip(known, turns, strict=False):
        if a.role != b.role or (a.role != "assistant" and a != b):
            break
        count += 1
    return count


def _tool_call(use: ToolUse, fallback: str) -> ToolCall:
    kept = _encodable(use.arguments)
    raw = use.raw if kept else repr(use.arguments)
    return ToolCall(
        tool_call_id=_clean(use.id or fallback),
        function_name=_clean(use.name),
        arguments=use.arguments if kept else {},
        extra=None if raw is None else {"raw_arguments": _clean(raw)},
    )


def _metrics(call: ModelCall) -> Metrics:
    extra = {"reasoning_tokens": call.reasoning_tokens, "ttft_ms": call.ttft_ms, "latency_ms": call.latency_ms}
    return Metrics(
        prompt_tokens=call.prompt_tokens,
        completion_tokens=call.completion_tokens,
        cached_tokens=call.cached_tokens,
        cost_usd=call.cost_usd,
        extra={key: value for key, value in extra.items() if value is not None},
    )


def _totals(calls: Sequence[ModelCall], steps: int) -> FinalMetrics:
    return FinalMetrics(
        total_prompt_tokens=_sum(c.prompt_tokens for c in calls),
        total_completion_tokens=_sum(c.completion_tokens for c in calls),
        total_cached_tokens=_sum(c.cached_tokens for c in calls),
        total_cost_usd=_sum(c.cost_usd for c in calls),
        total_steps=steps,
    )


def _sum(values: Iterable[Any]) -> Any:  # int or float as its values are
    known = list(values)
    return None if None in known else sum(known)


def _clean(text: str) -> str:
    """Text that UTF-8 can hold: a lone surrogate, which JSON lets through, becomes "?"."""
    return text.encode("utf-8", "replace").decode()


def _encodable(value: object) -> bool:
    try:
        msgspec.json.encode(value)
    except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError, RecursionError):
        return False
    return True
