"""The failure table: every outcome that a cell can have, whose fault it is, and what follows from that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from codingagentbench.store.record import Grade, ModelCall

Cause = Literal["none", "agent", "task", "model_endpoint", "sandbox", "harness"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One row. Also for `passed` and `failed`, so that every record has a row."""

    cause: Cause
    retry: bool
    """Run again under `--retry infra`."""
    graded: bool
    scored: bool
    """In the denominator of rates. False: missing data, counted beside them."""
    words: str
    """Plain words for the cell's page."""


def _result(cause: Cause, words: str) -> Failure:
    return Failure(cause, retry=False, graded=True, scored=True, words=words)


def _missing(cause: Cause, words: str, *, retry: bool = True) -> Failure:
    return Failure(cause, retry=retry, graded=False, scored=False, words=words)


FAILURES: dict[str, Failure] = {
    "passed": _result("none", "All hidden tests passed, or the refusal was right."),
    "failed": _result("agent", "The agent ended normally, and its work does not pass."),
    "agent_error": _result("agent", "The CLI ended with an error; what it had done was graded."),
    # The CLI is what is measured: were its crashes missing data, the CLI that crashes most would lose the least.
    "tui_crashed": _result("agent", "The CLI itself crashed; what it had done was graded."),
    "agent_timeout": _result("agent", "The time budget was spent; what had been done by then was graded."),
    "out_of_memory": _result("agent", "The agent was stopped at the memory limit; what it had done was graded."),
    "out_of_disk": _result("agent", "The agent was stopped at the disk limit; what it had done was graded."),
    "budget_exhausted": _result("agent", "The cell's budget was spent; what had been done was graded."),
    "sweep_budget_spent": _missing(
        "none",
        "The budget of the sweep or of this TUI x model was spent before this cell's own: raise it and run again.",
    ),
    "grader_timeout": _result("agent", "The hidden tests did not end within their time on the agent's work."),
    "endpoint_unreachable": _missing(
        "model_endpoint", "The model's endpoint could not be reached: not the agent's fault."
    ),
    "endpoint_unauthorized": _missing("model_endpoint", "The endpoint refused the key (401 or 403): check the key."),
    "endpoint_rate_limited": _missing(
        "model_endpoint", "The endpoint rate-limited the run to its end (429): infrastructure, not capability."
    ),
    "endpoint_error": _missing(
        "model_endpoint", "The endpoint failed (5xx, or a reply that is none): not the agent's fault."
    ),
    "endpoint_rejected": _missing(
        "model_endpoint", "The endpoint rejected the CLI's last request (4xx): does it serve this model and wire?"
    ),
    "endpoint_stream_cut": _missing("model_endpoint", "The endpoint broke its answer off in the middle."),
    "untranslatable": _missing(
        "harness",
        "The CLI's last request cannot be said on any wire that the endpoint speaks: leave the pair out.",
        retry=False,
    ),
    "replay_diverged": _missing(
        "harness", "A replay asked for something that was not recorded: it says nothing of the cell.", retry=False
    ),
    "no_model_calls": _missing(
        "harness", "The CLI never called the model: its set-up failed, so there is nothing to score."
    ),
    "sandbox_failed": _missing("sandbox", "The sandbox could not be made or kept."),
    "grader_failed": _missing("sandbox", "The grading sandbox could not be made or kept."),
    "harness_error": _missing("harness", "An error of CodingAgentBench itself."),
    "skipped_toolchain_missing": _missing("none", "Skipped: this machine lacks the task's toolchain.", retry=False),
    "skipped_plugin_unavailable": _missing("none", "Skipped: a plugin could not be installed here.", retry=False),
    "skipped_tui_unavailable": _missing("none", "Skipped: the CLI could not be installed here.", retry=False),
}


@dataclass(frozen=True, slots=True)
class Observed:
    """What classifies an attempt whose agent phase has ended."""

    exit_code: int | None
    timed_out: bool
    out_of_memory: bool
    model_calls: Sequence[ModelCall]
    grade: Grade | None
    disk_full: bool = False
    crashed: bool = False
    """The CLI's own crash, as its catalogue entry tells it."""


def before_grading(observed: Observed) -> str | None:
    """The outcome of a run that is not worth grading, None where it is.

    An endpoint's failure decides only when no good call came after it: a CLI that tried again and went on is graded.
    A call that ended because its sandbox was stopped is nobody's failure; one that only counts tokens decides nothing.
    """
    if any(c.error == "replay_diverged" for c in observed.model_calls):
        return "replay_diverged"
    asked = [c for c in observed.model_calls if c.operation != "count_tokens"]
    if all(c.error == "budget_exhausted" for c in asked):  # not even the first one fitted, or none came
        return "no_model_calls"
    if any(c.error == "sweep_budget_spent" for c in asked):
        return "sweep_budget_spent"
    calls = [c for c in asked if c.error not in {"client_disconnected", "budget_exhausted"}]
    return calls[-1].error if calls and calls[-1].error else None


def after_grading(observed: Observed, passed: int | None) -> str:
    """The outcome of a graded run; a limit that was hit is named even where the work passes."""
    if observed.grade is not None and observed.grade.timed_out:
        return "grader_timeout"
    limits = {
        "budget_exhausted": any(c.error == "budget_exhausted" for c in observed.model_calls),
        "agent_timeout": observed.timed_out,
        "out_of_memory": observed.out_of_memory,
        "out_of_disk": observed.disk_full,
    }
    if hit := next((name for name, was_hit in limits.items() if was_hit), None):
        return hit
    if passed == 1:
        return "passed"
    if observed.crashed:
        return "tui_crashed"
    return "agent_error" if observed.exit_code not in {0, None} else "failed"
