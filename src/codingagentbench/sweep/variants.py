"""Scored cells by the variant of their task."""

from collections.abc import Iterator
from pathlib import Path

from codingagentbench.stats.contamination import Scored
from codingagentbench.store.attempts import latest_attempts
from codingagentbench.sweep.failures import FAILURES


def scored_variants(results: Path, sweep: str | None, *, originals: bool) -> Iterator[Scored]:
    """Cells on mutants, and with `originals` on the tasks that they were made from.

    Raises UsageError where `sweep` has no results. A record of an older CAB, which does not name its variant, is none.
    """
    for attempt in latest_attempts(results, sweep):
        record = attempt.record
        passed = record.axes.pass_rate.pass_
        if record.base_task is None or passed is None or not FAILURES[record.outcome].scored:
            continue
        if record.base_task == record.task_id and not originals:
            continue
        yield Scored(
            tui=record.tui,
            model=record.model,
            control=record.control is not None,
            base=record.base_task,
            held_out=record.variant == "held-out",
            passed=passed == 1,
        )
