"""Hidden tests run on a mutant in the sandbox that grades cells."""

import asyncio
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from codingagentbench.catalog.load import TaskFolder
from codingagentbench.mutation.base import Base
from codingagentbench.mutation.trees import language_of
from codingagentbench.runner.copies import read_image
from codingagentbench.runner.grade import Patched, grade
from codingagentbench.runner.launch import grader_spec
from codingagentbench.runner.prepare import Template
from codingagentbench.runner.tree import snapshot
from codingagentbench.sandbox.base import Limits, Sandbox
from codingagentbench.sandbox.toolchains import FoundToolchain
from codingagentbench.scoring.pass_rate import canary_sang, reported_tests
from codingagentbench.scoring.test_output import listed_tests
from codingagentbench.store.record import Grade

BUILD: Mapping[str, tuple[str, ...]] = {
    "python": ("{python}", "-I", "-S", "-B", "-c", "import sys; compile(open(sys.argv[1], 'rb').read(), 'it', 'exec')"),
    "javascript": ("{node}", "--check"),
    "bash": ("{bash}", "-n"),
    "typescript": ("{tsc}", "--noEmit", "--target", "es2020", "--module", "es2020"),
}
"""What has to succeed on the mutated file where running the tests would not show that it builds. The tests of compiled
languages are built together with it: when any of them is reported, all was built."""
_LEAST_S, _FACTOR = 10, 6
"""Seconds that a mutant's tests may take: at least, and in terms of the correct source's."""
Ending = Literal["killed", "survived", "not built", "crashed", "hung"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a mutant's tests ended; `failing`: the listed ones that did not pass, in the task's order."""

    ending: Ending
    failing: tuple[str, ...] = ()
    seconds: float = 0.0


class Bench:
    """A base on disk, ready to have its tests run with any one file changed."""

    def __init__(self, base: Base, engine: Sandbox, toolchains: Sequence[FoundToolchain], scratch: Path) -> None:
        self.base = base
        self._engine = engine
        self._toolchains = toolchains
        self._scratch = scratch
        self._count = 0
        _write(scratch / "base" / "workdir", base.work, base.executable, "")
        _write(scratch / "base" / "grader", base.grader, base.executable, "grader/")
        tree = scratch / "base" / "workdir"
        self._template = Template(tree, read_image(tree), snapshot(tree), {})
        self._task = replace(base.task, folder=scratch / "base")
        self._limit_s = base.task.task.scorer.timeout_s

    async def correct(self) -> Verdict:
        """The base itself: it must survive. Sets the time that its mutants may take."""
        verdict = await self._verdict(None, self._task)
        self._limit_s = min(self._limit_s, max(_LEAST_S, math.ceil(_FACTOR * verdict.seconds)))
        return verdict

    async def mutant(self, path: str, content: bytes) -> Verdict:
        """The base with `content` in `path`. One that hangs gets a second, longer turn: the machine may be busy."""
        verdict = Verdict("hung")
        if not await self._builds(path, content):
            return Verdict("not built")
        for limit in (self._limit_s, 2 * self._limit_s):
            scorer = self._task.task.scorer.model_copy(update={"timeout_s": limit})
            task = replace(self._task, task=self._task.task.model_copy(update={"scorer": scorer}))
            verdict = await self._verdict((path, content), task)
            if verdict.ending != "hung":
                break
        return verdict

    async def _verdict(self, change: tuple[str, bytes] | None, task: TaskFolder) -> Verdict:
        folder = await self._laid_out(change)
        try:
            tree, home = folder / "tree", folder / "home"
            patched = Patched(tree, None, {})
            label = f"mutate/{task.task.id}"
            graded = await grade(self._engine, task, self._template, patched, self._toolchains, home, label)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        return _read(task, graded)

    async def _builds(self, path: str, content: bytes) -> bool:
        command = BUILD.get(language_of(path, content) or "")
        if command is None:
            return True
        folder = await self._laid_out((path, content))
        try:
            (folder / "home").mkdir()
            limits = Limits(wall_s=self._task.task.scorer.timeout_s)
            spec = grader_spec(
                [*command, path], self._toolchains, {}, limits, tree=folder / "tree", home=folder / "home"
            )
            return (await self._engine.run(spec)).exit_code == 0
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _laid_out(self, change: tuple[str, bytes] | None) -> Path:
        self._count += 1
        folder = self._scratch / f"trial-{self._count}"
        folder.mkdir()
        await asyncio.to_thread(self._template.image.write, folder / "tree")
        if change is not None:
            (folder / "tree" / change[0]).write_bytes(change[1])
        return folder


def _read(task: TaskFolder, graded: Grade) -> Verdict:
    reported = reported_tests(task.task, graded)
    tests = listed_tests(task.task.scorer.tests, reported)
    failing = tuple(test.name for test in tests if test.status != "passed")
    if graded.timed_out:
        return Verdict("hung", failing, graded.duration_s)
    if not reported:
        return Verdict("not built", failing, graded.duration_s)
    if failing:
        return Verdict("killed", failing, graded.duration_s)
    whole = graded.exit_code == 0 and canary_sang(task.task, graded)
    # crashed: no pass, and yet no test names what is wrong
    return Verdict("survived" if whole else "crashed", (), graded.duration_s)


def _write(root: Path, files: Mapping[str, bytes], executable: frozenset[str], prefix: str) -> None:
    root.mkdir(parents=True)
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(0o755 if prefix + path in executable else 0o644)
