"""The correct state of a task, in memory, with names of a seed's own: what its mutants are made from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from codingagentbench.catalog.load import TaskFolder
from codingagentbench.errors import UsageError
from codingagentbench.gateway.controls.work import DELETED
from codingagentbench.globs import matches
from codingagentbench.mutation.names import renamable
from codingagentbench.mutation.operators import RULES
from codingagentbench.mutation.rename import new_names, renamed, renamed_prose
from codingagentbench.mutation.trees import language_of
from codingagentbench.runner.tree import walk

_TESTS = (
    *("tests/**", "test/**", "**/tests/**", "**/test/**", "**/__tests__/**", "spec/**"),
    *("**/test_*", "**/*_test.*", "**/*.test.*", "**/*.spec.*", "**/*Test.java", "**/conftest.py"),
)


@dataclass(frozen=True)
class Base:
    """`work`: the work directory with the solution in it; `grader`: the hidden files. Paths to contents."""

    task: TaskFolder
    work: Mapping[str, bytes]
    grader: Mapping[str, bytes]
    executable: frozenset[str]
    """Paths of `work` and, behind `grader/`, of `grader` that may be run."""
    prompt: str
    names: Mapping[str, str]
    """Old name to new one."""

    def sources(self) -> dict[str, bytes]:
        """Files that can be mutated: code of a language with operators, no test, not protected, not the grader's."""
        return {
            path: content
            for path, content in self.work.items()
            if language_of(path, content) in RULES
            and not matches(path, [*_TESTS, *self.task.task.protected])
            and path not in self.grader
        }


def read_base(task: TaskFolder) -> Base:
    """The task's correct state under its own names. Raises UsageError for a task that has no mutants."""
    if task.task.scorer.kind != "tests" or task.task.behaviour is not None:
        msg = f"task {task.task.id}: judged by more than hidden tests: accepted: a task whose tests alone decide"
        raise UsageError(msg)
    if task.task.history:
        msg = f"task {task.task.id}: has a history, which would show the mutation: accepted: a task without one"
        raise UsageError(msg)
    if task.task.mutation is not None:
        msg = f"task {task.task.id}: a mutant already, of {task.task.mutation.base}: accepted: a task that is none"
        raise UsageError(msg)
    work, runs = _read(task.workdir)
    solution, more = _read(task.solution)
    for path in solution.pop(DELETED, b"").decode().splitlines():
        if path and not path.startswith("#"):
            work = {p: c for p, c in work.items() if p != path and not p.startswith(f"{path.rstrip('/')}/")}
    grader, hidden = _read(task.grader)
    executable = frozenset({*runs, *more, *(f"grader/{path}" for path in hidden)})
    return Base(task, dict(sorted({**work, **solution}.items())), grader, executable, task.prompt, {})


def candidate_names(base: Base, seed: str) -> dict[str, str]:
    """Every name that could be changed, with its new one."""
    every = {**{f"workdir/{p}": c for p, c in base.work.items()}, **{f"grader/{p}": c for p, c in base.grader.items()}}
    fixed = (base.task.folder / "task.toml").read_text(encoding="utf-8")
    return new_names(seed, renamable(base.sources(), every, fixed), {**every, "prompt.md": base.prompt.encode()})


def with_names(base: Base, names: Mapping[str, str]) -> Base:
    """The same task under other names."""
    return replace(
        base,
        work=renamed(base.work, names),
        grader=renamed(base.grader, names),
        prompt=renamed_prose(base.prompt, names),
        names=dict(names),
    )


def _read(folder: Path) -> tuple[dict[str, bytes], set[str]]:
    """Contents by path, sorted, and the paths of what may be run."""
    found = sorted(walk(folder), key=lambda node: node.path)
    contents = {os.fsdecode(n.path): (folder / os.fsdecode(n.path)).read_bytes() for n in found}
    return contents, {os.fsdecode(n.path) for n in found if n.executable}
