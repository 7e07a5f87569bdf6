"""Exercism practice exercises: `.meta/config.json`, `.docs/`, stub, tests and example solution.

What is stub, test and solution the exercise's own config says (`files.solution`, `files.test`, `files.example` or
`files.exemplar`). How its tests are run is the track's matter (`tracks.py`).
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from codingagentbench.catalog.base import RelativePath
from codingagentbench.importers.draft import ADDED, Draft
from codingagentbench.importers.files import Files, SourceFile, find_folders, read_tree, refusal
from codingagentbench.importers.tracks import TRACKS, Exercise

CONFIG = ".meta/config.json"
MAX_CONFIG_BYTES = 1 << 20
_DOCS = (".docs/introduction.md", ".docs/instructions.md", ".docs/instructions.append.md")
_HIDDEN = (".meta/", ".docs/", ".approaches/", ".articles/")
Paths = Annotated[list[RelativePath], Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class _Listed(_Model):
    solution: Paths
    test: Paths
    example: Paths | None = None
    exemplar: Paths | None = None
    editor: list[RelativePath] = []


class _Config(_Model):
    files: _Listed


def exercism_drafts(root: Path) -> Iterator[tuple[Path, Callable[[], Draft]]]:
    """Every folder with a `.meta/config.json` at or below `root`."""
    for folder in find_folders(root, CONFIG):
        yield folder, partial(_draft, folder)


def _draft(folder: Path) -> Draft:
    """Raises CatalogError where the exercise cannot be a task here."""
    files = read_tree(folder)
    listed = _config(folder, files).files
    solutions = listed.example or listed.exemplar
    if solutions is None:
        raise refusal(folder / CONFIG, "files.example: missing: what a right answer is has to be known")
    for key, paths in (("solution", listed.solution), ("test", listed.test), ("example", solutions)):
        for path in (p for p in paths if p not in files):
            raise refusal(folder / CONFIG, f"files.{key}: bad value {path!r}: no such file in the exercise")
    exercise = Exercise(folder, _track(folder, listed), folder.name, files, listed.solution, listed.test)
    solution = _solution(folder, files, listed.solution, solutions)
    handed_out = {p: f for p, f in files.items() if not p.startswith(_HIDDEN) and p not in solutions}
    return _as_draft(exercise, handed_out, solution)


def _as_draft(exercise: Exercise, handed_out: Files, solution: Files) -> Draft:
    run = TRACKS[exercise.track](exercise)
    tests = {p: exercise.files[p] for p in exercise.tests}
    under = f"{run.below}/" if run.below else ""
    task: dict[str, object] = {
        "language": exercise.track,
        "title": exercise.slug.replace("-", " ").capitalize(),
        "added": ADDED,
        "source": f"Exercism practice exercise {exercise.slug} ({exercise.track} track)",
        "ground_truth_files": [under + p for p in sorted(solution)],
        "protected": list(dict.fromkeys(under + p for p in [*sorted(tests), *run.grader])),
        "toolchains": run.toolchains,
        "build_outputs": run.build_outputs,
        "budget": {"max_turns": 50, "timeout_s": 900},
        "scorer": {"kind": "tests", **run.scorer},
    }
    grader = {**tests, **run.grader}
    return Draft(
        id=f"exercism/{exercise.track}-{_slug(exercise)}",
        task=task,
        prompt=_prompt(exercise, under),
        workdir={under + p: f for p, f in handed_out.items()},
        grader={under + p: f for p, f in grader.items()},
        solution={under + p: f for p, f in solution.items()},
        notes=run.notes,
    )


def _config(folder: Path, files: Files) -> _Config:
    place = folder / CONFIG
    if CONFIG not in files:
        raise refusal(place, "not a plain file")
    try:
        data: Any = json.loads(files[CONFIG].content[:MAX_CONFIG_BYTES])
    except (ValueError, RecursionError) as error:
        raise refusal(place, f"not JSON: {error}") from error
    try:
        return _Config.model_validate(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "(top level)"
        raise refusal(place, f"{key}: {first['msg']}") from error


_SUFFIXES = {".py": "python", ".go": "go", ".rs": "rust", ".js": "javascript", ".java": "java", ".cpp": "cpp"}


def _track(folder: Path, listed: _Listed) -> str:
    """By the suffix of the tests: an exercise does not say of which track it is."""
    for path in listed.test:
        track = _SUFFIXES.get(Path(path).suffix)
        if track is not None:
            return track
    accepted = ", ".join(_SUFFIXES)
    raise refusal(folder / CONFIG, f"files.test: bad value {listed.test[0]!r}: accepted: tests in {accepted}")


def _slug(exercise: Exercise) -> str:
    slug = re.sub(r"[^a-z0-9._-]", "-", exercise.slug.lower()).lstrip("-._")
    if not slug:
        raise refusal(exercise.folder, "the folder's name gives no task id: accepted: names such as two-fer")
    return slug


def _solution(folder: Path, files: Files, stubs: list[str], examples: list[str]) -> dict[str, SourceFile]:
    """The example under the stub's name: by position where there is one for each, else by the same suffix."""
    if len(examples) == len(stubs):
        pairs = list(zip(stubs, examples, strict=True))
        if all(Path(a).suffix == Path(b).suffix for a, b in pairs):
            return {stub: files[example] for stub, example in pairs}
    by_suffix = {Path(stub).suffix: stub for stub in stubs}
    found = {by_suffix[Path(e).suffix]: files[e] for e in examples if Path(e).suffix in by_suffix}
    if len(found) != len(examples):
        raise refusal(folder / CONFIG, f"files.example: {len(examples)} files for {len(stubs)} of files.solution")
    return found


def _prompt(exercise: Exercise, under: str) -> str:
    docs = [exercise.files[d].content.decode("utf-8", "replace").strip() for d in _DOCS if d in exercise.files]
    if not docs:
        raise refusal(exercise.folder / ".docs", "no introduction.md or instructions.md: the task has no prompt")
    stubs = ", ".join(f"`{under}{p}`" for p in exercise.stubs)
    closing = (
        f"Write your solution into {stubs}, keeping the names that the tests use. "
        "Do not change the tests or add dependencies; only the standard library is there."
    )
    return "\n\n".join([*docs, "## What to do", closing]) + "\n"
