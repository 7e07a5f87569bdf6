"""grade: a second, pristine sandbox: the task with the agent's diff, protected paths restored, hidden tests added."""

import asyncio
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from codingagentbench.catalog.load import TaskFolder
from codingagentbench.catalog.task_faults import NONCE
from codingagentbench.globs import matches
from codingagentbench.graders.python_tests import NONCE_FILE
from codingagentbench.runner.git import GIT_ENV
from codingagentbench.runner.labels import cell_labels
from codingagentbench.runner.launch import RESULTS, grader_places, grader_spec, seen_too
from codingagentbench.runner.prepare import Template
from codingagentbench.runner.tree import walk
from codingagentbench.sandbox.base import Limits, Sandbox, SandboxExit
from codingagentbench.sandbox.toolchains import FoundToolchain
from codingagentbench.scoring.evidence import SourcePair
from codingagentbench.store.record import Changes, Grade

MAX_SOURCE_BYTES = 1 << 20
MAX_DOCUMENT_BYTES = 256 << 10
GRADER_OUTPUT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Patched:
    """The pristine tree with the agent's diff in it, and the changed texts on both sides."""

    tree: Path
    error: str | None
    sources: Mapping[str, SourcePair]


def apply_patch(template: Template, changes: Changes, patch: bytes, tree: Path) -> Patched:
    """Rebuild the agent's work in `tree` from what is stored. git refuses paths that climb or go through links."""
    template.image.write(tree, git=False)
    error = _git_apply(patch, tree) if patch else None
    pairs = {
        c.path: SourcePair(before=_text(template.tree, c.path), after=_text(tree, c.path))
        for c in changes.changes
        if not (c.dropping or c.build_output)
    }
    return Patched(tree, error, pairs)


async def grade(
    engine: Sandbox,
    task: TaskFolder,
    template: Template,
    patched: Patched,
    toolchains: Sequence[FoundToolchain],
    home: Path,
    cell_id: str,
    limits: Limits | None = None,
) -> Grade:
    """Run the hidden tests, or read the refusal document. Raises SandboxError when the sandbox could not be made."""
    scorer, nonce = task.task.scorer, f"n{secrets.token_hex(8)}"
    document, restored = await asyncio.to_thread(_lay_out, task, template, patched.tree, home, nonce)
    if scorer.kind == "refusal":
        return _grade(task, patched, restored, document, None)
    held = replace(limits or Limits(wall_s=0), wall_s=scorer.timeout_s, output_bytes=GRADER_OUTPUT_BYTES)
    command = [argument.replace(NONCE, nonce) for argument in scorer.command]
    places = [*seen_too(task.task, patched.tree), *grader_places(task.task, patched.tree)]
    spec = grader_spec(
        command,
        toolchains,
        {**task.task.env, **scorer.env},
        held,
        tree=patched.tree,
        home=home,
        labels=cell_labels(cell_id, "grade"),
        places=places,
    )
    ended = await engine.run(spec)
    graded = _grade(task, patched, restored, document, ended)
    results = await asyncio.to_thread(_text, home, RESULTS)
    return msgspec.structs.replace(graded, nonce=nonce, results=results)


def _lay_out(task: TaskFolder, template: Template, tree: Path, home: Path, nonce: str) -> tuple[str | None, list[str]]:
    """Make the tree what the grader is to see; the refusal document and the paths that were put back."""
    document = _document(task, tree)
    restored = _restore_protected(task, template, tree)
    if task.task.scorer.kind == "tests":
        lay_over(task.grader, tree)
        _put_nonce(task.grader, tree, nonce)
        for folder in task.task.scorer.places.values():
            _clear_way(tree, Path(folder, "any"))
        home.mkdir()
        (home / NONCE_FILE).write_text(nonce)
    return document, restored


def _put_nonce(grader: Path, tree: Path, nonce: str) -> None:
    """In the files of the grader: a report that knows it was made by this grading's runner, to its end."""
    for node in walk(grader):
        place = tree / os.fsdecode(node.path)
        content = place.read_bytes()
        if NONCE.encode() in content:
            place.write_bytes(content.replace(NONCE.encode(), nonce.encode()))


def lay_over(source: Path, target: Path) -> None:
    """Copy every file of `source` to its place in `target`, replacing what is there and following no link there."""
    for node in walk(source):
        relative = Path(os.fsdecode(node.path))
        place = _clear_way(target, relative)
        shutil.copy2(source / relative, place, follow_symlinks=False)


def _clear_way(root: Path, relative: Path) -> Path:
    """Make the parents real folders (whatever an agent put there) and the place itself empty."""
    here = root
    for part in relative.parent.parts:
        here = here / part
        if here.is_symlink() or (here.exists() and not here.is_dir()):
            here.unlink()
        here.mkdir(exist_ok=True)
    place = root / relative
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    return place


def _restore_protected(task: TaskFolder, template: Template, tree: Path) -> list[str]:
    """Put protected paths back as they were handed out, and take away what was added among them."""
    pristine = {p.decode(): known for p, known in template.snapshot.items()}
    present = {os.fsdecode(n.path): n for n in walk(tree)}
    protected = [p for p in {*pristine, *present} if matches(p, task.task.protected)]
    restored = []
    for path in sorted(protected):
        before = _bytes_of(template.tree, path)
        if path in present and path in pristine and _bytes_of(tree, path) == before:
            continue
        place = _clear_way(tree, Path(path))
        if path in pristine:
            shutil.copy2(template.tree / path, place, follow_symlinks=False)
        restored.append(path)
    return restored


def _git_apply(patch: bytes, tree: Path) -> str | None:
    """None, or git's own words on why the patch does not apply."""
    env = {**GIT_ENV, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(command, cwd=tree, env=env, input=patch, capture_output=True, check=False, timeout=60)
    return None if done.returncode == 0 else done.stderr.decode("utf-8", "replace").strip()


def _document(task: TaskFolder, tree: Path) -> str | None:
    behaviour = task.task.behaviour
    return _text(tree, behaviour.document, MAX_DOCUMENT_BYTES) if behaviour and behaviour.document else None


def _text(root: Path, path: str, limit: int = MAX_SOURCE_BYTES) -> str | None:
    """A file's text; None where it is missing, not a plain file, too large or not UTF-8."""
    data = _bytes_of(root, path, limit)
    if data is None:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _bytes_of(root: Path, path: str, limit: int = MAX_SOURCE_BYTES * 64) -> bytes | None:
    """A plain file's bytes, reached through real folders only."""
    place = root / path
    if any(parent.is_symlink() for parent in [place, *place.parents] if parent != root and root in parent.parents):
        return None
    if not place.is_file() or place.stat().st_size > limit:
        return None
    return place.read_bytes()


def _grade(
    task: TaskFolder, patched: Patched, restored: list[str], document: str | None, ended: SandboxExit | None
) -> Grade:
    return Grade(
        kind=task.task.scorer.kind,
        exit_code=ended.exit_code if ended else None,
        timed_out=ended.timed_out if ended else False,
        duration_s=ended.wall_s if ended else 0.0,
        cpu_s=ended.cpu_s if ended else None,
        stdout=ended.stdout.decode("utf-8", "replace") if ended else "",
        stderr=ended.stderr.decode("utf-8", "replace") if ended else "",
        restored=restored,
        patch_applied=patched.error is None,
        patch_error=patched.error,
        document=document,
    )
