"""Evidence for tests: a real task of the catalogue, and as much of a run as the test says."""

from collections.abc import Sequence

from codingagentbench.catalog.load import open_catalog
from codingagentbench.scoring.evidence import Evidence, SourcePair
from codingagentbench.store.record import Change, Changes, Grade, ModelCall, Usage

SOLVABLE = "polyglot/python-reverse-string"
UNSOLVABLE = "integrity/unsolvable-refusal"
TESTS = open_catalog().task(SOLVABLE).task.scorer.tests
GRADING = "grading-0"
"""The nonce that names the grading whose report counts."""
PASSING = "".join(f"{GRADING} test {name} ok\n" for name in TESTS)


def change(path: str, kind: str = "modified", *, dropping: bool = False, build_output: bool = False) -> Change:
    return Change(path=path, change=kind, dropping=dropping, build_output=build_output)  # type: ignore[arg-type]  # literals


def grade(
    *, exit_code: int | None = 0, output: str = PASSING, timed_out: bool = False, document: str | None = None
) -> Grade:
    return Grade(
        kind="tests",
        exit_code=exit_code,
        timed_out=timed_out,
        duration_s=0.1,
        stdout=output,
        stderr="",
        document=document,
        nonce=GRADING,
    )


def call(
    number: int = 1,
    *,
    start_ms: float = 0.0,
    latency_ms: float = 10.0,
    tokens: tuple[int | None, int | None] = (100, 20),
    status: int = 200,
    error: str | None = None,
) -> ModelCall:
    return ModelCall(
        number=number,
        timestamp="2026-01-01T00:00:00.000000Z",
        request_hash="sha256:0",
        prompt_tokens=tokens[0],
        completion_tokens=tokens[1],
        cached_tokens=None,
        reasoning_tokens=None,
        ttft_ms=1.0,
        latency_ms=latency_ms,
        finish_reason="stop",
        status=status,
        wire="chat",
        cost_usd=None,
        model="m",
        stream=False,
        start_ms=start_ms,
        usage=Usage(),
        error=error,
    )


def evidence(
    task: str = SOLVABLE,
    *,
    changes: Sequence[Change] = (),
    graded: Grade | None = None,
    calls: Sequence[ModelCall] = (),
    truncated: bool = False,
    wall_ms: float | None = 1000.0,
    sources: dict[str, SourcePair] | None = None,
    reported: tuple[int | None, int | None] = (None, None),
) -> Evidence:
    return Evidence(
        task=open_catalog().task(task).task,
        changes=Changes(changes=list(changes), extra_git_dir=True, truncated=truncated),
        sources=sources or {},
        model_calls=calls,
        grade=graded,
        droppings=[".aider*"],
        wall_clock_ms=wall_ms,
        container_active_ms=wall_ms,
        tui_reported_prompt_tokens=reported[0],
        tui_reported_completion_tokens=reported[1],
    )
