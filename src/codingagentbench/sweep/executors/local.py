"""The local executor: so many cells at a time, in this process; the sandboxes are processes of their own."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from codingagentbench.errors import StoreError
from codingagentbench.runner.cell import run_cell
from codingagentbench.runner.kit import Kit
from codingagentbench.store.record import Record
from codingagentbench.sweep.plan import PlannedCell


@dataclass(frozen=True, slots=True)
class Left:
    """Why a cell was not started: missing data under this row of the failure table."""

    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The cell's turn has not come: ask again after so many seconds, and run others meanwhile."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the sweep is asked and told."""

    started: Callable[[PlannedCell], None]
    ended: Callable[[PlannedCell, Record], None]
    admit: Callable[[PlannedCell], Left | Wait | None]
    """Asked before a cell is started; None lets it go."""
    left: Callable[[PlannedCell, Left], None]


async def run_local(cells: Iterable[PlannedCell], kit: Kit, *, workers: int, hooks: Hooks) -> None:
    """Run `cells` in their order. Raises StoreError as soon as results cannot be written; what is sealed stays."""
    waiting = deque(cells)

    async def work() -> None:
        while (cell := await _next(waiting, hooks)) is not None:
            hooks.started(cell)
            hooks.ended(cell, await run_cell(cell, kit))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    except* StoreError as failures:
        raise failures.exceptions[0] from None


async def _next(waiting: deque[PlannedCell], hooks: Hooks) -> PlannedCell | None:
    """The first cell that may start, None when no cell is left; cells that may never start are left on the way."""
    while waiting:
        soonest = None
        for _ in range(len(waiting)):
            cell = waiting.popleft()
            verdict = hooks.admit(cell)
            if verdict is None:
                return cell
            if isinstance(verdict, Left):
                hooks.left(cell, verdict)
            else:
                waiting.append(cell)
                soonest = verdict.seconds if soonest is None else min(soonest, verdict.seconds)
        if soonest is not None:
            await asyncio.sleep(soonest)
    return None
