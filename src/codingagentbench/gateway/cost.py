"""What a call costs: its usage times the price of its model. Unknown stays unknown, with the known part beside it."""

from dataclasses import dataclass

from codingagentbench.catalog.prices import Quote
from codingagentbench.store.record import Usage

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars. `total` is None as soon as one part is unknown; `known` is the sum of the parts that are not."""

    total: float | None
    known: float


def cost_of(usage: Usage | None, price: Quote | None) -> Cost:
    """sum(counter * price) / 10^6 over uncached input, cache reads, cache writes and output.

    A cache counter that a reply does not have is none: every wire then counts those tokens as ordinary input. A counter
    of 0 costs nothing, priced or not; every other counter without a price is unknown, as a missing input or output is.
    """
    usage, known, unknown = usage or Usage(), 0.0, False
    parts = (
        (usage.input_uncached, price.input if price else None),
        (usage.input_cache_read or 0, price.cache_read if price else None),
        (usage.input_cache_write or 0, price.cache_write if price else None),
        (usage.output, price.output if price else None),
    )
    for count, figure in parts:
        if count is None or (count and figure is None):
            unknown = True
        else:
            known += count * (figure or 0.0) / _MILLION
    # Without any price a cost of no tokens would read as "free".
    unknown = unknown or price is None or (price.input is None and price.output is None)
    return Cost(None if unknown else known, known)
