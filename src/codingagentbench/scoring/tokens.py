"""tokens: what was metered on the wire, and what the CLI said of itself beside it."""

import math
from collections.abc import Iterable

from codingagentbench.scoring.evidence import Evidence
from codingagentbench.store.axes import Tokens
from codingagentbench.store.record import ModelCall

_OK = 200


def tokens(evidence: Evidence, passed: int | None) -> Tokens:
    """Totals over all calls but those that only count tokens.

    A total is unknown as soon as one good call's count is; a failed call counts nothing.
    """
    if evidence.model_calls is None:
        return _unknown(evidence, passed)
    calls = [c for c in evidence.model_calls if c.operation != "count_tokens"]
    good = [c for c in calls if c.status == _OK and c.error is None]
    partly = [c for c in calls if c not in good and c.prompt_tokens is not None]
    counted = [*good, *partly]
    prompt = _total(c.prompt_tokens for c in counted)
    completion = _total(c.completion_tokens for c in counted)
    total = None if prompt is None or completion is None else prompt + completion
    reported = _reported(evidence)
    return Tokens(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=total,
        model_calls=sum(c.tries > 0 for c in evidence.model_calls),
        tokens_per_correct_task=total / passed if total is not None and passed else None,
        pass_used_for_division=passed,
        cached_tokens=_known_total(counted, "cached_tokens"),
        reasoning_tokens=_known_total(counted, "reasoning_tokens"),
        estimated_calls=sum(c.estimated for c in counted),
        tui_reported_prompt_tokens=evidence.tui_reported_prompt_tokens,
        tui_reported_completion_tokens=evidence.tui_reported_completion_tokens,
        tui_report_difference=None if reported is None or total is None else reported - total,
        cost_usd=_cost(counted),
        known_cost_usd=_known_cost(counted),
        unpriced_calls=sum(c.cost_usd is None for c in counted),
        price=next((c.price for c in counted if c.price), None),
    )


def _unknown(evidence: Evidence, passed: int | None) -> Tokens:
    """Nothing was read of the calls: no figure is 0."""
    return Tokens(
        prompt_tokens=None,
        completion_tokens=None,
        total_tokens=None,
        model_calls=None,
        tokens_per_correct_task=None,
        pass_used_for_division=passed,
        tui_reported_prompt_tokens=evidence.tui_reported_prompt_tokens,
        tui_reported_completion_tokens=evidence.tui_reported_completion_tokens,
    )


def _total(counts: Iterable[int | None]) -> int | None:
    known = list(counts)
    return None if any(n is None for n in known) else sum(n for n in known if n is not None)


def _known_total(calls: list[ModelCall], name: str) -> int | None:
    """The sum over the calls that say; None where none does (few endpoints report these)."""
    known = [n for c in calls if (n := getattr(c, name)) is not None]
    return sum(known) if known else None


def _cost(calls: list[ModelCall]) -> float | None:
    """Dollars of all calls; unknown as soon as one call's are. No call at all is no cost that anybody knows."""
    costs = [c.cost_usd for c in calls]
    return None if not costs or any(c is None for c in costs) else math.fsum(c for c in costs if c is not None)


def _known_cost(calls: list[ModelCall]) -> float | None:
    known = [c.known_cost_usd for c in calls if c.known_cost_usd is not None]
    return math.fsum(known) if known else None


def _reported(evidence: Evidence) -> int | None:
    prompt, completion = evidence.tui_reported_prompt_tokens, evidence.tui_reported_completion_tokens
    return None if prompt is None or completion is None else prompt + completion
