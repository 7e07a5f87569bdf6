"""The ledger: reserve before a call, settle after it, so that calls under way count before they have cost anything.

A call is let through only when what is spent, what the calls under way have reserved and its own reservation together
stay within every ceiling. One that does not fit because of calls under way waits for them; one that does not fit into
what is left is refused. So a ceiling in calls is never exceeded, and one in tokens or dollars by no more than what the
calls under way use beyond their reservations, however many run at a time (tests/gateway/test_gateway_ledger.py).
"""

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from codingagentbench.catalog.budget import Ceiling
from codingagentbench.catalog.prices import Quote
from codingagentbench.gateway.cost import cost_of
from codingagentbench.gateway.json_bytes import decode
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.wires import totals
from codingagentbench.store.record import ModelCall

BYTES_PER_TOKEN = 2
"""A reservation takes a token for every two bytes of the request: source code and prose have three to four."""
OUTPUT_TOKENS = 8192
"""Reserved for the reply where neither the request nor the model's file states a limit."""
NANO = 1_000_000_000
_MILLION = 1_000_000
_GOOD = range(200, 300)
_LIMIT_KEYS = ("max_completion_tokens", "max_output_tokens", "max_tokens")


@dataclass(frozen=True, slots=True)
class Amount:
    """Calls, tokens and thousand-millionths of a dollar; whole numbers, so that sums are exact."""

    calls: int = 0
    tokens: int = 0
    nano_usd: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.nano_usd + other.nano_usd)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.nano_usd - other.nano_usd)


class BudgetSpentError(Exception):
    """A call does not fit into what is left. `row` is the failure table's key; the text names account and ceiling."""

    def __init__(self, account: "Account", words: str) -> None:
        super().__init__(words)
        self.row = account.row


@dataclass
class Account:
    """One ceiling with what was spent under it and what calls under way have reserved."""

    name: str
    """In words: "this cell", "the sweep"."""
    ceiling: Ceiling
    row: str = "budget_exhausted"
    """The failure table's row of a cell that this account stops."""
    spent: Amount = Amount()
    held: Amount = Amount()
    refused: str | None = None
    """What was said to the first call that did not fit; from then on the account counts as spent."""
    on_spent: Callable[[Amount], None] = lambda _: None
    waiting: set[asyncio.Event] = field(default_factory=set)

    def over(self, total: Amount) -> str | None:
        """The ceiling that `total` is over, in words; None where it is within all."""
        ceiling = self.ceiling
        if ceiling.max_calls is not None and total.calls > ceiling.max_calls:
            return f"max_calls = {ceiling.max_calls}: {self.spent.calls} made"
        if ceiling.max_tokens is not None and total.tokens > ceiling.max_tokens:
            return f"max_tokens = {ceiling.max_tokens}: {self.spent.tokens} used"
        if ceiling.max_cost_usd is not None and total.nano_usd > ceiling.max_cost_usd * NANO:
            return f"max_cost_usd = {ceiling.max_cost_usd:g}: {self.spent.nano_usd / NANO:.6f} spent"
        return None


class Ledger:
    """The accounts that one cell's calls are charged to. For one event loop."""

    def __init__(self, accounts: Sequence[Account] = ()) -> None:
        self._accounts = tuple(accounts)

    @property
    def limits(self) -> bool:
        """Whether there is anything to keep within."""
        return bool(self._accounts)

    async def reserve(self, wanted: Amount) -> None:
        """Hold `wanted` in every account, waiting for calls under way where they take the room.

        Raises BudgetSpentError where it does not fit into what they have left.
        """
        while not self._take(wanted):
            with self._listening() as changed:
                await changed.wait()

    def settle(self, reserved: Amount, spent: Amount) -> None:
        """Replace a reservation by what the call really used."""
        for account in self._accounts:
            account.held -= reserved
            account.spent += spent
            account.on_spent(spent)
            for waiter in account.waiting:
                waiter.set()

    def _take(self, wanted: Amount) -> bool:
        for account in self._accounts:
            if over := account.over(account.spent + wanted):
                account.refused = account.refused or f"the budget of {account.name} is spent: {over}"
                words = f"{account.refused}, and a call that may take {wanted.tokens} tokens does not fit any more"
                raise BudgetSpentError(account, words)
        if any(account.over(account.spent + account.held + wanted) for account in self._accounts):
            return False
        for account in self._accounts:
            account.held += wanted
        return True

    @contextmanager
    def _listening(self) -> Iterator[asyncio.Event]:
        changed = asyncio.Event()
        for account in self._accounts:
            account.waiting.add(changed)
        try:
            yield changed
        finally:
            for account in self._accounts:
                account.waiting.discard(changed)


def reservation(size: int, fields: Mapping[str, Any], price: Quote | None, model_limit: int | None) -> Amount:
    """What a request of `size` bytes may take: its own output limit, else the model's, else OUTPUT_TOKENS.

    `fields`: its top-level values, raw or decoded.
    """
    limit = _stated_limit(fields) or model_limit or OUTPUT_TOKENS
    answers = _plain(fields.get("n"))
    output = limit * answers if isinstance(answers, int) and 1 < answers <= _MILLION else limit
    return priced(math.ceil(size / BYTES_PER_TOKEN), output, price)


def priced(input_tokens: int, output_tokens: int, price: Quote | None) -> Amount:
    """One call of so many tokens at the dearest price that its input can have."""
    figures = (price.input, price.cache_write, price.cache_read) if price else ()
    dearest = max((p for p in figures if p is not None), default=0.0)
    dollars = (input_tokens * dearest + output_tokens * ((price and price.output) or 0)) / _MILLION
    return Amount(1, input_tokens + output_tokens, math.ceil(dollars * NANO))


def used(call: CallRecorder, reserved: Amount) -> Amount:
    """What a call that has ended really took.

    One that the endpoint did not answer took nothing, not even a call: its failures spend no agent's budget. Whatever
    was left before its answer is taken to have used its reservation; so is what was answered without usage, until it
    has been counted here.
    """
    if call.meter.refusal is not None and call.status not in _GOOD:  # by a filter: answered, and free of charge
        return Amount(calls=1)
    if call.tries == 0 or (call.status is not None and call.status not in _GOOD):
        return Amount()
    usage, cost = call.meter.usage, cost_of(call.meter.usage, call.price)
    counts = totals(usage)
    if counts.prompt_tokens is None or counts.completion_tokens is None:
        return reserved
    nano = reserved.nano_usd if cost.total is None else math.ceil(cost.total * NANO)
    return Amount(1, counts.prompt_tokens + counts.completion_tokens, nano)


def estimated(call: ModelCall, reserved: Amount) -> Amount:
    """What a call took whose usage was counted here, once that is done; its reservation where it could not be."""
    if call.prompt_tokens is None or call.completion_tokens is None:
        return reserved
    nano = reserved.nano_usd if call.cost_usd is None else math.ceil(call.cost_usd * NANO)
    return Amount(1, call.prompt_tokens + call.completion_tokens, nano)


def _stated_limit(fields: Mapping[str, Any]) -> int | None:
    """The output limit that a request of any of the four wires states."""
    inner = _plain(fields.get("generationConfig"))
    stated = [_plain(fields.get(key)) for key in _LIMIT_KEYS]
    stated.append(inner.get("maxOutputTokens") if isinstance(inner, dict) else None)
    return next((n for n in stated if isinstance(n, int) and not isinstance(n, bool) and n > 0), None)


def _plain(value: Any) -> Any:  # any JSON value
    if not isinstance(value, msgspec.Raw):
        return value
    try:
        return decode(bytes(value))
    except ValueError:
        return None
