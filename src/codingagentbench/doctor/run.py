"""The doctor's round: several tasks at a time, verdicts kept as they come."""

import asyncio
import os
from collections.abc import Callable, Sequence

import uvloop

from codingagentbench.catalog.load import Catalog
from codingagentbench.doctor.examine import Examination, examine
from codingagentbench.doctor.verdicts import keep
from codingagentbench.errors import CatalogError, SandboxError, unknown_name
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.engines import engine


def run_doctor(
    catalog: Catalog, tasks: Sequence[str], *, sandbox: str, workers: int | None, done: Callable[[Examination], None]
) -> list[Examination]:
    """Examine `tasks`, in their order. Raises UsageError for an unknown name, SetupError without the engine."""
    held = engine(sandbox, hidden=catalog.hidden)
    held.preflight()
    for task in tasks:
        if task not in catalog.task_places:
            raise unknown_name("task", task, catalog.task_places)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_all(catalog, tasks, held, workers or os.cpu_count() or 1, done))


async def _all(
    catalog: Catalog, tasks: Sequence[str], held: Sandbox, workers: int, done: Callable[[Examination], None]
) -> list[Examination]:
    room = asyncio.Semaphore(workers)

    async def one(task_id: str) -> Examination:
        async with room:
            found = await _examined(catalog, task_id, held)
        await asyncio.to_thread(keep, found)
        done(found)
        return found

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one(task_id)) for task_id in tasks]
    return [task.result() for task in running]


async def _examined(catalog: Catalog, task_id: str, held: Sandbox) -> Examination:
    """A task that cannot be read is bad; one whose sandbox cannot be made was not examined."""
    try:
        task = catalog.task(task_id)
    except CatalogError as error:
        return Examination(task_id, "-", "", ok=False, failed=str(error).splitlines())
    try:
        return await examine(catalog, task, held)
    except SandboxError as error:
        return Examination(task_id, task.task.language, task.digest, failed=[str(error)])
