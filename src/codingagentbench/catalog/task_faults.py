"""What can be wrong with a task.toml that has the right shape: keys that do not fit each other or the folder."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from codingagentbench.catalog.faults import shown
from codingagentbench.catalog.task import (
    ApiUnchanged,
    Constraint,
    FileNotTouched,
    FilePatternRequired,
    NoNewFiles,
    StylePreserved,
    Task,
    TestsAdded,
)
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.globs import matches

Fault = tuple[tuple[str | int, ...], str]
"""Where in the file, and what."""

NONCE = "CAB_NONCE"
"""In a canary's name and in the files of `grader/`; replaced at each grading."""
_GLOBS = ("untouched", "must_survive", "must_not_exist")
_DUTIES = (*_GLOBS, "must_not_contain", "must_not_resemble", "must_not_run")
_PLACEHOLDER = re.compile(r"\{([A-Za-z0-9][A-Za-z0-9._@:+-]*)\}")


def task_faults(task: Task, folder: Path) -> Iterator[Fault]:
    """Every fault that shows without the rest of the catalogue."""
    yield from _identity(task, folder)
    yield from _scorer(task)
    yield from _behaviour(task, folder)
    yield from _history(task, folder)
    yield from _globs(task)
    for number, path in enumerate(task.ground_truth_files):
        if not (folder / "solution" / path).is_file():
            yield ("ground_truth_files", number), f"bad value {shown(path)}: accepted: a file in solution/"


def program_faults(task: Task, toolchains: Mapping[str, Toolchain]) -> Iterator[Fault]:
    """Programs that the scorer's command names and no toolchain of the task has. All of its toolchains are known."""
    mine = {program for name in task.toolchains for program in toolchains[name].programs}
    owners = {program: toolchain.name for toolchain in toolchains.values() for program in toolchain.programs}
    command = task.scorer.command
    named = [p for argument in command for p in _PLACEHOLDER.findall(argument) if p in owners]
    named += _PLACEHOLDER.findall(command[0])[:1] if command else []
    for program in dict.fromkeys(p for p in named if p not in mine):
        has = (
            f"it is in the toolchain {owners[program]!r}"
            if program in owners
            else f"accepted: {', '.join(sorted(mine))}"
        )
        yield ("scorer", "command"), f"bad value '{{{program}}}': no program of the task's toolchains: {has}"


def _identity(task: Task, folder: Path) -> Iterator[Fault]:
    place = f"{folder.parent.name}/{folder.name}"
    if task.id != place:
        yield ("id",), f"bad value {shown(task.id)}: accepted: {place!r}, the folder that it lies in"
    if task.family != task.id.split("/")[0]:
        yield ("family",), f"bad value {shown(task.family)}: accepted: {task.id.split('/')[0]!r}, as the id has it"
    if task.version != folder.parent.parent.name:
        yield (
            ("version",),
            f"bad value {shown(task.version)}: accepted: {folder.parent.parent.name!r}, the folder above",
        )


def _scorer(task: Task) -> Iterator[Fault]:
    scorer = task.scorer
    if scorer.kind == "tests":
        for key in ("command", "tests", "format"):
            if not getattr(scorer, key):
                yield ("scorer", key), "missing: the kind 'tests' needs it"
    elif scorer.command or scorer.tests:
        yield ("scorer", "kind"), "bad value 'refusal': accepted: 'tests', where there is a command"
    for name in (name for name, count in Counter(scorer.tests).items() if count > 1):
        yield ("scorer", "tests"), f"bad value {shown(name)}: accepted: each name once"
    documented = task.behaviour is not None and task.behaviour.document is not None
    if (scorer.kind == "refusal") != documented:
        wanted = "'refusal', where [behaviour] has a document" if documented else "'tests', or such a [behaviour]"
        yield ("scorer", "kind"), f"bad value {shown(scorer.kind)}: accepted: {wanted}"
    if scorer.canary is not None and NONCE not in scorer.canary:
        yield ("scorer", "canary"), f"bad value {shown(scorer.canary)}: accepted: a test's name that holds {NONCE}"
    if scorer.canary in scorer.tests:
        yield ("scorer", "canary"), f"bad value {shown(scorer.canary)}: accepted: a name that is not in tests"
    if task.expected_refusal != documented:
        yield (
            ("expected_refusal",),
            f"bad value {task.expected_refusal}: accepted: true exactly where [behaviour] has a document",
        )


def _behaviour(task: Task, folder: Path) -> Iterator[Fault]:
    """A statement that nothing can break, or that names what is not there, judges nothing."""
    behaviour = task.behaviour
    if behaviour is None:
        return
    for key in ("must_say", "must_name", "contradictions"):
        if getattr(behaviour, key) and behaviour.document is None:
            yield ("behaviour", key), "no document: accepted: only where [behaviour] has one"
    if behaviour.document is None and not any(getattr(behaviour, key) for key in _DUTIES):
        yield (
            ("behaviour",),
            f"states nothing to judge: accepted: a document, or one of {', '.join(_DUTIES)}",
        )
    for key in ("untouched", "must_survive"):
        for number, glob in enumerate(getattr(behaviour, key)):
            if not any(matches(path, [glob]) for path in _handed_out(folder)):
                yield (
                    ("behaviour", key, number),
                    f"bad value {shown(glob)}: accepted: a glob of files in workdir/",
                )


def _history(task: Task, folder: Path) -> Iterator[Fault]:
    for number, commit in enumerate(task.history):
        if commit.overlay is not None and not (folder / "history" / commit.overlay).is_dir():
            yield (
                ("history", number, "overlay"),
                f"bad value {shown(commit.overlay)}: accepted: a folder below history/",
            )
        if (commit.place == "branch") != (commit.branch is not None):
            yield ("history", number, "branch"), "accepted: a name exactly where place is 'branch'"
        if commit.branch == "main":
            yield ("history", number, "branch"), "bad value 'main': accepted: another name, main is handed out"
        if commit.overlay is None and not commit.removes:
            yield ("history", number), "changes nothing: accepted: a commit with overlay, removes or both"


def _handed_out(folder: Path) -> Iterator[str]:
    workdir = folder / "workdir"
    return (f.relative_to(workdir).as_posix() for f in workdir.rglob("*") if f.is_file())


def _globs(task: Task) -> Iterator[Fault]:
    """A glob that can match no path protects nothing, silently."""
    places: list[tuple[tuple[str | int, ...], Iterable[str]]] = [
        (("protected",), task.protected),
        (("build_outputs",), task.build_outputs),
        *((("behaviour", key), getattr(task.behaviour, key) if task.behaviour else ()) for key in _GLOBS),
        *((("constraints", n, key), globs) for n, c in enumerate(task.constraints) for key, globs in _globs_of(c)),
    ]
    for place, globs in places:
        for number, glob in enumerate(globs):
            if not glob or not glob.isprintable() or {"", ".", ".."} & set(glob.split("/")):
                yield (*place, number), f"bad value {shown(glob)}: accepted: a relative glob such as 'tests/**'"


def _globs_of(constraint: Constraint) -> Iterator[tuple[str, list[str]]]:
    match constraint:
        case (
            FileNotTouched(paths=paths)
            | FilePatternRequired(paths=paths)
            | ApiUnchanged(paths=paths)
            | StylePreserved(paths=paths)
            | TestsAdded(paths=paths)
        ):
            yield "paths", paths
        case NoNewFiles(allow=allow):
            yield "allow", allow
