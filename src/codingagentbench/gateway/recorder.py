"""One call from its first byte to its record."""

import datetime as dt
import hashlib
import statistics
import time
from array import array
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from codingagentbench.catalog.prices import Quote
from codingagentbench.gateway.bodies import BodyPack
from codingagentbench.gateway.cost import cost_of
from codingagentbench.gateway.estimate import completed
from codingagentbench.gateway.json_bytes import canonical
from codingagentbench.gateway.sse import Event
from codingagentbench.gateway.wires import Meter, Operation, error_body, error_of_status, totals
from codingagentbench.scrub import Scrubber
from codingagentbench.store.record import ModelCall, Usage

MAX_REPLY_BYTES = 64 << 20
_OK, _BAD_REQUEST = 200, 400
CLIENT_CLOSED = 499
"""The status of a call whose client left before it had one; nginx's number for the same."""


class ReplyTooLargeError(ValueError):
    """An endpoint's reply went past MAX_REPLY_BYTES."""


@dataclass
class CallRecorder:
    """Times and meters one call. Every call that reached the gateway with a good token ends in one record."""

    number: int
    wire: str
    model: str
    request: bytes
    stream: bool
    cell_began: float
    operation: Operation = "generate"
    stripped_tools: tuple[str, ...] = ()
    began: float = field(default_factory=time.perf_counter)
    timestamp: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    chunk_at: float | None = None
    """When the newest chunk of the reply came."""
    outputs_at: "array[float]" = field(default_factory=lambda: array("d"))
    """When each chunk came that carried output."""
    ended: float | None = None
    status: int | None = None
    error: str | None = None
    response: bytearray = field(default_factory=bytearray)
    """What the client got; where nothing is translated, what the endpoint sent."""
    endpoint_wire: str | None = None
    """Where the call is translated."""
    to_endpoint: bytes | None = None
    from_endpoint: bytearray = field(default_factory=bytearray)
    tries: int = 0
    """Requests sent for it; 0: refused here, so no model saw it."""
    throttled_s: float = 0.0
    key_guard: Scrubber = field(default_factory=Scrubber)
    """Knows the endpoint's key, which an endpoint may echo and no sandbox may see."""
    price: Quote | None = None
    """What the model costs, where a table says."""
    replayed_usage: Usage | None = None
    """The recorded estimate of a replayed call: ids that differ from run to run would change it by a token or two."""
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.wire, self.operation)

    def begin_try(self) -> None:
        """One more request is sent; what an earlier one left is forgotten, since nothing of it went to the client."""
        self.tries += 1
        self.status = self.error = self.chunk_at = None
        self.response.clear()
        self.from_endpoint.clear()
        del self.outputs_at[:]
        self.meter = Meter(self.endpoint_wire or self.wire, self.operation)

    def translated(self, wire: str, body: bytes) -> None:
        """The endpoint is spoken to in another wire, with this body; its reply is metered on that."""
        self.endpoint_wire, self.to_endpoint = wire, body
        self.meter = Meter(wire, self.operation)

    def sent(self, data: bytes) -> None:
        """Bytes of a translated reply, for the client."""
        self.response += data

    def received(self, chunk: bytes) -> None:
        """Bytes of the reply, before they go on to the client. Raises ReplyTooLargeError."""
        self.chunk_at = time.perf_counter()
        reply = self.response if self.endpoint_wire is None else self.from_endpoint
        reply += chunk
        if len(reply) > MAX_REPLY_BYTES:
            msg = f"the endpoint's reply is larger than {MAX_REPLY_BYTES} bytes"
            raise ReplyTooLargeError(msg)

    def event(self, event: Event) -> Any:  # any JSON value
        """Meter one event of the newest chunk; returns its decoded data, None where it has none."""
        before = self.meter.outputs
        data = self.meter.event(event)
        if self.meter.outputs > before:
            self._output()
        return data

    def body(self, body: bytes) -> None:
        """Meter a whole reply, which is output as soon as its last byte is here."""
        self._output()
        self.meter.body(body)

    def failure(self, status: int, body: bytes) -> str | None:
        """The failure table's row of a reply that is no stream; None for a good one and for a refusal by a filter."""
        return None if status == _BAD_REQUEST and self.meter.filtered(body) else error_of_status(status)

    @property
    def needs_estimate(self) -> bool:
        """A good reply that was read to its end and did not say all of its usage."""
        usage = self.meter.usage
        good = self.status == _OK and self.error is None and self.operation != "count_tokens"
        return good and (usage is None or usage.input_uncached is None or usage.output is None)

    def _output(self) -> None:
        if self.chunk_at is not None and (not self.outputs_at or self.outputs_at[-1] != self.chunk_at):
            self.outputs_at.append(self.chunk_at)

    def client_left(self) -> None:
        """The client closed before the call was over. One that had read the stream's proper end only hung up."""
        if self.error is None and not self.meter.ended:
            self.error = "client_disconnected"

    def refuse(self, status: int, message: str, error: str, code: str) -> bytes:
        """An error of our own making, in the client's shape; `error` is the failure table's row."""
        self.status, self.error = status, error
        self.response[:] = body = error_body(self.wire, status, message, code)
        return body

    def close(self) -> None:
        """The call is over: the clock stops."""
        self.ended = time.perf_counter()

    def seal(self, pack: BodyPack) -> ModelCall:
        """The record; hashes and compresses the bodies, so not on the event loop. Raises OSError (a full disk)."""
        request = pack.scrub(self.request)
        request_ref = pack.add(request)
        response_ref = pack.add(pack.scrub(bytes(self.response))) if self.response else None
        asked_ref = pack.add(pack.scrub(self.to_endpoint)) if self.to_endpoint else None
        answered_ref = pack.add(pack.scrub(bytes(self.from_endpoint))) if self.from_endpoint else None
        usage, estimated = self._usage()
        counts, gaps = totals(usage), [(after - before) * 1000 for before, after in pairwise(self.outputs_at)]
        cost = cost_of(usage, self.price)
        return ModelCall(
            number=self.number,
            timestamp=self.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            request_hash=request_hash(request),
            prompt_tokens=counts.prompt_tokens,
            completion_tokens=counts.completion_tokens,
            cached_tokens=counts.cached_tokens,
            reasoning_tokens=counts.reasoning_tokens,
            ttft_ms=(self.outputs_at[0] - self.began) * 1000 if self.outputs_at else None,
            latency_ms=((self.ended or time.perf_counter()) - self.began) * 1000,
            finish_reason=self.meter.finish_reason,
            status=CLIENT_CLOSED if self.status is None else self.status,
            wire=self.wire,
            cost_usd=cost.total,
            model=self.model,
            stream=self.stream,
            start_ms=(self.began - self.cell_began) * 1000,
            usage=usage or Usage(),
            error=self.error,
            operation=self.operation,
            estimated=estimated,
            tbt_p50_ms=statistics.median(gaps) if gaps else None,
            tbt_max_ms=max(gaps, default=None),
            refusal=self.meter.refusal,
            stripped_tools=list(self.stripped_tools),
            endpoint_wire=self.endpoint_wire,
            request_body=request_ref,
            response_body=response_ref,
            tries=self.tries,
            throttled_ms=self.throttled_s * 1000,
            price=self.price.table if self.price else None,
            known_cost_usd=cost.known if self.price else None,
            endpoint_request_body=asked_ref,
            endpoint_response_body=answered_ref,
        )

    def _usage(self) -> tuple[Usage | None, bool]:
        """The counters, and whether a tokenizer had to complete them: only of a good reply that was read to its end."""
        if self.replayed_usage is not None:
            return self.replayed_usage, True
        usage = self.meter.usage
        if not self.needs_estimate:
            return usage, False
        done = completed(self.wire, usage, self.request, bytes(self.response))
        return (usage, False) if done is None else (done, True)


def request_hash(body: bytes) -> str:
    """sha256 of the request as canonical JSON (keys sorted, no blanks); of its bytes where it is no JSON.

    Taken from the stored body, secrets out, so that anyone can compute it again.
    """
    return f"sha256:{hashlib.sha256(canonical(body)).hexdigest()}"
