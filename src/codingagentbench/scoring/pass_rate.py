"""pass_rate: did the hidden tests pass?"""

from codingagentbench.catalog.task import Task
from codingagentbench.catalog.task_faults import NONCE
from codingagentbench.scoring.behaviour import judge_behaviour
from codingagentbench.scoring.evidence import Evidence
from codingagentbench.scoring.test_output import listed_tests, read_tests
from codingagentbench.store.axes import PassRate, TestResult
from codingagentbench.store.record import Grade

TAIL = 4_000


def pass_rate(evidence: Evidence) -> PassRate:
    """1 exactly when the command ended with 0 in time and every listed test was seen to pass.

    A task with `[behaviour]` needs the judge's verdict too; where a refusal is expected it alone decides. Not graded:
    None.
    """
    grade = evidence.grade
    if grade is None:
        return PassRate(pass_=None, exit_code=None, timed_out=False, stdout_tail="", stderr_tail="", partial_score=None)
    tests = _tests(evidence, grade)
    return PassRate(
        pass_=_passes(evidence, grade, tests),
        exit_code=grade.exit_code,
        timed_out=grade.timed_out,
        stdout_tail=grade.stdout[-TAIL:],
        stderr_tail=grade.stderr[-TAIL:],
        partial_score=_partial(evidence, grade, tests),
        tests=tests,
    )


def _tests(evidence: Evidence, grade: Grade) -> list[TestResult]:
    scorer = evidence.task.scorer
    if scorer.format is None:
        return []
    return listed_tests(scorer.tests, reported_tests(evidence.task, grade))


def reported_tests(task: Task, grade: Grade) -> dict[str, TestResult]:
    """Every test that the runner reported, by name; of a report that it wrote to `{results}`, where there is one."""
    form = task.scorer.format
    if form is None:
        return {}
    # unittest reports on stderr; the others' stderr is the program's own to write on.
    output = grade.stderr if form == "unittest" else grade.stdout
    return read_tests(form, output if grade.results is None else grade.results, grade.nonce)


def canary_sang(task: Task, grade: Grade) -> bool:
    """Whether the runner's last test, which only this grading's report can name, was reported to pass."""
    canary = task.scorer.canary
    if canary is None or grade.nonce is None:
        return canary is None
    found = reported_tests(task, grade).get(canary.replace(NONCE, grade.nonce))
    return found is not None and found.status == "passed"


def _partial(evidence: Evidence, grade: Grade, tests: list[TestResult]) -> float | None:
    """The part of the listed tests that passed, where the task gives credit for parts; 0 without the canary."""
    if not evidence.task.scorer.partial_credit or not tests:
        return None
    trusted = grade.patch_applied and canary_sang(evidence.task, grade)
    return sum(t.status == "passed" for t in tests) / len(tests) if trusted else 0.0


def _passes(evidence: Evidence, grade: Grade, tests: list[TestResult]) -> int:
    judged = judge_behaviour(evidence).correct if evidence.task.behaviour else "true"
    if evidence.task.expected_refusal:
        return int(judged == "true")
    whole = grade.patch_applied and grade.exit_code == 0 and not grade.timed_out and canary_sang(evidence.task, grade)
    return int(judged == "true" and whole and bool(tests) and all(t.status == "passed" for t in tests))
