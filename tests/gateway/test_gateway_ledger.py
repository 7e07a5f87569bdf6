"""Budgets: what calls under way have reserved counts, so that no number of them at a time runs past a ceiling."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codingagentbench.catalog.budget import Ceiling
from codingagentbench.catalog.prices import Quote
from codingagentbench.gateway.controls.endpoint import ControlEndpoint, Fault
from codingagentbench.gateway.ledger import Account, Amount, BudgetSpentError, Ledger, priced, reservation
from gateway.cells import MODEL, Cell, OpenCell, TaskFiles, chat, endpoint_backend, request_of

PRICE = Quote(input=1.0, cache_read=0.1, cache_write=2.0, output=10.0, table="t@2025-01-01", digest="sha256:0")
Call = tuple[Amount, Amount, int]
"""Reserved, really used, and how long it takes."""


def _amounts(calls: int) -> st.SearchStrategy[Amount]:
    return st.builds(Amount, st.just(calls), st.integers(0, 2000), st.integers(0, 2_000_000_000))


CALLS = st.lists(st.tuples(_amounts(1), _amounts(1), st.integers(0, 5)), min_size=1, max_size=64)
CEILINGS = st.builds(
    Ceiling,
    max_calls=st.none() | st.integers(1, 40),
    max_tokens=st.none() | st.integers(1, 20_000),
    max_cost_usd=st.none() | st.floats(0.001, 20),
)


async def _spend(ledgers: Sequence[Ledger], calls: Sequence[Call]) -> tuple[list[Call], int]:
    """All calls at once, each by one of the ledgers in turn; those that were let through, and how many were not."""
    through: list[Call] = []

    async def one(ledger: Ledger, call: Call) -> bool:
        reserved, used, steps = call
        try:
            await ledger.reserve(reserved)
        except BudgetSpentError:
            return False
        for _ in range(steps):
            await asyncio.sleep(0)
        ledger.settle(reserved, used)
        through.append(call)
        return True

    done = await asyncio.gather(*(one(ledgers[n % len(ledgers)], call) for n, call in enumerate(calls)))
    return through, done.count(False)


@given(CALLS, CEILINGS)
@settings(max_examples=300)
def test_a_ceiling_is_exceeded_by_no_more_than_calls_under_way_use_beyond_their_reservations(
    calls: list[Call], ceiling: Ceiling
) -> None:
    account = Account("this cell", ceiling)
    through, _ = asyncio.run(_spend([Ledger([account])], calls))
    assert account.held == Amount()
    assert account.spent == sum((used for _, used, _ in through), Amount())
    beyond = Amount(
        0,
        sum(max(0, used.tokens - reserved.tokens) for reserved, used, _ in through),
        sum(max(0, used.nano_usd - reserved.nano_usd) for reserved, used, _ in through),
    )
    assert account.over(account.spent - beyond) is None
    assert ceiling.max_calls is None or account.spent.calls <= ceiling.max_calls


@given(CALLS, CEILINGS)
@settings(max_examples=200)
def test_nothing_is_exceeded_where_calls_stay_within_what_they_reserved(calls: list[Call], ceiling: Ceiling) -> None:
    honest = [(r, Amount(1, min(u.tokens, r.tokens), min(u.nano_usd, r.nano_usd)), steps) for r, u, steps in calls]
    cell, sweep = Account("this cell", ceiling), Account("the sweep", ceiling)
    through, refused = asyncio.run(_spend([Ledger([cell, sweep]), Ledger([sweep])], honest))
    assert sweep.over(sweep.spent) is None
    assert cell.over(cell.spent) is None
    assert (refused > 0) == (cell.refused is not None or sweep.refused is not None)
    assert len(through) + refused == len(calls)


def test_a_call_that_does_not_fit_for_others_under_way_waits_and_is_not_refused() -> None:
    calls = [(Amount(1, 600), Amount(1, 10), 3)] * 64
    account = Account("this cell", Ceiling(max_tokens=1000))
    through, refused = asyncio.run(_spend([Ledger([account])], calls))
    assert (len(through), refused) == (41, 23), "refused only when what is left is less than a reservation"
    assert account.spent.tokens == 410


def test_a_refusal_names_the_account_the_ceiling_and_what_is_spent() -> None:
    account = Account("the sweep", Ceiling(max_cost_usd=0.5), "sweep_budget_spent", spent=Amount(3, 9, 400_000_000))
    with pytest.raises(BudgetSpentError, match=r"the sweep is spent: max_cost_usd = 0.5: 0.400000 spent") as refused:
        asyncio.run(Ledger([account]).reserve(Amount(1, 10, 100_000_001)))
    assert refused.value.row == "sweep_budget_spent"
    asyncio.run(Ledger([account]).reserve(Amount(1, 10, 100_000_000)))


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, 8192),
        ({"max_tokens": 100}, 100),
        ({"max_tokens": 100, "n": 3}, 300),
        ({"max_completion_tokens": 50, "max_tokens": 100}, 50),
        ({"max_output_tokens": 70}, 70),
        ({"generationConfig": {"maxOutputTokens": 9}}, 9),
        ({"max_tokens": True, "n": "x"}, 8192),
        ({"max_tokens": -1}, 8192),
    ],
)
def test_a_reservation_is_half_the_bytes_and_the_stated_output(fields: dict[str, object], output: int) -> None:
    assert reservation(1001, fields, None, None) == Amount(1, 501 + output)
    assert reservation(1001, fields, PRICE, None) == priced(501, output, PRICE)
    assert reservation(10, {}, None, 33).tokens == 38


def test_a_reservation_is_priced_at_the_dearest_input() -> None:
    assert priced(1_000_000, 100_000, PRICE).nano_usd == 3_000_000_000


async def _many(cell: Cell, wire: str, n: int) -> list[int]:
    bodies = [request_of(wire, stream=i % 2 == 0) for i in range(n)]
    return [status for status, _ in await asyncio.gather(*(cell.post(wire, b) for b in bodies))]


@pytest.mark.parametrize("wire", ["chat", "responses"])
async def test_64_calls_at_a_time_over_http_stay_within_the_calls_and_the_rest_is_refused(
    task_files: TaskFiles, open_cell: OpenCell, wire: str
) -> None:
    account = Account("this cell", Ceiling(max_calls=10))
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, pause_s=0.01) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        cell.session.spending.ledger = Ledger([account])
        statuses = await _many(cell, wire, 64)
        calls = await cell.session.close()
    assert statuses.count(200) == len(endpoint.received) == account.spent.calls == 10
    refused = [c for c in calls if c.error == "budget_exhausted"]
    assert len(refused) == 54
    assert {(c.status, c.tries, c.prompt_tokens) for c in refused} == {(429 if wire == "responses" else 402, 0, None)}


async def test_64_calls_at_a_time_stay_within_tokens_and_dollars(task_files: TaskFiles, open_cell: OpenCell) -> None:
    account = Account("this cell", Ceiling(max_tokens=2000, max_cost_usd=0.01))
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, pause_s=0.01) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        cell.session.spending.ledger, cell.session.price = Ledger([account]), PRICE
        bodies = [chat(n % 2 == 0, max_tokens=100) for n in range(64)]
        statuses = [s for s, _ in await asyncio.gather(*(cell.post("chat", b) for b in bodies))]
        calls = await cell.session.close()
    served = [c for c in calls if c.status == 200]
    total = sum((c.prompt_tokens or 0) + (c.completion_tokens or 0) for c in served)
    assert account.spent.tokens == total
    assert account.spent.nano_usd == pytest.approx(sum(c.cost_usd or 0 for c in served) * 1e9, abs=64)
    assert total <= 2000
    assert len(served) > 2, "what calls really used is given back, so that more of them fit"
    assert set(statuses) == {200, 402}


async def test_the_cell_is_stopped_when_its_cli_asks_on_and_on(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with open_cell(task_files.control("noop")) as cell:
        cell.session.spending.ledger = Ledger([Account("this cell", Ceiling(max_calls=1))])
        assert (await cell.post("chat", chat()))[0] == 200
        for _ in range(10):
            assert (await cell.post("chat", chat()))[0] == 402
            assert not cell.session.spending.stop.is_set()
        await cell.post("chat", chat())
        assert cell.session.spending.stop.is_set()


async def test_what_an_endpoint_does_not_say_is_settled_at_what_was_counted_here(
    task_files: TaskFiles, open_cell: OpenCell
) -> None:
    account = Account("this cell", Ceiling(max_tokens=100_000))
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.NO_USAGE) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        cell.session.spending.ledger = Ledger([account])
        for stream in (True, False):
            assert (await cell.post("chat", chat(stream)))[0] == 200
        calls = await cell.session.close()
    assert all(call.estimated for call in calls)
    assert account.spent.tokens == sum((c.prompt_tokens or 0) + (c.completion_tokens or 0) for c in calls)
    assert account.held == Amount()
