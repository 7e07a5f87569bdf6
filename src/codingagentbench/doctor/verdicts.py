"""The doctor's last verdict on a task, kept by the task's digest, so that a sweep need not ask again."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from codingagentbench.catalog.load import TaskFolder
from codingagentbench.doctor.examine import Examination
from codingagentbench.errors import UsageError
from codingagentbench.paths import cache_root

_SHOWN = 3


class Verdict(msgspec.Struct, frozen=True):
    """One file of the cache, `doctor/<digest>.json`."""

    task_id: str
    digest: str
    ok: bool
    failed: list[str]


def keep(found: Examination) -> None:
    """Remember the verdict; one that could not be reached leaves the last one."""
    if found.ok is None or not found.digest:
        return
    verdict = Verdict(found.task_id, found.digest, found.ok, found.failed)
    place = _place(found.digest)
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_suffix(".partial")
    partial.write_bytes(msgspec.json.encode(verdict))
    partial.rename(place)


def last_verdict(digest: str) -> Verdict | None:
    """None where the doctor never saw this very task on this machine (or the file is damaged)."""
    try:
        return msgspec.json.decode(_place(digest).read_bytes(), type=Verdict)
    except (OSError, msgspec.MsgspecError):
        return None


def refuse_bad_tasks(tasks: Iterable[TaskFolder]) -> list[str]:
    """Ids of the tasks that the doctor has not seen. Raises UsageError for those that it found bad."""
    bad, unseen = [], []
    for task in tasks:
        verdict = last_verdict(task.digest)
        if verdict is None:
            unseen.append(task.task.id)
        elif not verdict.ok:
            more = f" and {len(verdict.failed) - _SHOWN} more" if len(verdict.failed) > _SHOWN else ""
            bad.append(f"task {task.task.id}: found bad by the doctor: {'; '.join(verdict.failed[:_SHOWN])}{more}")
    if bad:
        names = " ".join(line.split()[1].rstrip(":") for line in bad)
        msg = "\n".join([*bad, f"mend it and run `cab task doctor {names}`, or leave it out of the sweep"])
        raise UsageError(msg)
    return unseen


def _place(digest: str) -> Path:
    return cache_root() / "doctor" / f"{digest.removeprefix('sha256:')}.json"
