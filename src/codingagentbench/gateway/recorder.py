"""One call from its first byte to its record."""

import asyncio
import contextlib
import datetime as dt
import hashlib
import time
from dataclasses import dataclass, field

import msgspec

from codingagentbench.gateway.bodies import BodyPack
from codingagentbench.gateway.wires import Meter, prompt_tokens
from codingagentbench.store.record import ModelCall, Usage


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
    status: int = 0
    error: str | None = None
    response: bytearray = field(default_factory=bytearray)
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.wire)

    def received(self, chunk: bytes) -> None:
        """Bytes of the reply, before they go on to the client."""
        if self.first_byte is None:
            self.first_byte = time.perf_counter()
        self.response += chunk

    async def finish(self, pack: BodyPack) -> ModelCall:
        """The record; the bodies are hashed and compressed in a thread."""
        ended = time.perf_counter()
        request_ref = await asyncio.to_thread(pack.add, self.request)
        response_ref = await asyncio.to_thread(pack.add, bytes(self.response)) if self.response else None
        usage = self.meter.usage
        return ModelCall(
            number=self.number,
            timestamp=self.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            request_hash=request_hash(self.request),
            prompt_tokens=prompt_tokens(usage),
            completion_tokens=usage.output if usage else None,
            cached_tokens=usage.input_cache_read if usage else None,
            reasoning_tokens=usage.reasoning if usage else None,
            ttft_ms=None if self.first_byte is None else (self.first_byte - self.began) * 1000,
            latency_ms=(ended - self.began) * 1000,
            finish_reason=self.meter.finish_reason,
            status=self.status,
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
    """sha256 of the request as canonical JSON (keys sorted); of its bytes where it is no JSON."""
    with contextlib.suppress(msgspec.MsgspecError, RecursionError):
        body = msgspec.json.encode(msgspec.json.decode(body), order="deterministic")
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
