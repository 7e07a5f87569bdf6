"""Endpoints as they are: one rate limit for all cells, retries that are worth it, a breaker over equal failures."""

import asyncio
import datetime as dt
import time
from dataclasses import replace

import pytest
from aiohttp import ClientPayloadError
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.gateway.backends import EndpointBackend
from codingagentbench.gateway.controls.endpoint import ControlEndpoint, Fault
from codingagentbench.gateway.endpoint.breaker import Breaker
from codingagentbench.gateway.endpoint.limiter import Bucket, Limiter
from codingagentbench.gateway.endpoint.policy import EndpointPolicy
from codingagentbench.gateway.endpoint.retry import backoff, is_retryable, retry_after
from gateway.cells import MODEL, OpenCell, TaskFiles, chat, endpoint_backend, request_of

FAST = EndpointPolicy(backoff_base_s=0.01, backoff_cap_s=0.05, breaker_pause_s=0.1)
NOW = dt.datetime(2026, 1, 1, 12, 0, 0, tzinfo=dt.UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def backend(endpoint: ControlEndpoint, policy: EndpointPolicy = FAST) -> EndpointBackend:
    return replace(endpoint_backend(endpoint), policy=policy)


@given(st.integers(1, 600), st.lists(st.floats(0, 30), min_size=1, max_size=200))
def test_any_minute_has_at_most_the_limit_and_a_seconds_burst(per_minute: int, gaps: list[float]) -> None:
    clock = Clock()
    limiter = Limiter(Bucket(per_minute), None, clock=clock)
    sent = []
    for gap in gaps:
        clock.now += gap
        wait = limiter.turn(0, float("inf"))
        assert wait is not None
        sent.append(clock.now + wait)
    allowed = per_minute + max(1.0, per_minute / 60)
    assert sent == sorted(sent), "first come, first served"
    for begin in sent:
        assert sum(begin <= s < begin + 60 - 1e-6 for s in sent) <= allowed + 1e-6


def test_tokens_beyond_the_bucket_are_a_debt_that_the_next_call_waits_for() -> None:
    clock = Clock()
    limiter = Limiter(None, Bucket(6000), clock=clock)
    assert limiter.turn(600, 60) == 0
    wait = limiter.turn(10, 60)
    assert wait == pytest.approx(5.0, abs=0.1)
    limiter.settle(610, 10)
    assert limiter.turn(1, 60) == 0, "what was not used is given back"


def test_a_turn_past_the_cells_end_is_not_taken() -> None:
    clock = Clock()
    limiter = Limiter(Bucket(1), None, clock=clock)
    assert limiter.turn(0, 5) == 0
    assert limiter.turn(0, 5) is None
    clock.now += 56
    assert limiter.turn(0, 5) == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0.5 ", 0.5),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("999999999999", 86_400.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("1e9", None),
        ("\u0661", None),
    ],
)
def test_retry_after_is_read_as_seconds_and_as_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@given(st.text(max_size=40))
def test_no_retry_after_breaks_anything(text: str) -> None:
    seconds = retry_after(text, NOW)
    assert seconds is None or 0 <= seconds <= 86_400


def test_backoff_doubles_up_to_its_cap_with_full_jitter() -> None:
    policy = EndpointPolicy(backoff_base_s=1, backoff_cap_s=5)
    for tries, most in ((1, 1), (2, 2), (3, 4), (4, 5), (500, 5)):
        draws = [backoff(policy, tries) for _ in range(200)]
        assert 0 <= min(draws) < most / 4
        assert most / 2 < max(draws) <= most


def test_only_429_408_and_5xx_are_worth_another_try() -> None:
    assert {s for s in range(400, 600) if is_retryable(s)} == {408, 429, *range(500, 600)} - {501}


def test_a_breaker_opens_after_equal_failures_and_closes_after_a_good_probe() -> None:
    clock, told = Clock(), list[str | None]()
    breaker = Breaker(EndpointPolicy(breaker_failures=3, breaker_pause_s=10), clock=clock, told=told.append)

    def one(error: str | None) -> bool | None:
        probe = breaker.enter()
        if probe is not None:
            breaker.leave(error, probe=probe)
        return probe

    for error in ("endpoint_error", "endpoint_error", "endpoint_rate_limited", "endpoint_error", "endpoint_error"):
        assert one(error) is False
    assert not breaker.is_open, "they are not equal"
    one("endpoint_rejected")
    one("endpoint_error")
    one("endpoint_error")
    assert not breaker.is_open, "an answer was between them"
    one("endpoint_error")
    assert breaker.is_open
    assert one(None) is None
    clock.now += 10
    assert breaker.enter() is True
    assert breaker.enter() is None, "one probe at a time"
    breaker.leave("endpoint_error", probe=True)
    assert breaker.wait_s() == 20, "the pause doubles"
    clock.now += 20
    assert one(None) is True
    assert not breaker.is_open
    assert [bool(t) for t in told] == [True, True, False]
    assert told[0] is not None
    assert "3 calls in a row failed with endpoint_error: next try in 10 s" in told[0]


