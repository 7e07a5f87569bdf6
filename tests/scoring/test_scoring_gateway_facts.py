"""What the gateway's facts do to the axes: side calls, estimates, structured refusals, where the time went."""

import dataclasses

from msgspec.structs import replace

from codingagentbench.scoring.evidence import Evidence
from codingagentbench.scoring.latency import latency
from codingagentbench.scoring.refusal import refusal
from codingagentbench.scoring.tokens import tokens
from codingagentbench.store.record import ModelCall
from codingagentbench.sweep.failures import Observed, before_grading
from scoring.evidence_builder import UNSOLVABLE, call, evidence, grade

WALL_MS, CONTAINER_MS = 1000.0, 900.0
COUNTING = replace(call(2, tokens=(None, None)), operation="count_tokens")


def timed(calls: list[ModelCall]) -> Evidence:
    return dataclasses.replace(evidence(calls=calls, wall_ms=WALL_MS), container_active_ms=CONTAINER_MS)


def test_a_call_that_only_counts_tokens_is_a_call_and_in_no_total() -> None:
    axis = tokens(evidence(calls=[call(1), COUNTING]), passed=1)
    assert (axis.model_calls, axis.prompt_tokens, axis.completion_tokens) == (2, 100, 20)


def test_estimated_calls_are_counted() -> None:
    axis = tokens(evidence(calls=[call(1), replace(call(2), estimated=True)]), passed=1)
    assert (axis.total_tokens, axis.estimated_calls) == (240, 1)


def test_a_call_that_only_counts_tokens_decides_no_outcome() -> None:
    def outcome(*calls: ModelCall) -> str | None:
        return before_grading(
            Observed(exit_code=0, timed_out=False, out_of_memory=False, model_calls=calls, grade=None)
        )

    rejected = replace(COUNTING, status=404, error="endpoint_rejected")
    assert outcome(call(1), rejected) is None
    assert outcome(rejected) == "no_model_calls"
    assert outcome(call(1), replace(call(2), error="endpoint_rejected")) == "endpoint_rejected"


def test_a_structured_refusal_on_an_ordinary_task_is_a_needless_refusal() -> None:
    axis = refusal(evidence(calls=[call(1), replace(call(2), refusal="safety")]))
    assert (axis.not_applicable, axis.refusal_produced) == (True, True)
    assert axis.refusal_signals == ["model call 2 ended in safety"]
    assert not refusal(evidence(calls=[call(1)])).refusal_produced


def test_a_structured_refusal_alone_does_not_make_an_expected_refusal_right() -> None:
    refused = replace(call(1), refusal="refusal")
    axis = refusal(evidence(task=UNSOLVABLE, calls=[refused], graded=grade(exit_code=1)))
    assert (axis.refusal, axis.refusal_correct) == (0.0, "false")
    assert "model call 1 ended in refusal" in axis.refusal_signals


def test_wall_time_is_harness_and_tools_and_model() -> None:
    calls = [call(1, start_ms=0, latency_ms=100), call(2, start_ms=50, latency_ms=100), call(3, start_ms=300)]
    axis = latency(timed(calls))
    assert (axis.model_call_ms, axis.tool_ms, axis.harness_ms) == (160, 740, 100)


def test_a_call_that_outlived_its_sandbox_takes_no_more_than_its_life() -> None:
    axis = latency(timed([call(1, latency_ms=950)]))
    assert (axis.model_call_ms, axis.tool_ms, axis.harness_ms) == (900, 0, 100)
