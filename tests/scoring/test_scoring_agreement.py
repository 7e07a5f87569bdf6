from typing import Any

import msgspec
import pytest

from codingagentbench.scoring.agreement import disagreements
from codingagentbench.scoring.score import composites, score
from scoring.evidence_builder import call, change, evidence, grade

YOUNGER = {
    "tokens": ("cost_usd", "known_cost_usd", "unpriced_calls", "price", "estimated_calls", "cached_tokens"),
    "latency": ("tool_ms", "harness_ms"),
    "refusal": ("refusal_reasons", "refusal_signals"),
    "blast_radius": ("build_outputs",),
}


def sealed(**changes: Any) -> tuple[dict[str, Any], Any, Any]:
    """A record's scores as JSON, and the same computed anew."""
    axes = score(evidence(graded=grade(), calls=[call()], changes=[change("src/reverse.py")], **changes))
    record = msgspec.json.decode(msgspec.json.encode({"axes": axes, "composite": composites(axes)}))
    return record, axes, composites(axes)


def test_a_record_agrees_with_its_own_figures() -> None:
    assert disagreements(*sealed()) == []


def test_fields_that_a_record_is_too_old_for_are_no_difference() -> None:
    record, axes, composite = sealed()
    for axis, names in YOUNGER.items():
        for name in names:
            del record["axes"][axis][name]
    del record["composite"]["v1"]
    assert disagreements(record, axes, composite) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("axes", "tokens", "total_tokens"), 7),
        (("axes", "tokens", "cost_usd"), 0.5),
        (("axes", "pass_rate", "tests", 0, "status"), "failed"),
        (("axes", "blast_radius", "modified"), []),
        (("composite", "v1", "composite"), 1.0),
        (("composite", "v0"), {}),
        (("axes", "latency", "given_up"), 1),
    ],
)
def test_every_figure_that_a_record_has_is_compared(path: tuple[str | int, ...], value: object) -> None:
    record, axes, composite = sealed()
    place: Any = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert len(disagreements(record, axes, composite)) == 1


def test_a_cell_that_was_not_graded_differs_from_one_that_is() -> None:
    record, axes, composite = sealed()
    record["composite"] = {}
    assert disagreements(record, axes, composite)
