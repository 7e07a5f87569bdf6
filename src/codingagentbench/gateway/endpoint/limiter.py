"""One token bucket per endpoint and kind: requests and tokens a minute, shared by all cells.

Kept as the time at which the bucket would be full again ("virtual scheduling", ITU-T I.371, the same as a leaky
bucket): a caller takes its place at once and sleeps until its turn, so waiting needs no queue and no timer that polls.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

BURST_S = 1.0
"""A bucket holds what one second lets through, and at least one request: any minute stays within its limit and that."""


@dataclass
class Bucket:
    """So many a minute. More than the bucket holds may be taken at once: whoever comes next waits for it."""

    per_minute: float
    _full_at: float = 0.0

    def delay(self, now: float) -> float:
        """Seconds until the next may be taken."""
        burst = max(BURST_S, 60 / self.per_minute)
        return max(0.0, self._full_at - now - burst + 60 / self.per_minute)

    def take(self, amount: float, at: float) -> None:
        """Take at a time that `delay` named; a negative amount gives back."""
        self._full_at = max(self._full_at, at) + amount * 60 / self.per_minute


@dataclass
class Limiter:
    """Both buckets of an endpoint, and the pause that it asked for itself (Retry-After)."""

    requests: Bucket | None
    tokens: Bucket | None
    clock: Callable[[], float] = field(default=monotonic)
    _held_until: float = 0.0

    def turn(self, tokens: int, patience_s: float) -> float | None:
        """Take a place for a request of so many tokens; seconds until its turn, None where past `patience_s`."""
        now = self.clock()
        buckets = [b for b in (self.requests, self.tokens) if b is not None]
        wait = max([0.0, self._held_until - now, *(b.delay(now) for b in buckets)])
        if wait > patience_s:
            return None
        for bucket in buckets:
            bucket.take(1 if bucket is self.requests else tokens, now + wait)
        return wait

    def settle(self, reserved: int, used: int) -> None:
        """Give back tokens that were taken and not used, or take what was used beyond them."""
        if self.tokens is not None:
            self.tokens.take(used - reserved, 0.0)

    def hold(self, seconds: float) -> None:
        """Nothing for so long: the endpoint said so."""
        self._held_until = max(self._held_until, self.clock() + seconds)
