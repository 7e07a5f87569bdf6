"""Which recorded call answers a request, and what to say where none does.

Requests match on their normalised form, whatever their order: calls that a CLI makes in parallel come as they come.
Equal requests are answered in the order in which they were recorded, each recorded call once.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from codingagentbench.gateway.cassettes.cassette import Cassette
from codingagentbench.gateway.cassettes.difference import Difference, differences
from codingagentbench.gateway.cassettes.normalise import Normaliser, hash_of
from codingagentbench.store.record import ModelCall

Timing = Literal["fast", "original"]
REFUSED = frozenset({"budget_exhausted", "sweep_budget_spent"})
_CANDIDATES = 4
"""Recorded calls, the next ones first, among which the one nearest to a diverging request is looked for."""


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """A request that no recorded call answers."""

    request: int
    """Its number in the replay."""
    recorded: int | None
    """The recorded call nearest to it; None where all had been served."""
    reason: str
    differences: list[Difference] = []

    def __str__(self) -> str:
        return "\n".join([f"request #{self.request} {self.reason}", *(f"  {d}" for d in self.differences)])


class ReplayFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`replay.json`: what was replayed, and how it went."""

    schema: str = "cab.replay/1"
    of_cell: str
    of_attempt: int
    of_record: str
    """Digest of the original's record.json."""
    of_transcript: str | None
    """Digest of its model_calls.jsonl."""
    timing: Timing
    recorded: int
    requests: int
    served: int
    unasked: list[int]
    """Recorded calls that were not asked for."""
    divergences: list[Divergence]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of the replay, for matching."""

    number: int
    wire: str
    operation: str
    body: bytes
    """Secrets out, as it will be stored."""


class Player:
    """Plays one cassette once. Thread-safe."""

    def __init__(self, cassette: Cassette, volatile: Mapping[str, str], timing: Timing = "fast") -> None:
        self.cassette, self.timing = cassette, timing
        self.divergences: list[Divergence] = []
        self._normaliser = Normaliser(volatile)
        self._lock = threading.Lock()
        self._requests = 0
        self._served: set[int] = set()
        self._left: dict[tuple[str, str, str], deque[ModelCall]] = defaultdict(deque)
        self._last: dict[tuple[str, str, str], ModelCall] = {}
        for call in cassette.calls:
            if call.request_body is not None:
                self._left[call.wire, call.operation, hash_of(self._normalised(call))].append(call)

    def match(self, asked: Asked) -> ModelCall | Divergence:
        """The recorded call that answers a request. Raises StoreError where its stored request is damaged."""
        with self._lock:
            self._requests += 1
            normalised = self._normaliser.request(asked.body)
            key = asked.wire, asked.operation, hash_of(normalised)
            if left := self._left.get(key):
                call = self._last[key] = left.popleft()
                self._served.add(call.number)
                return call
            last = self._last.get(key)
            if last is not None and last.error in REFUSED:  # how often a CLI asks on after that is a matter of time
                return last
            divergence = self._divergence(asked, normalised, last)
            self.divergences.append(divergence)
            return divergence

    def facts(self) -> ReplayFacts:
        """How it went, when the cell is over."""
        record = self.cassette.record
        return ReplayFacts(
            of_cell=record.cell_id,
            of_attempt=record.attempt,
            of_record=self.cassette.record_digest,
            of_transcript=record.receipt.transcript,
            timing=self.timing,
            recorded=len(self.cassette.calls),
            requests=self._requests,
            served=len(self._served),
            unasked=[call.number for call in self.cassette.calls if call.number not in self._served],
            divergences=self.divergences,
        )

    def _divergence(self, asked: Asked, normalised: object, last: ModelCall | None) -> Divergence:
        if last is not None:
            reason = f"repeats recorded #{last.number}, which has been answered as often as it was recorded"
            return Divergence(request=asked.number, recorded=last.number, reason=reason)
        nearest = self._nearest(asked, normalised)
        if nearest is None:
            reason = f"({asked.wire} {asked.operation}) comes after all recorded calls of its kind were served"
            return Divergence(request=asked.number, recorded=None, reason=reason)
        call, places = nearest
        reason = f"is none that was recorded; nearest to it is recorded #{call.number}:"
        return Divergence(request=asked.number, recorded=call.number, reason=reason, differences=places)

    def _nearest(self, asked: Asked, normalised: object) -> tuple[ModelCall, list[Difference]] | None:
        """Of the next recorded calls of its kind that are not served: the one that differs in the fewest places."""
        unserved = (call for call in self.cassette.calls if call.number not in self._served and call.request_body)
        alike = [call for call in unserved if (call.wire, call.operation) == (asked.wire, asked.operation)]
        found = [(call, differences(self._normalised(call), normalised)) for call in alike[:_CANDIDATES]]
        return min(found, key=lambda pair: len(pair[1]), default=None)

    def _normalised(self, call: ModelCall) -> object:
        assert call.request_body is not None  # noqa: S101  # callers have looked
        return self._normaliser.request(self.cassette.body(call.request_body))
