"""Many independent jobs on all cores. Rendering is the interpreter's own work, so threads would only wait for it."""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import cast

Job = Callable[[], str | None]
"""Returns None, or one line about what went wrong."""

WORTH_IT = 300
"""Jobs below which starting processes costs more than it saves."""


def run_jobs(jobs: Sequence[Job]) -> list[str | None]:
    """Every job's result, in their order. An OSError of any of them is raised here.

    The workers are forks: they start at once and share what the jobs close over. Only a process with a single thread
    may fork safely; any other runs the jobs itself.
    """
    workers = min(os.cpu_count() or 1, 8)
    if len(jobs) < WORTH_IT or workers == 1 or sys.platform != "linux" or threading.active_count() > 1:
        return [job() for job in jobs]
    context = multiprocessing.get_context("fork")
    running = []
    for worker in range(1, workers):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(jobs[worker::workers], there), daemon=True)
        process.start()
        there.close()
        running.append((worker, process, here))
    results: list[str | None] = [None] * len(jobs)
    results[0::workers] = [job() for job in jobs[0::workers]]
    for worker, process, connection in running:
        results[worker::workers] = _received(connection)
        process.join()
    return results


def _work(jobs: Sequence[Job], answer: Connection) -> None:
    try:
        answer.send([job() for job in jobs])
    except OSError as error:
        answer.send(error)


def _received(connection: Connection) -> list[str | None]:
    try:
        answer = connection.recv()
    except EOFError as error:
        msg = "a worker of the site's build was killed: too little memory?"
        raise ChildProcessError(None, msg) from error
    if isinstance(answer, OSError):
        raise answer
    return cast("list[str | None]", answer)
