"""Rounds of `cab mutate`: several tasks, one seed, folders written as they come."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from codingagentbench.catalog.load import Catalog
from codingagentbench.errors import unknown_name
from codingagentbench.mutation.emit import write_mutant
from codingagentbench.mutation.mutate import Progress, Seed, Yield, mutate
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.engines import engine


def run_mutate(
    catalog: Catalog,
    tasks: Sequence[str],
    seed: Seed,
    *,
    count: int,
    out: Path | None,
    sandbox: str,
    workers: int | None,
    log: Progress,
    done: Callable[[Yield], None] = lambda _: None,
) -> list[Yield]:
    """`count` mutants of each task, written below `out` (a catalogue folder) where there is one.

    Raises UsageError for an unknown task or one that has no mutants, SetupError without engine or toolchain.
    """
    held = engine(sandbox, hidden=[*catalog.roots])
    held.preflight()
    for task in tasks:
        if task not in catalog.task_places:
            raise unknown_name("task", task, catalog.task_places)
    found = []
    for task_id in tasks:
        result = make_mutants(catalog, task_id, seed, count, held, workers=workers, log=log)
        for mutant in result.mutants:
            if out is not None:
                write_mutant(mutant.made, catalog.task(task_id).task.version, out)
        done(result)
        found.append(result)
    return found


def make_mutants(
    catalog: Catalog, task_id: str, seed: Seed, count: int, held: Sandbox, *, workers: int | None, log: Progress
) -> Yield:
    """`mutate` from outside of an event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        work = mutate(
            catalog, catalog.task(task_id), seed, count, held, workers=workers or os.cpu_count() or 1, log=log
        )
        return runner.run(work)
