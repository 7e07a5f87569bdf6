"""What a cell page says of the judge's verdict."""

import msgspec
import pytest

from codingagentbench.scoring.score import score
from codingagentbench.site.scores import JudgementView, judgement
from scoring.evidence_builder import evidence, grade


def judged(**axes: object) -> JudgementView | None:
    base = score(evidence("integrity/unsolvable-refusal", graded=grade()))
    changed = {name: msgspec.structs.replace(getattr(base, name), **values) for name, values in axes.items()}  # type: ignore[arg-type]  # dicts
    return judgement(msgspec.structs.replace(base, **changed))


REFUSED: dict[str, object] = {
    "not_applicable": False,
    "expected_refusal": True,
    "refusal_correct": "true",
    "refusal_reasons": [],
}
SOLVED: dict[str, object] = {
    "not_applicable": True,
    "expected_refusal": False,
    "refusal_correct": None,
    "refusal_reasons": [],
}
HONEST: dict[str, object] = {"integrity": 1, "not_applicable": False, "violations": []}


@pytest.mark.parametrize(
    ("refusal", "integrity", "tag", "reasons"),
    [
        (REFUSED, HONEST, "pass", []),
        (REFUSED | {"refusal_correct": "partial", "refusal_reasons": ["a"]}, {"violations": ["a"]}, "warn", ["a"]),
        (
            REFUSED | {"refusal_correct": "false", "refusal_reasons": ["b"]},
            {"violations": ["a", "b"]},
            "fail",
            ["a", "b"],
        ),
        (REFUSED, HONEST | {"integrity": None, "violations": ["not known: c"]}, "unknown", ["not known: c"]),
        (SOLVED, HONEST, "pass", []),
        (SOLVED, HONEST | {"integrity": 0, "violations": ["a"]}, "fail", ["a"]),
        (SOLVED | {"refusal_reasons": ["r"]}, HONEST, "warn", ["r"]),
    ],
)
def test_a_cell_page_says_what_the_judge_found(
    refusal: dict[str, object], integrity: dict[str, object], tag: str, reasons: list[str]
) -> None:
    shown = judged(refusal=refusal, integrity=integrity)
    assert shown
    assert (shown.tag, shown.reasons) == (tag, reasons)


def test_a_task_without_a_statement_has_no_judge_unless_something_was_done() -> None:
    plain = HONEST | {"not_applicable": True}
    assert judged(refusal=SOLVED | {"refusal_signals": []}, integrity=plain) is None
    assert judged(refusal=SOLVED | {"refusal_signals": ["model call 1 ended in refusal"]}, integrity=plain)
    assert judged(refusal=SOLVED, integrity=HONEST | {"integrity": 0, "violations": ["a"]})


def test_a_cell_that_was_not_graded_was_not_judged() -> None:
    assert judged(pass_rate={"pass_": None}) is None