@pytest.mark.parametrize("wire", ["chat", "responses"])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.RESET, Fault.CUT_BEFORE])
async def test_a_fault_that_passes_is_retried_and_the_client_sees_the_good_answer(
    task_files: TaskFiles, open_cell: OpenCell, wire: str, stream: bool, fault: Fault
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=fault, times=2, retry_after="0.05") as endpoint,
        open_cell(backend(endpoint)) as cell,
    ):
        status, body = await cell.post(wire, request_of(wire, stream=stream))
        (call,) = await cell.session.close()
    assert status == 200
    assert body
    assert (call.tries, len(endpoint.received), call.error) == (3, 3, None)
    assert call.completion_tokens is not None
    assert call.throttled_ms <= call.latency_ms
    if fault is Fault.RATE_LIMITED:
        assert call.throttled_ms >= 100


@pytest.mark.parametrize("fault", [Fault.REJECTED, Fault.UNAUTHORIZED])
async def test_a_4xx_is_not_retried(task_files: TaskFiles, open_cell: OpenCell, fault: Fault) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=fault) as endpoint,
        open_cell(backend(endpoint)) as cell,
    ):
        await cell.post("chat", chat())
        (call,) = await cell.session.close()
    assert (call.tries, len(endpoint.received)) == (1, 1)


async def test_a_stream_cut_midway_is_neither_retried_nor_completed(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.CUT) as endpoint,
        open_cell(backend(endpoint)) as cell,
    ):
        with pytest.raises(ClientPayloadError):
            await cell.post("chat", chat(True))
        (call,) = await cell.session.close()
    assert (call.tries, len(endpoint.received), call.error) == (1, 1, "endpoint_stream_cut")


async def test_tries_end_at_the_policys_number(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.SERVER_ERROR) as endpoint,
        open_cell(backend(endpoint, replace(FAST, max_tries=3))) as cell,
    ):
        assert (await cell.post("chat", chat()))[0] == 500
        (call,) = await cell.session.close()
    assert (call.tries, len(endpoint.received), call.error) == (3, 3, "endpoint_error")


async def test_a_wait_that_cannot_end_before_the_cell_is_not_begun(task_files: TaskFiles, open_cell: OpenCell) -> None:
    fault = Fault.RATE_LIMITED
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=fault, retry_after="3600") as endpoint,
        open_cell(backend(endpoint)) as cell,
    ):
        cell.session.deadline = time.perf_counter() + 100
        assert (await asyncio.wait_for(cell.post("chat", chat()), 10))[0] == 429
        (call,) = await cell.session.close()
    assert (call.tries, call.error, call.throttled_ms) == (1, "endpoint_rate_limited", 0.0)


async def test_a_rate_limit_is_shared_and_its_waiting_is_recorded(task_files: TaskFiles, open_cell: OpenCell) -> None:
    policy = replace(FAST, requests_per_minute=600)
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL) as endpoint,
        open_cell(backend(endpoint, policy)) as cell,
    ):
        began = time.perf_counter()
        await asyncio.gather(*(cell.post("chat", chat()) for _ in range(20)))
        took = time.perf_counter() - began
        calls = await cell.session.close()
    assert took >= 0.9, "20 calls at 10 a second, 10 of them at once"
    assert sum(c.throttled_ms > 0 for c in calls) >= 9
    assert all(c.throttled_ms <= c.latency_ms for c in calls)


async def test_no_more_calls_are_under_way_than_the_endpoint_takes(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, pause_s=0.01) as endpoint,
        open_cell(backend(endpoint, replace(FAST, max_concurrent=3))) as cell,
    ):
        await asyncio.gather(*(cell.post("chat", chat(True)) for _ in range(16)))
        assert endpoint.most_at_once == 3
        assert {c.error for c in await cell.session.close()} == {None}


async def test_a_paused_endpoint_gets_no_call_and_comes_back_after_a_probe(
    task_files: TaskFiles, open_cell: OpenCell
) -> None:
    policy = replace(FAST, max_tries=1, breaker_failures=3)
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.SERVER_ERROR) as endpoint,
        open_cell(backend(endpoint, policy)) as cell,
    ):
        assert [(await cell.post("chat", chat()))[0] for _ in range(5)] == [500] * 3 + [503] * 2
        assert len(endpoint.received) == 3
        endpoint.fault = None
        await asyncio.sleep(0.15)
        assert (await cell.post("chat", chat()))[0] == 200
        calls = await cell.session.close()
    assert [(c.tries, c.error) for c in calls] == [
        *[(1, "endpoint_error")] * 3,
        *[(0, "endpoint_error")] * 2,
        (1, None),
    ]


async def test_a_reply_over_the_limit_is_the_endpoints_error_and_not_asked_for_again(
    task_files: TaskFiles, open_cell: OpenCell
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.HUGE) as endpoint,
        open_cell(backend(endpoint)) as cell,
    ):
        status, body = await cell.post("chat", chat())
        (call,) = await cell.session.close()
    assert (status, len(body), call.error, call.tries) == (200, 40 << 20, "endpoint_error", 1)


async def test_a_stream_of_nonsense_is_the_endpoints_error(task_files: TaskFiles, open_cell: OpenCell) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL, fault=Fault.NONSENSE) as endpoint,
        open_cell(backend(endpoint)) as cell,
    ):
        await cell.post("chat", chat(True))
        (call,) = await cell.session.close()
    assert (call.error, call.tries) == ("endpoint_error", 1)
