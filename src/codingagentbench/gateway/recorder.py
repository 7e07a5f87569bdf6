"""One call from its first byte to its record."""

import datetime as dt
import hashlib
import time
from dataclasses import dataclass, field

from codingagentbench.gateway.bodies import BodyPack
from codingagentbench.gateway.json_bytes import canonical
from codingagentbench.gateway.wires import Meter, prompt_tokens
from codingagentbench.store.record import ModelCall, Usage

MAX_REPLY_BYTES = 64 << 20
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
    began: float = field(default_factory=time.perf_counter)
    timestamp: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    first_byte: float | None = None
    ended: float | None = None
    status: int | None = None
    error: str | None = None
    response: bytearray = field(default_factory=bytearray)
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.wire)

    def received(self, chunk: bytes) -> None:
        """Bytes of the reply, before they go on to the client. Raises ReplyTooLargeError."""
        if self.first_byte is None:
            self.first_byte = time.perf_counter()
        self.response += chunk
        if len(self.response) > MAX_REPLY_BYTES:
            msg = f"the endpoint's reply is larger than {MAX_REPLY_BYTES} bytes"
            raise ReplyTooLargeError(msg)

    def client_left(self) -> None:
        """The client closed before the call was over. One that had read the stream's proper end only hung up."""
        if self.error is None and not self.meter.ended:
            self.error = "client_disconnected"

    def close(self) -> None:
        """The call is over: the clock stops."""
        self.ended = time.perf_counter()

    def seal(self, pack: BodyPack) -> ModelCall:
        """The record; hashes and compresses the bodies, so not on the event loop. Raises OSError (a full disk)."""
        request = pack.scrub(self.request)
        request_ref = pack.add(request)
        response_ref = pack.add(pack.scrub(bytes(self.response))) if self.response else None
        usage = self.meter.usage
        return ModelCall(
            number=self.number,
            timestamp=self.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            request_hash=request_hash(request),
            prompt_tokens=prompt_tokens(usage),
            completion_tokens=usage.output if usage else None,
            cached_tokens=usage.input_cache_read if usage else None,
            reasoning_tokens=usage.reasoning if usage else None,
            ttft_ms=None if self.first_byte is None else (self.first_byte - self.began) * 1000,
            latency_ms=((self.ended or time.perf_counter()) - self.began) * 1000,
            finish_reason=self.meter.finish_reason,
            status=CLIENT_CLOSED if self.status is None else self.status,
            wire=self.wire,
            cost_usd=None,
            model=self.model,
            stream=self.stream,
            start_ms=(self.began - self.cell_began) * 1000,
            usage=usage or Usage(),
            error=self.error,
            request_body=request_ref,
            response_body=response_ref,
        )


def request_hash(body: bytes) -> str:
    """sha256 of the request as canonical JSON (keys sorted, no blanks); of its bytes where it is no JSON.

    Taken from the stored body, secrets out, so that anyone can compute it again.
    """
    return f"sha256:{hashlib.sha256(canonical(body)).hexdigest()}"
