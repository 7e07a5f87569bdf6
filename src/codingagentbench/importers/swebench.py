"""SWE-bench rows: `repo`, `base_commit`, `patch`, `test_patch`, `FAIL_TO_PASS`, `PASS_TO_PASS`, `problem_statement`.

A row says which repository, and the repository's snapshot is given as a path: the row's `repo_path`, else
`repos/<owner>__<name>` beside the file of rows. Its objects are read through a repository of our own: no
configuration, hook, filter or attribute of the snapshot's is ever in force.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from codingagentbench.errors import CatalogError, SetupError
from codingagentbench.gateway.controls.work import DELETED
from codingagentbench.importers.draft import ADDED, Draft
from codingagentbench.importers.files import MAX_BYTES, MAX_FILES, Files, SourceFile, read_file, refusal
from codingagentbench.runner.git import GIT_ENV

MAX_ROWS_BYTES = 256 << 20
TEST_LIST = ".cab/tests.txt"
SUFFIXES = (".jsonl", ".json", ".parquet")
_TIMEOUT_S = 60


class Row(BaseModel):
    """One row. Further columns are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    repo: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200)
    base_commit: str = Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")
    patch: str = Field(min_length=1)
    test_patch: str = Field(min_length=1)
    problem_statement: str = Field(min_length=1)
    FAIL_TO_PASS: list[str] | str
    PASS_TO_PASS: list[str] | str = []
    instance_id: str | None = None
    repo_path: str | None = None


def swebench_drafts(root: Path) -> Iterator[tuple[Path, Callable[[], Draft]]]:
    """Every row of the file at `root`, or of the files directly in the folder `root`; named `file:number`."""
    files = [root] if root.is_file() else sorted(f for f in root.glob("*") if f.suffix in SUFFIXES)
    if not root.exists():
        raise refusal(root, "no such file or folder")
    for file in files:
        try:
            rows = list(_rows(file))
        except CatalogError as error:
            yield file, partial(_refuse, error)
            continue
        for number, row in enumerate(rows, 1):
            place = Path(f"{file}:{number}")
            yield place, partial(_draft, place, file, row)


def _refuse(error: CatalogError) -> Draft:
    raise error


def _rows(file: Path) -> Iterator[object]:
    """Raises CatalogError for a file that is not rows."""
    if file.suffix == ".parquet":
        yield from _parquet(file)
        return
    text = read_file(file, MAX_ROWS_BYTES).content
    try:
        if file.suffix == ".jsonl":
            # A line that is no JSON is a row that is refused, not the end of the file.
            yield from (_line(line) for line in text.split(b"\n") if line.strip())
            return
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refusal(file, f"not JSON: {error}") from error
    yield from data if isinstance(data, list) else [data]


