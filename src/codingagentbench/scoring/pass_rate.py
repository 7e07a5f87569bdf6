"""pass_rate: did the hidden tests pass?"""

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
        partial_score=None,
        tests=tests,
    )


def _tests(evidence: Evidence, grade: Grade) -> list[TestResult]:
    scorer = evidence.task.scorer
    if scorer.format is None:
        return []
    # unittest reports on stderr; the others' stderr is the program's own to write on.
    output = grade.stderr if scorer.format == "unittest" else grade.stdout
    return listed_tests(scorer.tests, read_tests(scorer.format, output))


def _passes(evidence: Evidence, grade: Grade, tests: list[TestResult]) -> int:
    judged = judge_behaviour(evidence).correct if evidence.task.behaviour else "true"
    if evidence.task.expected_refusal:
        return int(judged == "true")
    whole = grade.patch_applied and grade.exit_code == 0 and not grade.timed_out
    return int(judged == "true" and whole and bool(tests) and all(t.status == "passed" for t in tests))
