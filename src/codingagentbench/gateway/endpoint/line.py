"""The line to an endpoint: what a call goes through before it is sent, and between its tries. Shared by all cells."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from codingagentbench.gateway.endpoint.breaker import Breaker
from codingagentbench.gateway.endpoint.limiter import Bucket, Limiter
from codingagentbench.gateway.endpoint.policy import EndpointPolicy
from codingagentbench.gateway.endpoint.retry import backoff, retry_after
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.wires import totals


class NotSentError(Exception):
    """A call is not sent: the endpoint is paused, or its turn would come after the cell's end."""

    def __init__(self, status: int, row: str, words: str) -> None:
        super().__init__(words)
        self.status, self.row = status, row


@dataclass(frozen=True, slots=True)
class Way:
    """One cell's way to its endpoint: the line that it shares, and when the cell ends (a time of perf_counter)."""

    line: "EndpointLine"
    deadline: float | None = None


class EndpointLine:
    """One endpoint's limiter, slots and breaker."""

    def __init__(self, name: str, policy: EndpointPolicy) -> None:
        self.name, self.policy = name, policy
        rpm, tpm = policy.requests_per_minute, policy.tokens_per_minute
        self.limiter = Limiter(Bucket(rpm) if rpm else None, Bucket(tpm) if tpm else None)
        self.breaker = Breaker(policy)
        self._slots = asyncio.Semaphore(policy.max_concurrent) if policy.max_concurrent else None

    @asynccontextmanager
    async def call(self, call: CallRecorder, deadline: float | None) -> AsyncIterator[None]:
        """Around all tries of a call: a slot of the endpoint's, and the breaker. Raises NotSentError."""
        probe = self.breaker.enter()
        if probe is None:
            row = self.breaker.cause or "endpoint_error"
            raise NotSentError(503, row, f"the endpoint {self.name!r} is paused: {self.breaker.words()}")
        error: str | None = "client_disconnected"  # where the call is cancelled before it has an end
        try:
            await self._take_slot(call, deadline)
            try:
                yield
                error = call.error
            except BaseException:
                error = call.error or error
                raise
            finally:
                if self._slots is not None:
                    self._slots.release()
        finally:
            self.breaker.leave(error, probe=probe)

    async def turn(self, call: CallRecorder, tokens: int, deadline: float | None) -> None:
        """Wait for the endpoint's rate limit. Raises NotSentError where the wait cannot end before the cell does."""
        wait = self.limiter.turn(tokens, _left(deadline))
        if wait is None:
            words = f"the rate limit of the endpoint {self.name!r} lets this call wait past the cell's end"
            raise NotSentError(429, "endpoint_rate_limited", words)
        await _sleep(call, wait)

    def pause(self, call: CallRecorder, headers: Mapping[str, str], deadline: float | None) -> float | None:
        """After a try that failed: seconds before the next one; None where there is to be none."""
        if call.tries >= self.policy.max_tries:
            return None
        asked = retry_after(headers.get("Retry-After"), dt.datetime.now(dt.UTC))
        wait = backoff(self.policy, call.tries) if asked is None else asked
        if wait > _left(deadline):
            return None
        if asked is not None:
            self.limiter.hold(asked)
        return wait

    def settle(self, reserved: int, call: CallRecorder) -> None:
        """Correct the tokens that a try was taken to weigh by what the endpoint said of it."""
        counts = totals(call.meter.usage)
        if counts.prompt_tokens is not None and counts.completion_tokens is not None:
            self.limiter.settle(reserved, counts.prompt_tokens + counts.completion_tokens)

    async def rest(self, call: CallRecorder, seconds: float) -> None:
        """Sleep out a pause."""
        await _sleep(call, seconds)

    async def _take_slot(self, call: CallRecorder, deadline: float | None) -> None:
        if self._slots is None:
            return
        began = time.perf_counter()
        try:
            async with asyncio.timeout(None if deadline is None else max(0.0, _left(deadline))):
                await self._slots.acquire()
        except TimeoutError:
            words = f"the endpoint {self.name!r} takes {self.policy.max_concurrent} calls at a time, and none came free"
            raise NotSentError(429, "endpoint_rate_limited", words) from None
        finally:
            call.throttled_s += time.perf_counter() - began


async def _sleep(call: CallRecorder, seconds: float) -> None:
    if seconds <= 0:
        return
    began = time.perf_counter()
    try:
        await asyncio.sleep(seconds)
    finally:
        call.throttled_s += time.perf_counter() - began


def _left(deadline: float | None) -> float:
    """Seconds to `deadline`, a time of perf_counter."""
    return float("inf") if deadline is None else deadline - time.perf_counter()
