"""Whatever a folder holds, the importers and our own loader load it or say what is wrong; they never fail otherwise."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codingagentbench.catalog.load import Catalog, own_root
from codingagentbench.catalog.tasks import read_task
from codingagentbench.errors import CatalogError
from codingagentbench.importers.view import view
from importers import samples

LIMITS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
BYTES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"", b"\0", b"\xff\xfe", b"[[[[" * 500, b"{" * 3000, b"x = " + b"[" * 3000, b"a = 1\na = 2\n"]),
)
HARBOR = {p: t for p, t in samples.HARBOR.items() if not p.startswith("solution/")}
"""Without a solution it is refused in the end, but all else is read first."""
OWN = own_root() / "tasks/v0.1/polyglot/python-reverse-string"


def lay(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write what can be written: a mutation may put a file where a folder has to be."""
    for path, content in files.items():
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        except OSError:
            continue


def mutations(files: Mapping[str, str]) -> st.SearchStrategy[dict[str, bytes]]:
    """The valid files with one replaced, cut, spoiled in the middle or taken away."""
    plain = {p: t.encode() for p, t in files.items()}

    def spoiled(path: str, kind: int, at: float, with_: bytes) -> dict[str, bytes]:
        content = plain[path]
        cut = int(at * len(content))
        new = [with_, content[:cut], content[:cut] + with_ + content[cut:], content[cut:]][kind]
        return {**plain, path: new}

    changed = st.builds(spoiled, st.sampled_from(sorted(plain)), st.integers(0, 3), st.floats(0, 1), BYTES)
    missing = st.sampled_from(sorted(plain)).map(lambda gone: {p: c for p, c in plain.items() if p != gone})
    return st.one_of(changed, missing)


def outcome(folder: Path, form: str) -> None:
    """Loaded, or refused with a reason on one line that names a place."""
    try:
        found = view(folder, form)
    except CatalogError as error:
        assert "holds nothing in the format" in str(error)
        return
    for one in found:
        assert (one.task is None) == bool(one.refused)
        assert all(reason and reason.isprintable() for reason in one.refused)
        assert all("/" in reason for reason in one.refused)


def test_brackets_that_are_nested_too_deeply_are_no_python(tmp_path: Path) -> None:
    files = {path: text.encode() for path, text in samples.TRACKS["python"].items()}
    (test,) = [path for path in files if path.endswith("_test.py")]
    lay(tmp_path / "half-up", files | {test: files[test] + b"x = " + b"{" * 300})
    outcome(tmp_path, "exercism")


@pytest.mark.parametrize("track", samples.TRACKS)
def test_a_spoiled_exercise_is_loaded_or_refused(track: str) -> None:
    @LIMITS
    @given(files=mutations(samples.TRACKS[track]))
    def check(files: dict[str, bytes]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            lay(Path(scratch, "half-up"), files)
            outcome(Path(scratch), "exercism")

    check()


@LIMITS
@given(files=mutations(HARBOR))
def test_a_spoiled_harbor_folder_is_loaded_or_refused(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        lay(Path(scratch, "sum"), files)
        outcome(Path(scratch), "harbor")


COLUMNS = ["repo", "base_commit", "patch", "test_patch", "FAIL_TO_PASS", "problem_statement"]
ROWS = st.recursive(st.none() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.sampled_from(COLUMNS), v))


@settings(LIMITS, max_examples=40)
@given(content=st.one_of(BYTES, ROWS))
def test_whatever_stands_in_a_file_of_rows(content: object) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("rows.json", "rows.jsonl", "rows.parquet"):
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            Path(scratch, name).write_bytes(data)
        outcome(Path(scratch), "swebench")


def read(folder: Path) -> str | None:
    """Why our own loader refuses it."""
    try:
        read_task(folder)
    except CatalogError as error:
        return str(error)
    return None


@LIMITS
@given(
    path=st.sampled_from(["task.toml", "prompt.md", "workdir/src/reverse.py", "grader/x", "workdir/AGENTS.md"]),
    content=BYTES,
    at=st.floats(0, 1),
    keep=st.booleans(),
)
def test_our_own_loader_reads_or_refuses_a_spoiled_task(path: str, content: bytes, at: float, keep: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "v0.1/polyglot/python-reverse-string")
        shutil.copytree(OWN, folder)
        before = (folder / path).read_bytes() if (folder / path).exists() else b""
        cut = int(at * len(before))
        (folder / path).write_bytes(before[:cut] + content + (before[cut:] if keep else b""))
        reason = read(folder)
        assert reason is None or (str(folder) in reason and "Traceback" not in reason)


def own(tmp_path: Path) -> Path:
    """A copy of a task of ours."""
    folder = tmp_path / "tasks/v0.1/polyglot/python-reverse-string"
    shutil.copytree(OWN, folder)
    return folder


def test_our_own_loader_names_what_a_folder_must_not_hold(tmp_path: Path) -> None:
    folder = own(tmp_path)
    assert read(folder) is None
    ways: dict[str, Callable[[Path], object]] = {
        "link": lambda p: p.symlink_to("/etc/passwd"),
        "loop": lambda p: p.symlink_to(folder),
        "pipe": os.mkfifo,
        "Reverse.py": lambda p: (folder / "workdir/src" / "Reverse.py").write_text("x"),
    }
    for name, make in ways.items():
        place = folder / "workdir" / "src" / name
        make(place)
        reason = read(folder)
        assert reason is not None, name
        assert name in reason
        place.unlink()
    big = folder / "workdir" / "big"
    big.touch()
    os.truncate(big, 100 << 20)
    assert "too large for a task" in (read(folder) or "")
    big.unlink()
    for pipe in ("prompt.md", "task.toml"):
        (folder / pipe).unlink()
        os.mkfifo(folder / pipe)
        assert f"{pipe}: " in (read(folder) or "")


def test_ten_thousand_files_are_read_and_too_many_are_refused(tmp_path: Path) -> None:
    folder = own(tmp_path)
    for number in range(10_000):
        (folder / "workdir" / f"f{number}").touch()
    assert read(folder) is None
    for number in range(10_100):
        (folder / "grader" / f"f{number}").touch()
    assert "accepted: 20000 files" in (read(folder) or "")


def test_two_tasks_of_one_id_are_named(tmp_path: Path) -> None:
    own(tmp_path)
    faults = Catalog([own_root(), tmp_path]).check()
    assert any("stands in" in fault and "python-reverse-string" in fault for fault in faults)
