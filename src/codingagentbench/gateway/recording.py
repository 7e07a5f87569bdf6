"""What a session records: calls that have ended are sealed in threads, in the order in which they end."""

import asyncio
import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from codingagentbench.gateway.bodies import BodyPack
from codingagentbench.gateway.recorder import CallRecorder
from codingagentbench.gateway.request import MAX_REQUEST_BYTES
from codingagentbench.gateway.room import Room
from codingagentbench.store.record import ModelCall

MIN_FREE_BYTES = 2 * MAX_REQUEST_BYTES
"""Free on the disk that calls are recorded on, or none is served: room for the largest request and its reply."""
ROOM_BYTES = 4 * MAX_REQUEST_BYTES
"""Requests of one cell that are in memory at a time, until they are recorded; more wait unread."""


class Journal(Protocol):
    """Takes each call as soon as its bodies are stored, in a recorder's thread."""

    def append(self, call: ModelCall) -> None:
        """Raises OSError."""

    def close(self) -> None:
        """No more calls."""


class Recording:
    """The record of one session's calls.

    `on_recorded` is called on the loop with the calls of a batch and with what of them could be recorded.
    """

    def __init__(
        self,
        threads: ThreadPoolExecutor,
        pack: BodyPack,
        on_recorded: Callable[[list[CallRecorder], list[ModelCall]], None],
    ) -> None:
        self._threads, self._pack, self._on_recorded = threads, pack, on_recorded
        self.journal: Journal | None = None
        """Where calls go as they end; None: they are kept, for `close`."""
        self.room = Room(ROOM_BYTES)
        self.failure: OSError | None = None
        """Why calls cannot be recorded any more."""
        self._calls: list[ModelCall] = []
        self._ended: list[tuple[CallRecorder, int]] = []
        self._running: asyncio.Task[None] | None = None

    def is_possible(self) -> bool:
        """False for good once a call could not be recorded, or the disk has less room than calls may take."""
        if self.failure is None:
            room = os.statvfs(self._pack.path.parent)
            if room.f_bavail * room.f_frsize < MIN_FREE_BYTES:
                needed = f"{os.strerror(errno.ENOSPC)}: {MIN_FREE_BYTES >> 20} MiB are needed"
                self.failure = OSError(errno.ENOSPC, needed)
        return self.failure is None

    def fail(self, error: OSError) -> None:
        """No further call is served; the first reason stays."""
        self.failure = self.failure or error

    def add(self, call: CallRecorder, held: int) -> None:
        """Record a call that has ended, soon; `held` bytes of the room are free again after that."""
        call.close()
        self._ended.append((call, held))
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> list[ModelCall]:
        """Wait until all that ended is recorded; the calls that no journal took, in their order."""
        if self._running is not None:
            await self._running
        self._pack.close()
        if self.journal is not None:
            self.journal.close()
        return sorted(self._calls, key=lambda call: call.number)

    async def _run(self) -> None:
        """Record what has ended, in a thread; what ends meanwhile goes together, for waking a thread costs 0.1 ms."""
        loop = asyncio.get_running_loop()
        while self._ended:
            batch, self._ended = self._ended, []
            calls = [call for call, _ in batch]
            recorded, failure = await loop.run_in_executor(self._threads, _seal_all, calls, self._pack, self.journal)
            self.room.give_back(sum(held for _, held in batch))
            self.failure = self.failure or failure
            if self.journal is None:
                self._calls += recorded
            self._on_recorded(calls, recorded)


def _seal_all(
    calls: list[CallRecorder], pack: BodyPack, journal: Journal | None
) -> tuple[list[ModelCall], OSError | None]:
    """The records, and what stopped the recording where something did."""
    recorded: list[ModelCall] = []
    try:
        for call in calls:
            sealed = call.seal(pack)
            if journal is not None:
                journal.append(sealed)
            recorded.append(sealed)
    except OSError as error:
        return recorded, error
    return recorded, None
