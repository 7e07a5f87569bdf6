"""The local executor: so many cells at a time, in this process; the sandboxes are processes of their own."""

import asyncio
from collections.abc import Callable, Iterable

from codingagentbench.errors import StoreError
from codingagentbench.runner.cell import run_cell
from codingagentbench.runner.kit import Kit
from codingagentbench.store.record import Record
from codingagentbench.sweep.plan import PlannedCell

Started = Callable[[PlannedCell], None]
Ended = Callable[[PlannedCell, Record], None]


async def run_local(cells: Iterable[PlannedCell], kit: Kit, *, workers: int, started: Started, ended: Ended) -> None:
    """Run `cells` in their order. Raises StoreError as soon as results cannot be written; what is sealed stays."""
    waiting = iter(list(cells))

    async def work() -> None:
        for cell in waiting:
            started(cell)
            ended(cell, await run_cell(cell, kit))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    except* StoreError as failures:
        raise failures.exceptions[0] from None
