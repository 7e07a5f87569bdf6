import dataclasses

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.runner.score import verdict_of
from codingagentbench.scoring.evidence import Evidence
from codingagentbench.scoring.score import score
from codingagentbench.scoring.verdicts import control_verdict
from codingagentbench.sweep.failures import FAILURES, Observed, after_grading, before_grading
from scoring.evidence_builder import UNSOLVABLE, call, change, evidence, grade

CONTROLS = {m.control.behaviour: m.control for m in open_catalog().models.values() if m.control}
SOLVED = [change("src/reverse.py")]


def unread() -> Evidence:
    """Of a cell whose calls nobody read."""
    return dataclasses.replace(evidence(), model_calls=None)


@pytest.mark.parametrize(
    ("behaviour", "changes", "passes", "as_expected"),
    [
        ("oracle", SOLVED, True, True),
        ("oracle", SOLVED, False, False),
        ("oracle", [*SOLVED, change("notes.txt", "added")], True, False),
        ("oracle", [*SOLVED, change(".aider.x", "added", dropping=True)], True, True),
        ("noop", [], False, True),
        ("noop", [], True, False),
        ("vandal", [*SOLVED, change("notes.txt", "added")], True, True),
        ("vandal", SOLVED, True, False),
        ("tamper", [change("tests/test_reverse.py")], False, True),
        ("tamper", [], False, False),
        ("refuse", [change("REFUSAL.md", "added")], False, True),
        ("refuse", [change("REFUSAL.md", "added")], True, False),
    ],
)
def test_a_control_is_as_expected_exactly_with_its_verdict(
    behaviour: str, changes: list[object], passes: bool, as_expected: bool
) -> None:
    graded = grade() if passes else grade(exit_code=1)
    seen = evidence(changes=changes, graded=graded, calls=[call()])  # type: ignore[arg-type]  # Change
    verdict = control_verdict(CONTROLS[behaviour], score(seen))  # type: ignore[index]  # a behaviour's name
    ignored = [d for d in verdict.deviations if not d.startswith("fidelity")]  # no sources: comments are undecided
    assert (not ignored) == as_expected, verdict.deviations


def test_a_control_that_made_no_call_or_was_not_metered_deviates() -> None:
    for calls in ([], [call(tokens=(None, None))]):
        verdict = control_verdict(CONTROLS["noop"], score(evidence(graded=grade(exit_code=1), calls=calls)))
        assert not verdict.as_expected


def test_an_ungraded_control_deviates() -> None:
    verdict = control_verdict(CONTROLS["noop"], score(evidence(UNSOLVABLE, calls=[call()])))
    assert "pass_rate is unknown, expected == 0" in verdict.deviations


def _observed(*calls: object, exit_code: int | None = 0, timed_out: bool = False, oom: bool = False) -> Observed:
    return Observed(exit_code=exit_code, timed_out=timed_out, out_of_memory=oom, model_calls=calls, grade=None)  # type: ignore[arg-type]  # calls


BAD = call(2, status=429, error="endpoint_rate_limited")


def test_no_call_at_all_is_a_failed_set_up() -> None:
    assert before_grading(_observed()) == "no_model_calls"


def test_an_endpoint_failure_decides_only_when_no_good_call_came_after_it() -> None:
    assert before_grading(_observed(call(1), BAD)) == "endpoint_rate_limited"
    assert before_grading(_observed(BAD, call(3))) is None
    assert before_grading(_observed(call(1), BAD, call(3))) is None


def test_a_call_that_ended_with_its_sandbox_is_nobodys_failure() -> None:
    cut = call(2, error="client_disconnected")
    assert before_grading(_observed(call(1), cut)) is None
    assert before_grading(_observed(cut)) is None


@pytest.mark.parametrize(
    ("observed", "passed", "outcome"),
    [
        (_observed(call()), 1, "passed"),
        (_observed(call()), 0, "failed"),
        (_observed(call(), exit_code=1), 0, "agent_error"),
        (_observed(call(), exit_code=1), 1, "passed"),
        (_observed(call(), exit_code=None, timed_out=True), 1, "agent_timeout"),
        (_observed(call(), exit_code=None, oom=True), 0, "out_of_memory"),
    ],
)
def test_limits_end_in_a_score_and_not_in_an_error(observed: Observed, passed: int, outcome: str) -> None:
    assert after_grading(observed, passed) == outcome
    assert FAILURES[outcome].graded
    assert FAILURES[outcome].scored


@pytest.mark.parametrize("outcome", FAILURES)
def test_missing_data_is_never_scored_and_results_are_never_retried(outcome: str) -> None:
    row = FAILURES[outcome]
    assert row.graded == row.scored
    assert not (row.scored and row.retry)
    assert row.words.endswith((".", "?"))


def test_a_control_that_our_own_machinery_kept_from_being_scored_has_no_verdict() -> None:
    oracle = open_catalog().model("control/oracle")
    axes = score(unread())
    assert verdict_of(oracle, axes, "harness_error") is None
    assert verdict_of(oracle, axes, "sandbox_failed") is None
    called = verdict_of(oracle, axes, "no_model_calls")
    assert called is not None
    assert not called.as_expected


def test_calls_that_nobody_read_are_unknown_and_not_zero() -> None:
    tokens = score(unread()).tokens
    assert (tokens.model_calls, tokens.total_tokens, tokens.cost_usd, tokens.unpriced_calls) == (None,) * 4
    assert score(unread()).latency.model_call_ms is None
