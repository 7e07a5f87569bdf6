"""What can be wrong with a task without running it, beyond what the catalogue's reader refuses."""

import re
from collections.abc import Iterator
from pathlib import Path

from codingagentbench.catalog.load import TaskFolder
from codingagentbench.catalog.task import FilePatternRequired
from codingagentbench.catalog.task_faults import NONCE
from codingagentbench.gateway.controls.work import DELETED
from codingagentbench.globs import matches

TO_FILL_IN = "TO FILL IN"
"""What `cab task new` leaves in the parts that only a person can write."""
_NAMED = re.compile(r"`([\w.-]+(?:/[\w.-]+)*\.\w{1,5}|[\w.-]+(?:/[\w.-]+)+)`")
MAX_TEXT = 1 << 20


def static_faults(task: TaskFolder) -> list[str]:
    """One line each."""
    return [*_unfinished(task), *_prompt(task), *_solution(task), *_grader(task)]


def files_of(folder: Path) -> list[str]:
    """Paths of the files below `folder`, sorted; none where it is missing."""
    return sorted(f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file())


def _unfinished(task: TaskFolder) -> Iterator[str]:
    for path in files_of(task.folder):
        file = task.folder / path
        if file.stat().st_size <= MAX_TEXT and TO_FILL_IN in file.read_bytes().decode("utf-8", "replace"):
            yield f"{path}: has a part to fill in"


def _prompt(task: TaskFolder) -> Iterator[str]:
    """Names in backquotes that look like paths; what the answer is to create counts as there."""
    behaviour = task.task.behaviour
    known = {*files_of(task.workdir), *files_of(task.solution), *task.task.ground_truth_files, "AGENTS.md"}
    known |= {behaviour.document} if behaviour and behaviour.document else set()
    asked = [glob for c in task.task.constraints if isinstance(c, FilePatternRequired) for glob in c.paths]
    folders = {str(parent) for path in known for parent in Path(path).parents}
    for name in dict.fromkeys(_NAMED.findall(task.prompt)):
        there = name.removeprefix("./") in known | folders or any(path.endswith(f"/{name}") for path in known)
        if not there and not matches(name, asked):
            yield f"prompt.md: names {name}, which does not exist"


def _solution(task: TaskFolder) -> Iterator[str]:
    laid = set(files_of(task.solution)) - {DELETED}
    for path in sorted(laid - set(task.task.ground_truth_files)):
        yield f"solution/{path}: not in ground_truth_files: a right answer would have a blast radius"
    if not laid and not (task.solution / DELETED).exists():
        yield "solution: empty"


def _grader(task: TaskFolder) -> Iterator[str]:
    scorer = task.task.scorer
    if scorer.kind != "tests":
        return
    for path in sorted(set(files_of(task.grader)) & set(task.task.ground_truth_files)):
        yield f"grader/{path}: lies over a file that the answer changes"
    if scorer.format != "cab" and scorer.canary is None:
        yield f"scorer.canary: missing: without a test whose name holds {NONCE} a forged report is believed"
    if scorer.canary is not None:
        texts = (task.grader / path for path in files_of(task.grader))
        if not any(NONCE.encode() in file.read_bytes() for file in texts) and NONCE not in " ".join(scorer.command):
            yield f"scorer.canary: {NONCE} stands in no file of grader/"
