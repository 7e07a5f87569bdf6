"""Bounded memory: how many bytes of calls one cell may have in the gateway at a time. Who finds no room waits."""

import asyncio
from collections import deque


class Room:
    """First come, first served, so that a large request is not starved by small ones."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, size: int) -> None:
        """Wait until `size` bytes are free, and take them. `size` may not be larger than the room."""
        if self._free >= size and not self._waiting:
            self._free -= size
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append((size, place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():  # given to us in the same moment
                self.give_back(size)
            else:
                self._waiting = deque(w for w in self._waiting if w[1] is not place)
                self._let_in()
            raise

    def give_back(self, size: int) -> None:
        """Free what was taken."""
        self._free += size
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            size, place = self._waiting.popleft()
            if not place.done():
                self._free -= size
                place.set_result(None)
