"""Our tasks as Harbor folders: the hidden grader as `tests/test.sh`, the solution as `solution/solve.sh`."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from codingagentbench import globs
from codingagentbench.catalog.load import Catalog, TaskFolder
from codingagentbench.catalog.task_faults import NONCE
from codingagentbench.catalog.toml_text import toml_text
from codingagentbench.errors import UsageError, unknown_name
from codingagentbench.globs import matches
from codingagentbench.runner.launch import OWN_GRADERS, fill

WORKDIR = "/work"
SCHEMA = "1.3"
_PACKAGES = {
    "python": ["python3"],
    "node": ["nodejs"],
    "bash": ["bash"],
    "go": ["golang-go", "gcc", "libc6-dev"],
    "rust": ["rustc", "cargo", "gcc", "libc6-dev"],
    "c": ["gcc", "libc6-dev"],
    "cpp": ["g++"],
    "java": ["default-jdk-headless"],
    "sqlite": ["sqlite3"],
    "typescript": ["node-typescript"],
}
"""Debian packages by toolchain, for the exported Dockerfile."""
_RESULTS = "/tmp/cab-results"  # noqa: S108  # of Harbor's container
_TEST_SH = """\
#!/bin/sh
# Runs the hidden tests over the work directory and writes the reward: 1 when all of them pass, else 0.
exec python3 -I -B /tests/harbor_judge.py
"""
_SOLVE_SH = """\
#!/bin/sh
# Lays the solution over the work directory, and takes away what it removes.
set -eu
cd "${CAB_WORK:-/work}"
here=$(dirname "$0")
cp -R "$here/files/." .
if [ -f .deleted ]; then
    while IFS= read -r path; do
        case "$path" in '' | '#'*) ;; *) rm -rf -- "./$path" ;; esac
    done < .deleted
    rm -f .deleted