def _line(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return error


def _parquet(file: Path) -> Iterator[object]:
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise refusal(file, "Parquet is read with pyarrow, which is not installed: accepted: JSONL") from error
    try:
        yield from parquet.read_table(file).to_pylist()
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise refusal(file, f"not Parquet: {error}") from error


def _draft(place: Path, file: Path, data: object) -> Draft:
    row = _row(place, data)
    before, broken = _names(place, row, "FAIL_TO_PASS"), _names(place, row, "PASS_TO_PASS")
    tests = list(dict.fromkeys([*before, *broken]))
    if not before:
        raise refusal(place, "FAIL_TO_PASS: empty: there is nothing to mend")
    with tempfile.TemporaryDirectory(prefix="cab-swebench-") as scratch:
        work = _snapshot(place, row, _repository(place, file, row), Path(scratch))
        right = _patched(place, "patch", work, row.patch, Path(scratch))
        tested = _patched(place, "test_patch", work, row.test_patch, Path(scratch))
    for path in (p for p in right if p in tested and p != DELETED):
        raise refusal(place, f"patch and test_patch both change {path}")
    if DELETED in tested:
        gone = tested[DELETED].content.decode("utf-8", "replace").split("\n")[0]
        raise refusal(place, f"test_patch removes {gone}: hidden tests are laid over the work, and take nothing away")
    files = {**work, **tested}
    for name in tests:
        if name.partition("::")[0] not in files:
            raise refusal(place, f"the test {name!r} is in no file of the repository")
    return _as_draft(place, row, work, right, tested, tests)


def _as_draft(place: Path, row: Row, work: Files, right: Files, tested: Files, tests: list[str]) -> Draft:
    named = sorted({name.partition("::")[0] for name in tests})
    graded = {**{path: {**work, **tested}[path] for path in named}, **tested}
    return Draft(
        id=f"swebench/{_slug(place, row)}",
        task={
            "language": "python",
            "title": row.problem_statement.strip().splitlines()[0][:100] if row.problem_statement.strip() else row.repo,
            "added": ADDED,
            "source": f"SWE-bench row {row.instance_id or row.repo} at {row.base_commit}",
            "ground_truth_files": [p for p in right if p != DELETED] or [DELETED],
            "protected": [*graded, ".cab/**"],
            "toolchains": ["python"],
            "budget": {"max_turns": 100, "timeout_s": 1800},
            "scorer": {
                "kind": "tests",
                "format": "cab",
                "command": ["{python}", "-I", "-S", "-B", "{graders}/named_tests.py", TEST_LIST],
                "tests": tests,
                "timeout_s": 900,
            },
        },
        prompt=row.problem_statement,
        workdir=work,
        grader={**graded, TEST_LIST: SourceFile("".join(f"{t}\n" for t in tests).encode())},
        solution=right,
        notes=["tests run under CAB's own runner for unittest and plain functions; no dependency is installed"],
    )


def _row(place: Path, data: object) -> Row:
    if isinstance(data, Exception):
        raise refusal(place, f"not JSON: {data}")
    try:
        return Row.model_validate(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "(row)"
        raise refusal(place, f"{key}: {first['msg']}") from error


def _names(place: Path, row: Row, key: str) -> list[str]:
    """Test ids; the public data set has the lists as JSON in a string."""
    value: Any = getattr(row, key)
    try:
        names = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        raise refusal(place, f"{key}: not JSON: {error}") from error
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise refusal(place, f"{key}: accepted: a list of test ids")
    for name in names:
        if not re.fullmatch(r"[\w./-]+\.py(::[A-Za-z_]\w*){1,2}", name, re.ASCII):
            what = (
                "accepted: file.py::test or file.py::Class::test; other forms need pytest or the project's own runner"
            )
            raise refusal(place, f"{key}: bad value {name[:120]!r}: {what}")
    return names


def _slug(place: Path, row: Row) -> str:
    name = row.instance_id or f"{row.repo.replace('/', '__')}-{row.base_commit[:8]}"
    slug = re.sub(r"[^a-z0-9._-]", "-", name.lower()).lstrip("-._")[:120]
    if not slug:
        raise refusal(place, f"instance_id: bad value {name!r}: it gives no task id")
    return slug


def _repository(place: Path, file: Path, row: Row) -> Path:
    """The folder of the snapshot's objects."""
    given = file.parent / (row.repo_path or f"repos/{row.repo.replace('/', '__')}")
    try:
        for objects in (given / ".git" / "objects", given / "objects"):
            if objects.is_dir():
                return objects.resolve()
    except (OSError, ValueError) as error:
        raise refusal(place, f"repo_path: {error}") from error
    raise refusal(place, f"no git repository at {given}: give the snapshot's path as repo_path")


def _git(folder: Path, *arguments: str, stdin: bytes | None = None) -> tuple[int, bytes, bytes]:
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", *arguments]
    env = {**GIT_ENV, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    try:
        done = subprocess.run(
            command, cwd=folder, env=env, input=stdin, capture_output=True, check=False, timeout=_TIMEOUT_S
        )
    except FileNotFoundError as error:
        msg = "git is not installed (Debian/Ubuntu: apt-get install git)"
        raise SetupError(msg) from error
    except subprocess.TimeoutExpired:
        return 1, b"", b"took too long"
    return done.returncode, done.stdout, done.stderr


def _snapshot(place: Path, row: Row, objects: Path, scratch: Path) -> dict[str, SourceFile]:
    """The files of the base commit."""
    clean = scratch / "clean.git"
    _git(scratch, "init", "--quiet", "--bare", "--template=", *_format(row.base_commit), str(clean))
    (clean / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (clean / "objects" / "info" / "alternates").write_bytes(os.fsencode(objects) + b"\n")
    code, listed, said = _git(clean, "ls-tree", "-r", "-z", "-l", "--full-tree", row.base_commit)
    if code != 0:
        words = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["unknown"]
        raise refusal(place, f"base_commit: {row.base_commit} is not in {objects}: {words[0]}")
    wanted = list(_blobs(place, listed))
    code, content, _ = _git(clean, "cat-file", "--batch", stdin="".join(f"{name}\n" for _, name, _ in wanted).encode())
    return dict(_contents(place, wanted, content))


def _format(commit: str) -> list[str]:
    return ["--object-format=sha256"] if len(commit) > len("0" * 40) else []


def _blobs(place: Path, listed: bytes) -> Iterator[tuple[str, str, bool]]:
    """Path, object name, executable. Raises CatalogError for what a task cannot hold."""
    total = 0
    entries = [e for e in listed.split(b"\0") if e]
    if len(entries) > MAX_FILES:
        raise refusal(place, f"{len(entries)} files in the repository: accepted: {MAX_FILES}")
    for entry in entries:
        facts, _, raw = entry.partition(b"\t")
        path = raw.decode("utf-8", "surrogateescape")
        mode, _, name, size = facts.decode().split()
        if mode == "160000":
            continue  # a submodule: an empty folder in a plain clone
        if mode not in {"100644", "100755"}:
            raise refusal(place, f"{path!r} in the repository is a symbolic link: accepted: plain files")
        if (
            not path.isprintable()
            or ".." in path.split("/")
            or path.startswith("/")
            or ".git" in path.lower().split("/")
        ):
            raise refusal(place, f"{path!r} in the repository: a path that no task can hold")
        total += int(size)
        if total > MAX_BYTES:
            raise refusal(place, f"the repository is larger than {MAX_BYTES >> 20} MiB")
        yield path, name, mode == "100755"


def _contents(place: Path, wanted: list[tuple[str, str, bool]], batch: bytes) -> Iterator[tuple[str, SourceFile]]:
    at = 0
    for path, name, executable in wanted:
        end = batch.find(b"\n", at)
        header = batch[at : max(end, at)].split()
        if end < 0 or len(header) != len(("name", "type", "size")) or header[0].decode() != name:
            raise refusal(place, f"{path!r}: its object {name} cannot be read from the snapshot")
        size = int(header[2])
        yield path, SourceFile(batch[end + 1 : end + 1 + size], executable)
        at = end + 1 + size + 1


def _patched(place: Path, key: str, work: Files, patch: str, scratch: Path) -> dict[str, SourceFile]:
    """The files that the patch adds or changes, and `.deleted` with those that it removes."""
    tree = scratch / key
    try:
        touched = {p for p in _touched(patch) if p in work}
        for path in touched:
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(work[path].content)
            (tree / path).chmod(0o755 if work[path].executable else 0o644)
        tree.mkdir(exist_ok=True)
    except (OSError, ValueError) as error:
        raise refusal(place, f"{key}: names a path that cannot be: {error}") from error
    if not patch.endswith("\n"):
        patch += "\n"
    code, _, said = _git(tree, "apply", "--whitespace=nowarn", "-", stdin=patch.encode("utf-8", "surrogatepass"))
    if code != 0:
        words = " ".join(said.decode("utf-8", "replace").split())
        raise refusal(place, f"{key}: does not apply to the base commit: {words[:300]}")
    after = {f.relative_to(tree).as_posix(): read_file(f) for f in tree.rglob("*") if not f.is_dir() or f.is_symlink()}
    shutil.rmtree(tree)
    changed = {p: f for p, f in after.items() if work.get(p) != f}
    if removed := sorted(touched - set(after)):
        changed[DELETED] = SourceFile("".join(f"{p}\n" for p in removed).encode())
    if not changed:
        raise refusal(place, f"{key}: changes nothing")
    return changed


def _touched(patch: str) -> Iterator[str]:
    """Paths in the patch's headers; one that is missed makes the patch fail to apply."""
    for line in patch.split("\n"):
        if found := re.match(r"(?:--- a|\+\+\+ b)/([^\t\r\n]+)", line):
            yield found[1]
        elif found := re.match(r"rename from (.+)|copy from (.+)", line):
            yield found[1] or found[2]
        elif found := re.fullmatch(r"diff --git a/(.+) b/\1", line):
            yield found[1]
