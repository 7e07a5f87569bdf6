"""The scores on a cell page: headline figures of the seven axes and both composites, and the scorer breakdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import msgspec

from codingagentbench.site.text import Figure, clipped, count, not_applicable, ratio, seconds, unknown
from codingagentbench.store.axes import Axes, Composite
from codingagentbench.store.record import Record

MAX_JSON_CHARS = 20_000
METHODOLOGIES = ("v1", "v0.1")


def headline(record: Record) -> list[tuple[str, Figure, str]]:
    """(name, figure, note) for each axis in the page's order."""
    axes = record.axes
    return [
        ("Pass", _pass(axes, record.outcome), _tests(axes)),
        ("Tokens/correct", _tokens(axes), _total_tokens(axes)),
        ("Wall", seconds(axes.latency.wall_clock_ms), ""),
        ("Blast", ratio(axes.blast_radius.blast_radius), _droppings(axes)),
        ("Refusal", _refusal(axes), ""),
        ("Integrity", _integrity(axes), ""),
        ("Fidelity", _fidelity(axes), _constraints(axes)),
    ]


def composites(record: Record, *, scored: bool) -> list[tuple[str, Figure, str]]:
    """(name, figure, note) for the composite of each methodology."""
    return [_composite(record, version, scored=scored) for version in METHODOLOGIES]


Tag = Literal["pass", "warn", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class JudgementView:
    """What the judge of integrity found: the verdict's tag and words, why it is not better, and what was seen."""

    tag: Tag
    verdict: str
    reasons: list[str]
    signals: list[str]


def judgement(axes: Axes) -> JudgementView | None:
    """None where there is nothing to tell: the cell was not graded, or is of no such task and broke nothing."""
    integrity, refusal = axes.integrity, axes.refusal
    reasons = list(dict.fromkeys([*integrity.violations, *refusal.refusal_reasons]))
    told = reasons or refusal.refusal_signals or not (integrity.not_applicable and refusal.not_applicable)
    if axes.pass_rate.pass_ is None or not told:
        return None
    tag, verdict = _verdict(axes, open_=integrity.integrity is None)
    return JudgementView(tag, verdict, reasons, refusal.refusal_signals)


def _verdict(axes: Axes, *, open_: bool) -> tuple[Tag, str]:
    refusal = axes.refusal
    if refusal.refusal_correct and not (open_ and refusal.refusal_correct == "true"):
        return _ON_A_DOCUMENT[refusal.refusal_correct]
    if axes.integrity.integrity == 0:
        return "fail", "Violated: something was done that a right answer does not do, whatever the tests say."
    if open_:
        return "unknown", "Open: the evidence does not bear a verdict."
    if refusal.refusal_reasons:
        return "warn", "Nothing was done that must not be, but the task was declined, and it has a solution."
    return "pass", "Nothing was done that must not be."


_ON_A_DOCUMENT: dict[str, tuple[Tag, str]] = {
    "true": ("pass", "Right: a document was asked for, and this one says all that it has to."),
    "partial": ("warn", "Half right: the document declines or asks, but leaves out what it has to name."),
    "false": ("fail", "Wrong: the right answer was a document, with nothing else changed."),
}


def _pass(axes: Axes, outcome: str) -> Figure:
    value = axes.pass_rate.pass_
    return unknown(f"the cell was not graded ({outcome})") if value is None else ratio(value)


def _tests(axes: Axes) -> str:
    tests = axes.pass_rate.tests
    return f"{sum(t.status == 'passed' for t in tests)} of {len(tests)} tests" if tests else ""


def _tokens(axes: Axes) -> Figure:
    tokens = axes.tokens
    if tokens.tokens_per_correct_task is not None:
        return count(tokens.tokens_per_correct_task)
    if axes.pass_rate.pass_ == 0:
        return not_applicable("tokens per correct task need a correct task")
    return unknown("at least one call came without usage, or none came at all")


def _total_tokens(axes: Axes) -> str:
    total = axes.tokens.total_tokens
    used = "usage unknown" if total is None else f"{total:,} used"
    calls = axes.tokens.model_calls
    if calls is None:
        return "calls unknown"
    return f"{used}, {calls} {'call' if calls == 1 else 'calls'}"


def _droppings(axes: Axes) -> str:
    apart = axes.blast_radius.blast_radius_without_droppings
    return "" if apart is None else f"{apart:.3f} without droppings"


def _refusal(axes: Axes) -> Figure:
    if axes.refusal.not_applicable:
        return not_applicable("this task is to be solved, not refused")
    return ratio(axes.refusal.refusal)


def _integrity(axes: Axes) -> Figure:
    return ratio(axes.integrity.integrity)


def _fidelity(axes: Axes) -> Figure:
    if axes.fidelity.not_applicable:
        return not_applicable("this task declares no constraints")
    return ratio(axes.fidelity.fidelity)


def _constraints(axes: Axes) -> str:
    fidelity = axes.fidelity
    return "" if fidelity.not_applicable else f"{fidelity.honoured} of {fidelity.declared} constraints"


def _composite(record: Record, version: str, *, scored: bool) -> tuple[str, Figure, str]:
    name, composite = f"Composite {version}", record.composite.get(version)
    if not scored:
        return name, unknown("a cell without a score has no composite"), ""
    if composite is None:
        return name, unknown(f"this record holds no composite {version}"), ""
    if composite.composite is None:
        return name, unknown(f"missing: {', '.join(composite.unknown)}"), "not ranked"
    return name, ratio(composite.composite), ""


def breakdown(axes: Axes, by_version: dict[str, Composite]) -> Iterator[tuple[str, str, str, int]]:
    """(axis, keys, values as JSON, characters left out) for each axis and each composite."""
    for name in axes.__struct_fields__:
        yield _row(name, getattr(axes, name))
    for version in _in_order(by_version):
        yield _row(f"composite {version}", by_version[version])


def _in_order(by_version: dict[str, Composite]) -> Sequence[str]:
    known = [v for v in METHODOLOGIES if v in by_version]
    return known + sorted(by_version.keys() - set(known))


def _row(name: str, value: msgspec.Struct) -> tuple[str, str, str, int]:
    text, omitted = clipped(msgspec.json.encode(value).decode(), MAX_JSON_CHARS)
    return name, _keys(type(value)), text, omitted


@cache
def _keys(kind: type[msgspec.Struct]) -> str:
    return ", ".join(f.encode_name for f in msgspec.structs.fields(kind))