fi
"""


def export_harbor(catalog: Catalog, wanted: Sequence[str], folder: Path) -> list[Path]:
    """Write every task that a glob of `wanted` matches below `folder`; the folders written.

    Raises UsageError, before anything is written, for an unknown id, a task that Harbor cannot judge, or a folder that
    is there already.
    """
    chosen: dict[str, TaskFolder] = {}
    for glob in wanted:
        names = [name for name in catalog.task_places if matches(name, [glob])]
        if not names:
            raise unknown_name("task", glob, catalog.task_places)
        chosen |= {name: catalog.task(name) for name in names}
    places = {name: folder / name.replace("/", "--") for name in chosen}
    faults = [fault for name, task in chosen.items() for fault in _faults(task, places[name])]
    if faults:
        raise UsageError("\n".join(faults))
    for name, task in chosen.items():
        _write(catalog, task, places[name])
    return list(places.values())


def _faults(task: TaskFolder, place: Path) -> Iterator[str]:
    if place.exists():
        yield f"{place}: is there already: remove it, or choose another folder"
    if task.task.scorer.kind != "tests" or task.task.behaviour is not None:
        yield f"{task.task.id}: its judge is CAB's own ([behaviour]): accepted: tasks that tests alone decide"
    if task.task.history:
        yield f"{task.task.id}: its work directory has a history, which a Harbor folder cannot hold"
    for name in task.task.toolchains:
        if name not in _PACKAGES:
            yield f"{task.task.id}: toolchain {name!r}: accepted: {', '.join(_PACKAGES)}"


def _write(catalog: Catalog, task: TaskFolder, place: Path) -> None:
    work = place / "environment" / "work"
    shutil.copytree(task.workdir, work)
    if task.agents_md:
        (work / "AGENTS.md").write_text(task.agents_md, encoding="utf-8")
    if not any(work.iterdir()):
        (work / ".gitkeep").touch()
    _text(place / "task.toml", toml_text(_config(task)))
    _text(place / "instruction.md", task.prompt + "\n")
    _text(place / "environment" / "Dockerfile", _dockerfile(task))
    shutil.copytree(task.grader, place / "tests" / "grader")
    (place / "tests" / "protected").mkdir()
    for path in _protected(task):
        (place / "tests" / "protected" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(task.workdir / path, place / "tests" / "protected" / path)
    if task.agents_md and matches("AGENTS.md", task.task.protected):
        _text(place / "tests" / "protected" / "AGENTS.md", task.agents_md)
    shutil.copytree(OWN_GRADERS, place / "tests" / "graders", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    shutil.copy2(Path(globs.__file__), place / "tests" / "globs.py")
    shutil.move(place / "tests" / "graders" / "harbor_judge.py", place / "tests" / "harbor_judge.py")
    _text(place / "tests" / "judge.json", json.dumps(_judged(catalog, task), indent=1) + "\n")
    _text(place / "tests" / "test.sh", _TEST_SH, executable=True)
    shutil.copytree(task.solution, place / "solution" / "files")
    _text(place / "solution" / "solve.sh", _SOLVE_SH, executable=True)


def _config(task: TaskFolder) -> dict[str, object]:
    ours = task.task
    return {
        "schema_version": SCHEMA,
        "source": ours.source,
        "task": {
            "name": f"codingagentbench/{ours.id.replace('/', '--')}",
            "version": ours.version,
            "description": ours.title,
            "keywords": [ours.family, ours.language],
        },
        "metadata": {
            "cab_task_id": ours.id,
            "cab_task_digest": task.digest,
            "max_turns": ours.budget.max_turns,
            "ground_truth_files": ours.ground_truth_files,
            "protected": ours.protected,
        },
        "agent": {"timeout_sec": float(ours.budget.timeout_s)},
        "verifier": {"timeout_sec": float(ours.scorer.timeout_s)},
        "environment": {"network_mode": "public", "workdir": WORKDIR},
    }


def _dockerfile(task: TaskFolder) -> str:
    names = [p for toolchain in task.task.toolchains for p in _PACKAGES[toolchain]]
    packages = " ".join(sorted({"git", "python3", *names}))
    env = "".join(f"ENV {k}={json.dumps(v)}\n" for k, v in task.task.env.items())
    return (
        "FROM debian:bookworm-slim\n"
        f"RUN apt-get update && apt-get install -y --no-install-recommends {packages} && rm -rf /var/lib/apt/lists/*\n"
        f"{env}WORKDIR {WORKDIR}\n"
        f"COPY work/ {WORKDIR}/\n"
        "RUN git init --quiet && git add --all --force && "
        "git -c user.name=task -c user.email=task@invalid commit --quiet -m 'as handed out'\n"
    )


def _judged(catalog: Catalog, task: TaskFolder) -> dict[str, object]:
    """What judge.py needs to run the hidden tests and to read their report."""
    scorer = task.task.scorer
    programs = {n: f"/usr/{p}" for name in task.task.toolchains for n, p in catalog.toolchain(name).programs.items()}
    programs |= {"results": _RESULTS, "graders": "/tests/graders"}
    env = {k: v for name in task.task.toolchains for k, v in catalog.toolchain(name).env.items()}
    return {
        "command": [fill(argument, programs) for argument in scorer.command],
        "env": {**env, **task.task.env, **scorer.env},
        "tests": scorer.tests,
        "format": scorer.format,
        "canary": scorer.canary,
        "nonce": NONCE,
        "partial_credit": scorer.partial_credit,
        "protected": task.task.protected,
        "timeout_s": scorer.timeout_s,
        "work": WORKDIR,
        "home": "/tmp/cab-home",  # noqa: S108  # of Harbor's container
        "results": _RESULTS,
    }


def _protected(task: TaskFolder) -> Iterator[Path]:
    """Files of the work directory that are put back before the tests run; AGENTS.md is written by `_write`."""
    for file in task.workdir.rglob("*"):
        if file.is_file() and matches(file.relative_to(task.workdir).as_posix(), task.task.protected):
            yield file.relative_to(task.workdir)


def _text(file: Path, text: str, *, executable: bool = False) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755 if executable else 0o644)
