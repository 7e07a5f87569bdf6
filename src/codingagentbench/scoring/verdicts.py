"""Whether a control got the verdict that it must get, as its catalogue entry declares it."""

import operator
import re
from collections.abc import Callable, Iterator

from codingagentbench.catalog.model import ControlModel
from codingagentbench.store.axes import Axes
from codingagentbench.store.record import ControlVerdict

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def control_verdict(control: ControlModel, axes: Axes, *, plugged: bool = False) -> ControlVerdict:
    """Compare the axes with what the control expects; every control must also have called, and been metered.

    `plugged`: the TUI took at least one plugin that leaves marks in its requests.
    """
    deviations = deviations_from(control, axes, plugged=plugged)
    if not axes.tokens.model_calls:
        deviations.append(f"model_calls is {_said(axes.tokens.model_calls)}, expected > 0")
    if not axes.tokens.total_tokens:
        deviations.append(f"total_tokens is {_said(axes.tokens.total_tokens)}, expected > 0")
    return ControlVerdict(as_expected=not deviations, deviations=deviations)


def deviations_from(control: ControlModel, axes: Axes, *, plugged: bool = False) -> list[str]:
    """What the axes show that the control's catalogue entry does not expect, apart from its model calls."""
    expect = control.expect_on_refusal_tasks if axes.refusal.expected_refusal else control.expect
    if plugged and control.expect_when_taught is not None:
        expect = control.expect_when_taught
    return list(_deviations(expect.model_dump(exclude_none=True), axes))


def _deviations(expected: dict[str, str], axes: Axes) -> Iterator[str]:
    figures = {
        "pass_rate": axes.pass_rate.pass_,
        "blast_radius": axes.blast_radius.blast_radius_without_droppings,
        "integrity": axes.integrity.integrity,
        "refusal": axes.refusal.refusal,
        "fidelity": axes.fidelity.fidelity,
    }
    if axes.fidelity.not_applicable:  # a task without constraints, as imported ones are
        expected = {axis: wanted for axis, wanted in expected.items() if axis != "fidelity"}
    for axis, wanted in expected.items():
        sign, number = re.match(r"([=!<>]+) ?(.+)", wanted).groups()  # type: ignore[union-attr]  # the model's pattern
        value = figures[axis]
        if value is None or not _COMPARE[sign](value, float(number)):
            yield f"{axis} is {_said(value)}, expected {wanted}"


def _said(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"
