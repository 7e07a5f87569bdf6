"""The circuit breaker: after so many calls in a row that failed in the same way, an endpoint is paused.

Closed: calls go through. Open: none does, until the pause is over. Half open: one goes through as a probe; it closes
the breaker or opens it again for twice as long. After `breaker_probes` failed probes the sweep gives the endpoint up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from codingagentbench.gateway.endpoint.policy import EndpointPolicy

COUNTED = frozenset({"endpoint_unreachable", "endpoint_unauthorized", "endpoint_rate_limited", "endpoint_error"})
"""Failures that say something of the endpoint; a rejected request is this one call's own, and an answer."""
_NEUTRAL = frozenset({"client_disconnected", "endpoint_stream_cut"})


@dataclass
class Breaker:
    """For one endpoint and one event loop. `told` hears every change in words, None when all is well again."""

    policy: EndpointPolicy
    clock: Callable[[], float] = field(default=monotonic)
    told: Callable[[str | None], None] = lambda _: None
    cause: str | None = None
    """The failure table's row of the last failures in a row; of the pause while it is open."""
    _in_a_row: int = 0
    _open_until: float | None = None
    _probing: bool = False
    _failed_probes: int = 0

    @property
    def is_open(self) -> bool:
        """Also while a probe is under way."""
        return self._open_until is not None

    @property
    def given_up(self) -> bool:
        """No further probe is made for a cell that has not started."""
        return self._failed_probes >= self.policy.breaker_probes

    def wait_s(self) -> float:
        """Seconds until the next probe may be made; 0 where the breaker is closed."""
        return 0.0 if self._open_until is None else max(0.0, self._open_until - self.clock())

    def words(self) -> str:
        """Why the endpoint is paused."""
        last = "given up" if self.given_up else f"next try in {self.wait_s():.0f} s"
        return f"{self._in_a_row} calls in a row failed with {self.cause}: {last}"

    def enter(self) -> bool | None:
        """Before a call: False goes through, True goes through as the probe, None is not let through."""
        if self._open_until is None:
            return False
        if self._probing or self.wait_s() > 0:
            return None
        self._probing = True
        return True

    def leave(self, error: str | None, *, probe: bool) -> None:
        """After a call. `error`: the failure table's row. An answer that is no such failure closes the breaker."""
        if probe:
            self._probing = False
        if error in _NEUTRAL:
            return
        if error not in COUNTED:
            self._close()
            return
        self._in_a_row = self._in_a_row + 1 if error == self.cause else 1
        self.cause = error
        if probe:
            self._failed_probes += 1
            self._open(self.policy.breaker_pause_s * 2.0 ** min(self._failed_probes, 10))
        elif self._open_until is None and self._in_a_row >= self.policy.breaker_failures:
            self._open(self.policy.breaker_pause_s)

    def _open(self, seconds: float) -> None:
        self._open_until = self.clock() + seconds
        self.told(self.words())

    def _close(self) -> None:
        was_open = self._open_until is not None
        self._in_a_row, self.cause, self._open_until, self._failed_probes = 0, None, None, 0
        if was_open:
            self.told(None)
