"""How an endpoint is to be treated, as its model file says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndpointPolicy:
    """None: no limit. Times in seconds."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_concurrent: int | None = None
    max_tries: int = 4
    """Requests for one call, the first included."""
    backoff_base_s: float = 0.5
    backoff_cap_s: float = 30.0
    breaker_failures: int = 5
    """Calls in a row that fail in the same way, across all cells, after which the endpoint is paused."""
    breaker_pause_s: float = 30.0
    """Before a paused endpoint is tried again; doubles with each try that fails."""
    breaker_probes: int = 3
    """Such tries, after which the sweep gives the endpoint up."""
