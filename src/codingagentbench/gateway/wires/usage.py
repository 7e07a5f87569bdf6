"""Counters put together, and the totals that follow from them."""

from dataclasses import dataclass

import msgspec

from codingagentbench.store.record import Usage


@dataclass(frozen=True, slots=True)
class Totals:
    """What a record shows of a call; None is unknown."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


def totals(usage: Usage | None) -> Totals:
    """All input, however it was billed, and all output; the one place where counters are added up."""
    if usage is None:
        return Totals()
    read, written = usage.input_cache_read or 0, usage.input_cache_write or 0
    return Totals(
        prompt_tokens=None if usage.input_uncached is None else usage.input_uncached + read + written,
        completion_tokens=usage.output,
        cached_tokens=usage.input_cache_read,
        reasoning_tokens=usage.reasoning,
    )


def merged(before: Usage | None, after: Usage) -> Usage:
    """Counters of one reply are cumulative: a later one replaces an earlier, an unknown one replaces nothing."""
    if before is None:
        return after
    later = {name: value for name, value in msgspec.structs.asdict(after).items() if value is not None}
    return msgspec.structs.replace(before, **later)
