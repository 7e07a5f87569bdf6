"""Every foreign task is loaded as ours or refused with a reason; the sweep and the catalogue see them."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from codingagentbench.catalog.load import Catalog, open_catalog, own_root
from codingagentbench.cli.app import run
from codingagentbench.errors import UsageError
from codingagentbench.importers.view import Imported, view
from importers import samples

needs_bubblewrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


def one(path: Path, form: str) -> Imported:
    """The only task there."""
    (found,) = view(path, form)
    return found


def refused(path: Path, form: str) -> str:
    """Why the only task there is refused."""
    found = one(path, form)
    assert found.task is None
    assert found.refused
    return "\n".join(found.refused)


def test_every_track_of_the_polyglot_set_is_loaded_or_refused_by_name(tmp_path: Path) -> None:
    found = view(samples.tracks(tmp_path), "exercism")
    loaded = {o.task.task.id: o.task.task for o in found if o.task}
    assert sorted(loaded) == [f"exercism/{t}-half-up" for t in ("cpp", "go", "javascript", "python", "rust")]
    assert [r for o in found for r in o.refused] == [
        f"{tmp_path}/java/exercises/practice/half-up: the Java track's tests need Gradle, JUnit and AssertJ, "
        "and none of them is here"
    ]
    assert loaded["exercism/rust-half-up"].scorer.tests == ["up", "down"]
    assert loaded["exercism/javascript-half-up"].scorer.tests[1] == "Half up > doesn't go down to 3"
    assert loaded["exercism/go-half-up"].ground_truth_files == ["half_up.go"]


def test_a_cpp_exercise_lies_in_a_folder_of_its_own_name(tmp_path: Path) -> None:
    task = one(samples.lay(tmp_path / "half-up", samples.CPP), "exercism").task
    assert task is not None
    assert (task.workdir / "half-up" / "half_up.cpp").is_file()
    text = refused(samples.lay(tmp_path / "other", samples.CPP), "exercism")
    assert "accepted: other_test.cpp" in text


def test_the_example_and_the_docs_are_not_handed_out(tmp_path: Path) -> None:
    task = one(samples.lay(tmp_path / "half-up", samples.PYTHON), "exercism").task
    assert task is not None
    assert sorted(p.name for p in task.workdir.rglob("*")) == ["half_up.py", "half_up_test.py"]
    assert "math.floor" in (task.solution / "half_up.py").read_text()
    assert "Mend it." in task.prompt


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({".meta/config.json": "{"}, "config.json: not JSON"),
        ({".meta/config.json": "[1]"}, "config.json: (top level)"),
        ({".meta/config.json": '{"files": {"solution": ["../a"], "test": ["t"]}}'}, "files.solution.0"),
        ({"half_up_test.py": "def broken(:\n"}, "half_up_test.py: is no Python"),
        ({"half_up_test.py": "import unittest\n"}, "defines no test"),
        ({"AGENTS.md": "x"}, "AGENTS.md: made by the harness"),
    ],
)
def test_a_broken_exercise_is_refused_by_name(tmp_path: Path, change: dict[str, str], said: str) -> None:
    assert said in refused(samples.lay(tmp_path / "half-up", {**samples.PYTHON, **change}), "exercism")


def test_dependencies_that_are_not_here_are_named(tmp_path: Path) -> None:
    crates = {"Cargo.toml": samples.RUST["Cargo.toml"] + 'regex = "1"\n'}
    assert "dependencies: regex" in refused(samples.lay(tmp_path / "a", {**samples.RUST, **crates}), "exercism")
    module = {"go.mod": "module a\n\nrequire example.invalid/b v1.0.0\n"}
    assert "example.invalid/b" in refused(samples.lay(tmp_path / "b", {**samples.GO, **module}), "exercism")
    tests = samples.JAVASCRIPT["half-up.spec.js"] + "test.each([1])('a %i', () => {});\n"
    changed = {**samples.JAVASCRIPT, "half-up.spec.js": tests}
    assert "test.each" in refused(samples.lay(tmp_path / "c", changed), "exercism")


@needs_bubblewrap
def test_a_harbor_folder_is_loaded_with_what_its_solution_changes(tmp_path: Path) -> None:
    found = one(samples.lay(tmp_path / "sum", samples.HARBOR), "harbor")
    assert found.refused == []
    assert found.task is not None
    task = found.task.task
    assert (task.id, task.seen_at, task.scorer.tests) == ("harbor/samples--sum-a-column", "/app", ["reward"])
    assert (found.task.solution / "total.txt").read_text() == "42\n"
    assert (found.task.workdir / "read.sh").is_file()
    assert task.budget.timeout_s == 300
    assert any("cpus" in note for note in found.notes)


@needs_bubblewrap
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"solution/solve.sh": "exit 7\n"}, "exit code 7"),
        ({"solution/solve.sh": "true\n"}, "changes nothing"),
        ({"tests/test.sh": "apt-get install -y curl\n"}, "tests/test.sh:1: 'apt-get'"),
        ({"environment/Dockerfile": "FROM python:3.12\nWORKDIR /app\nRUN pip install x\n"}, "Dockerfile:3: RUN"),
        ({"environment/Dockerfile": "FROM ghcr.io/a/b:1\nWORKDIR /app\n"}, "'ghcr.io/a/b:1' cannot be had"),
        ({"environment/Dockerfile": "FROM debian\nCOPY x /app/\n"}, "no such file in environment/"),
        ({"environment/Dockerfile": "FROM debian\nCOPY . /app/\n"}, "work directory '/'"),
        ({"environment/docker-compose.yaml": "services: {}\n"}, "docker-compose.yaml"),
        ({"tests/Dockerfile": "FROM debian\n"}, "tests/Dockerfile"),
        ({"task.toml": "[[steps]]\nname = 'a'\n[[steps]]\nname = 'b'\n"}, "steps: 2 steps"),
    ],
)
def test_what_a_harbor_folder_needs_and_cannot_have_is_named(tmp_path: Path, change: dict[str, str], said: str) -> None:
    assert said in refused(samples.lay(tmp_path / "sum", {**samples.HARBOR, **change}), "harbor")


@needs_bubblewrap
def test_one_step_and_a_separate_verifier_are_kept(tmp_path: Path) -> None:
    files = {p.replace("instruction.md", "steps/only/instruction.md"): text for p, text in samples.HARBOR.items()}
    files["task.toml"] += '\n[[steps]]\nname = "only"\n[steps.verifier]\nenvironment_mode = "separate"\n'
    found = one(samples.lay(tmp_path / "sum", files), "harbor")
    assert found.refused == []
    assert found.task is not None
    assert found.task.task.scorer.command[-2:] == ["--separate", "total.txt"]
    assert (found.task.grader / ".cab/pristine/numbers.csv").is_file()


def test_a_swebench_row_is_its_base_commit_with_the_gold_patch_as_solution(tmp_path: Path) -> None:
    found = one(samples.swebench(tmp_path), "swebench")
    assert found.refused == []
    assert found.task is not None
    task = found.task
    assert "entries[1:]" in (task.workdir / "ledger/book.py").read_text()
    assert "test_balance" not in (task.workdir / "tests/test_book.py").read_text()
    assert "test_balance" in (task.grader / "tests/test_book.py").read_text()
    assert task.task.ground_truth_files == ["ledger/book.py"]
    assert task.task.scorer.tests[0] == "tests/test_book.py::BookTest::test_balance"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("base_commit", "0" * 40, "base_commit"),
        ("base_commit", "--upload-pack=x", "base_commit"),
        ("patch", "not a patch", "patch: does not apply"),
        ("patch", "--- a/../../x\n+++ b/../../x\n@@ -0,0 +1 @@\n+y\n", "patch: does not apply"),
        ("FAIL_TO_PASS", "[]", "FAIL_TO_PASS: empty"),
        ("FAIL_TO_PASS", '["test_a (x.y.Z)"]', "FAIL_TO_PASS: bad value"),
        ("FAIL_TO_PASS", "{", "FAIL_TO_PASS: not JSON"),
        ("repo", "../x", "repo"),
        ("repo_path", "/nowhere", "no git repository"),
    ],
)
def test_a_broken_row_is_refused_by_name(tmp_path: Path, key: str, value: str, said: str) -> None:
    rows = samples.swebench(tmp_path)
    rows.write_text(json.dumps({**json.loads(rows.read_text()), key: value}))
    text = refused(rows, "swebench")
    assert f"{rows}:1: " in text
    assert said in text


def test_a_line_that_is_no_row_does_not_stop_the_others(tmp_path: Path) -> None:
    rows = samples.swebench(tmp_path)
    rows.write_text(f"{{\n[]\n{rows.read_text()}\n{rows.read_text()}")
    found = view(rows, "swebench")
    assert [o.task is not None for o in found] == [False, False, True, False]
    assert "ids are unique" in found[3].refused[0]


def test_nothing_that_the_snapshot_configures_is_run(tmp_path: Path) -> None:
    rows = samples.swebench(tmp_path)
    repository = tmp_path / "repos" / "samples__ledger"
    canary = tmp_path / "ran"
    with (repository / ".git/config").open("a") as config:
        config.write(f'[core]\n\tfsmonitor = touch {canary}\n[filter "x"]\n\tsmudge = touch {canary}\n')
    (repository / ".git/info/attributes").write_text("* filter=x\n")
    assert one(rows, "swebench").task is not None
    assert not canary.exists()


def test_a_catalogue_folder_names_its_sources(tmp_path: Path) -> None:
    samples.lay(tmp_path / "sets" / "half-up", samples.PYTHON)
    catalogue = samples.lay(tmp_path / "mine", {"sources.toml": '[[source]]\npath = "../sets"\nformat = "exercism"\n'})
    entries = Catalog([own_root(), catalogue])
    assert entries.task("exercism/python-half-up").task.language == "python"
    assert entries.check() == []
    assert (tmp_path / "sets").resolve() in entries.hidden


@pytest.mark.parametrize("text", ["[[source]]\npath = 'a'\n", "x = 1\n", "[[source]]\npath='a'\nformat='b'\n", "\0"])
def test_a_bad_list_of_sources_is_named(tmp_path: Path, text: str) -> None:
    catalogue = samples.lay(tmp_path, {"sources.toml": text})
    faults = Catalog([own_root(), catalogue]).check()
    assert faults
    assert all("sources.toml" in fault for fault in faults)


def test_a_source_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        _ = open_catalog(sources=[(tmp_path / "none", "harbor")]).task_places
    with pytest.raises(UsageError, match="did you mean harbor"):
        view(tmp_path, "harbour")


def test_the_verb_prints_a_line_a_task(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = run(["task", "import", str(samples.tracks(tmp_path)), "--format", "exercism", "--json"])
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert code == 0
    assert [r["task_id"] is None for r in rows].count(True) == 1
    assert {"source", "task_id", "language", "tests", "digest", "refused", "notes"} == set(rows[0])
    assert run(["task", "import", str(tmp_path / "java"), "--format", "exercism"]) == 1
    assert run(["task", "list", "--tasks-from", str(tmp_path)]) == 2


def test_the_same_folder_gives_the_same_digest_and_another_content_another(tmp_path: Path) -> None:
    folder = samples.lay(tmp_path / "half-up", samples.PYTHON)
    first, again = one(folder, "exercism").task, one(folder, "exercism").task
    assert first is not None
    assert again is not None
    assert first.digest == again.digest
    (folder / "half_up.py").write_text("changed = 1\n")
    other = one(folder, "exercism").task
    assert other is not None
    assert other.digest != first.digest


Spoil = Callable[[Path], object]


def large(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(100 << 20)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "link").symlink_to("/etc/passwd"), "link: a symbolic link"),
        (lambda f: (f / "loop").symlink_to(f), "loop: a symbolic link"),
        (lambda f: os.mkfifo(f / "pipe"), "pipe: neither a file nor a folder"),
        (lambda f: (f / "HALF_UP.py").write_text("x"), "by case only"),
        (lambda f: large(f / "big"), "big: 104857600 bytes"),
        (lambda f: (f / "a\nb").write_text("x"), "control characters"),
        (lambda f: (f / os.fsdecode(b"a\xff")).write_text("x"), "no UTF-8"),
        (lambda f: (f / ".docs/instructions.md").write_bytes(b"a\0b"), "prompt.md"),
    ],
)
def test_a_hostile_file_is_refused_by_name(tmp_path: Path, spoil: Spoil, said: str) -> None:
    folder = samples.lay(tmp_path / "half-up", samples.PYTHON)
    spoil(folder)
    assert said in refused(folder, "exercism")
