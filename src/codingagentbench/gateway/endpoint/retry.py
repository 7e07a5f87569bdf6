"""Which faults are worth another try, and after how long."""

import datetime as dt
import random
from email.utils import parsedate_to_datetime

from codingagentbench.gateway.endpoint.policy import EndpointPolicy

_TIMEOUT, _TOO_MANY, _SERVER_ERROR = 408, 429, 500
_NOT_IMPLEMENTED = 501
_RANDOM = random.SystemRandom()
MAX_RETRY_AFTER_S = 86_400.0


def is_retryable(status: int) -> bool:
    """429, 408 and 5xx but "not implemented"; no other 4xx: the same request would be refused again."""
    return status in {_TIMEOUT, _TOO_MANY} or (status >= _SERVER_ERROR and status != _NOT_IMPLEMENTED)


def retry_after(value: str | None, now: dt.datetime) -> float | None:
    """Seconds that a Retry-After header asks for: a number, or an HTTP date (RFC 9110, 10.2.3), else None."""
    if not value:
        return None
    text = value.strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit() else None
        if seconds is None:
            then = parsedate_to_datetime(text)
            then = then if then.tzinfo else then.replace(tzinfo=dt.UTC)
            seconds = (then - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def backoff(policy: EndpointPolicy, tries: int) -> float:
    """Full jitter: anything from 0 to min(cap, base * 2^(tries - 1)) seconds after so many tries.

    M. Brooker, "Exponential backoff and jitter", AWS Architecture Blog, 2015.
    """
    return _RANDOM.uniform(0.0, min(policy.backoff_cap_s, policy.backoff_base_s * 2.0 ** min(tries - 1, 30)))
