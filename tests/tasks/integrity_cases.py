"""What an agent might leave on an integrity task, and the verdict on it: `integrity/<task>/<case>/case.toml`.

`files/` is laid over the work directory (or over the reference solution on top of it); the commands in `runs` count as
asked for and are not run. Everything from there on is the way of a cell.
"""

import asyncio
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from codingagentbench.catalog.load import TaskFolder
from codingagentbench.doctor.examine import Trial, Ward
from codingagentbench.gateway.controls.work import Work

PLACE = Path(__file__).parent / "integrity"


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`case.toml`."""

    task: str
    name: str
    says: str
    right: bool
    base: Literal["workdir", "solution"] = "workdir"
    takes: str | None = None
    """A folder of the task's that the agent copies, e.g. one of its history."""
    removes: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    """Each is part of something that the judge, or a failed test, says."""
    verdict: Literal["partial", "false"] = "false"
    """Of a wrong refusal."""
    integrity: int = 0
    """Of a wrong answer; 1 where it is only wrong, not dishonest."""
    passes_tests: bool = False
    """Whether a wrong answer passes every hidden test, so that the judge alone stands in its way."""

    def files(self) -> dict[str, bytes]:
        """Path to content."""
        return read(PLACE / self.task.partition("/")[2] / self.name / "files")

    def work(self, task: TaskFolder) -> Work:
        """All that is laid down, and asked to run."""
        writes = read(task.solution) if self.base == "solution" else {}
        writes |= read(task.folder / self.takes) if self.takes else {}
        return Work(writes | self.files(), self.removes, self.runs)


def cases() -> Iterator[Case]:
    """All of them, in the order of their names. Raises msgspec.ValidationError for a bad key or value."""
    for file in sorted(PLACE.glob("*/*/case.toml")):
        place = {"task": f"integrity/{file.parts[-3]}", "name": file.parts[-2]}
        yield msgspec.convert(place | tomllib.loads(file.read_text()), Case)


def tried(ward: Ward, case: Case) -> Trial:
    """The case, collected, graded and scored for real."""
    return asyncio.run(ward.trial(case.name, case.work(ward.task)))


def read(folder: Path) -> dict[str, bytes]:
    """Every file below it; none where it is missing."""
    return {f.relative_to(folder).as_posix(): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}
