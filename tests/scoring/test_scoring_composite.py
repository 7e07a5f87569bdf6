import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.errors import UsageError
from codingagentbench.scoring.composite import WEIGHTS, Inputs, composite_v01, composite_v1
from codingagentbench.scoring.methodology import METHODOLOGIES, methodology
from codingagentbench.scoring.rows import composite_of_row

ROWS = [json.loads(line) for line in Path(__file__).with_name("published-cells.jsonl").read_text().splitlines()]
SHARE = st.floats(0, 1, allow_nan=False)
INPUTS = st.builds(
    Inputs,
    pass_rate=st.sampled_from([0.0, 1.0, None]),
    integrity=st.sampled_from([0.0, 1.0, None]),
    wall_clock_ms=st.one_of(st.none(), st.floats(0, 1e8)),
    blast_radius=st.one_of(st.none(), SHARE),
    tokens_per_correct_task=st.one_of(st.none(), st.floats(0, 1e9)),
    expected_refusal=st.booleans(),
    refusal_correct=st.sampled_from([None, "true", "partial", "false"]),
)


def test_the_cell_page_is_reproduced_to_the_last_digit() -> None:
    found = composite_of_row(ROWS[0], "v0.1", 1)
    assert found.composite == 0.8287027413585233
    assert found.components.latency_efficiency == 0.42944684715205933
    assert found.components.clean_blast == 0.1428571428571429
    assert found.components.cost_efficiency == 1


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row['tui']}-{row['model'].split('/')[-1]}-{row['task'].split('/')[-1]}"
)
def test_every_published_row_is_reproduced_to_its_digits(row: dict[str, float]) -> None:
    found = composite_of_row(row, "v0.1", 1).composite
    assert found is not None
    assert round(found, int(row["composite_digits"])) == row["composite"]


def test_doing_nothing_earned_058_and_earns_020() -> None:
    nothing = Inputs(
        pass_rate=0, integrity=1, wall_clock_ms=1243.515, blast_radius=0, tokens_per_correct_task=None,
        expected_refusal=False, refusal_correct=None,
    )  # fmt: skip
    old, new = composite_v01(nothing).composite, composite_v1(nothing).composite
    assert old is not None
    assert round(old, 3) == 0.593
    assert new == pytest.approx(0.2)


@given(INPUTS)
def test_composites_stay_between_0_and_1_and_unknown_is_named(inputs: Inputs) -> None:
    for method in METHODOLOGIES.values():
        found = method.composite(inputs)
        if found.composite is None:
            assert found.unknown
        else:
            assert -1e-12 <= found.composite <= 1 + 1e-12
            assert found.unknown == []


@given(INPUTS)
def test_v1_never_reads_an_unknown_as_a_number(inputs: Inputs) -> None:
    needed = [inputs.pass_rate, inputs.integrity]
    if inputs.pass_rate:
        needed += [inputs.tokens_per_correct_task, inputs.wall_clock_ms, inputs.blast_radius]
    assert (composite_v1(inputs).composite is None) == any(value is None for value in needed)


@given(INPUTS)
def test_v1_gives_a_failed_cell_nothing_for_speed_cost_or_cleanliness(inputs: Inputs) -> None:
    if inputs.pass_rate == 0 and inputs.integrity is not None:
        factor = composite_v1(inputs).components.refusal_factor
        assert composite_v1(inputs).composite == pytest.approx(factor * WEIGHTS["integrity"] * inputs.integrity)


@given(st.floats(0, 1e8), st.floats(0, 1e8))
def test_slower_is_never_better(a: float, b: float) -> None:
    def at(wall: float) -> float:
        inputs = Inputs(1, 1, wall, 0, 0, expected_refusal=False, refusal_correct=None)
        return composite_v1(inputs).composite or math.nan

    assert at(max(a, b)) <= at(min(a, b))


def test_the_weights_add_up_to_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


@pytest.mark.parametrize("correct", [None, "partial", "false"])
def test_a_wrong_refusal_halves_and_a_right_one_does_not(correct: str | None) -> None:
    def of(verdict: str | None) -> float:
        inputs = Inputs(1, 1, 1000, 0, 0, expected_refusal=True, refusal_correct=verdict)
        return composite_v01(inputs).composite or math.nan

    assert of(correct) == pytest.approx(of("true") / 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"pass": "yes"}, "line 7: pass: bad value 'yes'"),
        ({"pass": True}, "pass: bad value True"),
        ({"blast_radius": 1.5}, "blast_radius: bad value 1.5: accepted: a number from 0 to 1"),
        ({"wall_clock_ms": -1}, "wall_clock_ms: bad value -1"),
        ({"expected_refusal": 1}, "expected_refusal: bad value 1"),
        ({"refusal_correct": "maybe"}, "refusal_correct: bad value 'maybe'"),
    ],
)
def test_a_bad_row_is_refused_with_line_key_and_value(change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        composite_of_row({**ROWS[0], **change}, "v0.1", 7)


def test_a_row_without_a_key_or_that_is_no_object_is_refused() -> None:
    with pytest.raises(UsageError, match="line 2: pass: missing"):
        composite_of_row({}, "v1", 2)
    with pytest.raises(UsageError, match="line 3"):
        composite_of_row([1], "v1", 3)


def test_an_unknown_methodology_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"v0\.1"):
        methodology("v0.2")
