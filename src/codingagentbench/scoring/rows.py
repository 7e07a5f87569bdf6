"""Composites of rows that somebody else measured: `cab composite`."""

from typing import Any

from codingagentbench.errors import UsageError
from codingagentbench.scoring.composite import Inputs
from codingagentbench.scoring.methodology import methodology
from codingagentbench.store.axes import Composite

_NUMBERS = ("pass", "integrity", "wall_clock_ms", "blast_radius", "tokens_per_correct_task")
_CORRECT = (None, "true", "partial", "false")


def composite_of_row(row: object, version: str, line: int) -> Composite:
    """The composite of a row with the keys of a published cell. Raises UsageError naming line, key and bad value."""
    if not isinstance(row, dict):
        msg = f"line {line}: {row!r}: accepted is a JSON object with {', '.join(_NUMBERS)}"
        raise UsageError(msg)
    numbers = {key: _number(row, key, line) for key in _NUMBERS}
    expected, correct = row.get("expected_refusal", False), row.get("refusal_correct")
    if not isinstance(expected, bool):
        msg = f"line {line}: expected_refusal: bad value {expected!r}: accepted: true, false"
        raise UsageError(msg)
    if correct not in _CORRECT:
        msg = f'line {line}: refusal_correct: bad value {correct!r}: accepted: null, "true", "partial", "false"'
        raise UsageError(msg)
    inputs = Inputs(
        pass_rate=numbers["pass"],
        integrity=numbers["integrity"],
        wall_clock_ms=numbers["wall_clock_ms"],
        blast_radius=numbers["blast_radius"],
        tokens_per_correct_task=numbers["tokens_per_correct_task"],
        expected_refusal=expected,
        refusal_correct=correct,
    )
    return methodology(version).composite(inputs)


def _number(row: dict[str, Any], key: str, line: int) -> float | None:
    if key not in row:
        msg = f"line {line}: {key}: missing: a number, or null where it is unknown"
        raise UsageError(msg)
    value = row[key]
    if value is None:
        return None
    most = 1 if key in {"pass", "integrity", "blast_radius"} else float("inf")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most or value == float("inf"):
        msg = (
            f"line {line}: {key}: bad value {value!r}: accepted: a number from 0{' to 1' if most == 1 else ''}, or null"
        )
        raise UsageError(msg)
    return float(value)
