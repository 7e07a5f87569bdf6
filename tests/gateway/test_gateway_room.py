import asyncio

import pytest

from codingagentbench.gateway.room import Room


async def test_who_finds_no_room_waits_and_comes_in_order() -> None:
    room, came = Room(10), list[str]()

    async def come(name: str, size: int) -> None:
        await room.take(size)
        came.append(name)

    await room.take(8)
    tasks = [asyncio.create_task(come(name, size)) for name, size in [("large", 9), ("small", 1)]]
    await asyncio.sleep(0)
    assert came == []
    room.give_back(8)
    await asyncio.gather(*tasks)
    assert came == ["large", "small"]


async def test_a_waiter_that_gives_up_lets_the_next_one_in() -> None:
    room = Room(10)
    await room.take(6)
    first, second = asyncio.create_task(room.take(9)), asyncio.create_task(room.take(4))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait_for(second, 1)
    with pytest.raises(asyncio.CancelledError):
        await first
    room.give_back(10)
    await asyncio.wait_for(room.take(10), 1)


async def test_room_given_to_a_waiter_that_is_cancelled_at_that_moment_is_not_lost() -> None:
    room = Room(10)
    await room.take(10)
    waiter = asyncio.create_task(room.take(10))
    await asyncio.sleep(0)
    room.give_back(10)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    await asyncio.wait_for(room.take(10), 1)
