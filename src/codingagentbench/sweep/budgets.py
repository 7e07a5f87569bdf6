"""The budgets of a sweep while it runs: one account for the sweep, one a TUI x model, one a cell.

What was spent under the accounts that outlive a cell is kept in `ledger.jsonl`, a line a call, so that the same command
goes on with what is left. A harness that is killed loses the lines of the calls that were under way, no others.
"""

import datetime as dt
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import IO

import msgspec

from codingagentbench.catalog.budget import Ceiling, SweepBudget
from codingagentbench.catalog.load import Catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.errors import StoreError, UsageError
from codingagentbench.gateway.ledger import NANO, Account, Amount, Ledger
from codingagentbench.store.record import Record
from codingagentbench.sweep.plan import PlannedCell

CALLS_PER_TURN = 4
"""A cell's max_calls is so many times its task's max_turns where the sweep says nothing. CLIs make more calls than
turns: titles and summaries, sub-agents, retries after a tool's error."""
Pair = tuple[str, str]


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """One settled call."""

    tui: str
    model: str
    calls: int
    tokens: int
    nano_usd: int


class Budgets:
    """The accounts of one sweep; `folder` None keeps nothing on disk. Close it at the end."""

    def __init__(self, budget: SweepBudget, folder: Path | None = None) -> None:
        self._budget = budget
        self._lasts = folder is not None and bool(_some(budget.sweep) or _some(budget.pair))
        self._path = (folder or Path()) / "ledger.jsonl"
        self._sweep = Account("the sweep", budget.sweep, "sweep_budget_spent")
        self._pairs: dict[Pair, Account] = {}
        self._file: IO[bytes] | None = None
        if self._lasts:
            self._load()

    @property
    def is_new(self) -> bool:
        """No call of this sweep was ever charged to an account that lasts."""
        return self._lasts and not self._path.exists()

    def seed(self, records: Iterable[Record]) -> int:
        """Charge what sealed attempts spent before there was a ledger; how many did not know what they spent.

        Raises StoreError.
        """
        unknown = 0
        for record in records:
            tokens = record.axes.tokens
            unknown += tokens.total_tokens is None
            cost = int((tokens.cost_usd or tokens.known_cost_usd or 0) * NANO)
            amount = Amount(tokens.model_calls or 0, tokens.total_tokens or 0, cost)
            self._add((record.tui, record.model), amount)
            try:
                self._write((record.tui, record.model), amount)
            except OSError as error:
                msg = f"{self._path}: what was spent cannot be recorded: {error.strerror}"
                raise StoreError(msg) from error
        return unknown

    def ledger(self, cell: PlannedCell, max_turns: int) -> Ledger:
        """What one cell's calls are charged to."""
        ceiling = self._budget.cell
        if ceiling.max_calls is None:
            ceiling = ceiling.model_copy(update={"max_calls": max_turns * CALLS_PER_TURN})
        pair = (cell.tui, cell.model)
        own = Account("this cell", ceiling)
        if self._lasts:
            own.on_spent = partial(self._write, pair)
        return Ledger([own, *(a for a in (self._pair(pair), self._sweep) if _some(a.ceiling))])

    def spent(self, cell: PlannedCell) -> str | None:
        """Why a cell is not to be started; None where there is budget left for it."""
        accounts = (self._sweep, self._pair((cell.tui, cell.model)))
        for account in accounts:
            over = account.refused or account.over(account.spent + Amount(1, 1, 1))
            if over:
                return account.refused or f"the budget of {account.name} is spent: {over}"
        return None

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _pair(self, pair: Pair) -> Account:
        if pair not in self._pairs:
            name = f"{pair[0]} x {pair[1]}"
            self._pairs[pair] = Account(name, self._budget.pair, "sweep_budget_spent")
        return self._pairs[pair]

    def _load(self) -> None:
        try:
            lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        except OSError as error:
            msg = f"{self._path}: cannot be read: {error.strerror}"
            raise StoreError(msg) from error
        for line in lines:
            try:
                entry = msgspec.json.decode(line, type=_Line)
            except msgspec.MsgspecError:  # the last line of a harness that was killed while it wrote
                continue
            self._add((entry.tui, entry.model), Amount(entry.calls, entry.tokens, entry.nano_usd))

    def _add(self, pair: Pair, amount: Amount) -> None:
        for account in (self._sweep, self._pair(pair)):
            account.spent += amount

    def _write(self, pair: Pair, amount: Amount) -> None:
        """Raises OSError: what is spent and not written would be spent twice."""
        if amount != Amount():
            line = _Line(tui=pair[0], model=pair[1], calls=amount.calls, tokens=amount.tokens, nano_usd=amount.nano_usd)
            self._file = self._file or self._path.open("ab", buffering=0)
            self._file.write(msgspec.json.encode(line) + b"\n")


def budgeted(spec: SweepSpec, catalog: Catalog, *, sweep: Ceiling, cell: Ceiling) -> SweepSpec:
    """The spec with the command line's ceilings, which replace its own kind by kind.

    Raises UsageError where a budget in dollars could not hold, for want of a model's price.
    """
    merged = {
        name: getattr(spec.budget, name).model_copy(update=ceiling.model_dump(exclude_none=True))
        for name, ceiling in (("sweep", sweep), ("cell", cell))
    }
    budget = spec.budget.model_copy(update=merged)
    if any(c.max_cost_usd is not None for c in (budget.cell, budget.pair, budget.sweep)):
        _check_prices(spec, catalog)
    return spec.model_copy(update={"budget": budget})


def _check_prices(spec: SweepSpec, catalog: Catalog) -> None:
    today = dt.datetime.now(dt.UTC).date()
    for model in spec.models:
        quote = catalog.quote(model, today)
        if quote is None or quote.input is None or quote.output is None:
            msg = (
                f"max_cost_usd: the price of {model!r} is not known: add it to a price table "
                "(prices/*.toml of a --catalog folder, with input and output), or limit max_tokens instead"
            )
            raise UsageError(msg)


def _some(ceiling: Ceiling) -> bool:
    return (ceiling.max_calls, ceiling.max_tokens, ceiling.max_cost_usd) != (None, None, None)
