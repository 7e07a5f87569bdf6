"""What a session may spend: a reservation before each call, its settlement after, and the end of a CLI that asks on."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from codingagentbench.catalog.prices import Quote
from codingagentbench.gateway.backends import Backend, EndpointBackend
from codingagentbench.gateway.ledger import Amount, BudgetSpentError, Ledger, estimated, reservation, used
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.request import ModelRequest
from codingagentbench.store.record import ModelCall

SPENT_STATUS, SPENT_CODE = {"responses": 429, "messages": 400}, "insufficient_quota"
"""What a CLI is told when its budget is spent (else 402); docs/decisions/budgets.md says how each of them takes it."""
SPENT_WORDS = {"chat": ' (insufficient credits, "code":402)', "messages": " (your credit balance is too low)"}
"""What follows the reason: the words by which LiteLLM's users and Anthropic's know that a retry cannot help."""
GRACE_CALLS, GRACE_S = 10, 30.0
"""Refused calls, and seconds from the first of them on, after which the sandbox is stopped."""


class Spending:
    """The budgets of one session. `failed`: what was spent could not be written down."""

    def __init__(self, failed: Callable[[OSError], None]) -> None:
        self._failed = failed
        self.ledger = Ledger()
        self.stop = asyncio.Event()
        """Set when the CLI goes on asking after its budget is spent: its sandbox is to be stopped."""
        self._refusals = 0
        self._grace: asyncio.TimerHandle | None = None
        self._unsettled: dict[int, Amount] = {}
        """By call: reservations of calls whose tokens are still to be counted."""

    async def reserve(
        self, call: CallRecorder, asked: ModelRequest, backend: Backend, price: Quote | None
    ) -> Amount | None:
        """Raises BudgetSpentError. What asks no model for an answer costs nothing and needs no budget."""
        if not self.ledger.limits or call.operation == "count_tokens":
            return None
        limit = backend.max_output_tokens if isinstance(backend, EndpointBackend) else None
        wanted = reservation(len(call.request), asked.fields, price, limit)
        await self.ledger.reserve(wanted)
        return wanted

    def settle(self, call: CallRecorder, held: Amount) -> None:
        """At once where the endpoint said what was used; else when recording has counted it, reserved until then."""
        if call.needs_estimate:
            self._unsettled[call.number] = held
        else:
            self._settle_at(held, used(call, held))

    def settle_counted(self, calls: list[CallRecorder], recorded: list[ModelCall]) -> None:
        """Settle what waited for its tokens to be counted; what could not be recorded used its reservation."""
        counted = {call.number: call for call in recorded}
        for call in calls:
            if (held := self._unsettled.pop(call.number, None)) is not None:
                done = counted.get(call.number)
                self._settle_at(held, held if done is None else estimated(done, held))

    def refuse(self, call: CallRecorder, spent: BudgetSpentError) -> web.Response:
        """Say that the budget is spent, so that CLIs end."""
        status = SPENT_STATUS.get(call.wire, 402)
        body = call.refuse(status, f"{spent}{SPENT_WORDS.get(call.wire, '')}", spent.row, SPENT_CODE)
        self.count_refusal()
        response = web.Response(status=status, body=body, content_type="application/json", charset="utf-8")
        response.headers["x-should-retry"] = "false"  # the vendors' own SDKs obey it
        return response

    def count_refusal(self) -> None:
        """A CLI that goes on asking is stopped after a while."""
        self._refusals += 1
        if self._refusals > GRACE_CALLS:
            self.stop.set()
        elif self._grace is None:
            self._grace = asyncio.get_running_loop().call_later(GRACE_S, self.stop.set)

    def close(self) -> None:
        """Nothing is stopped any more."""
        if self._grace is not None:
            self._grace.cancel()

    def _settle_at(self, held: Amount, spent: Amount) -> None:
        try:
            self.ledger.settle(held, spent)
        except OSError as error:
            self._failed(error)
