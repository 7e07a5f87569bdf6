"""`cab mutate` for real: trials in the sandbox, folders that load and pass the doctor."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e


def _mutate(out: Path, cwd: Path, hash_seed: str, *arguments: str) -> list[dict[str, object]]:
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "LC_ALL": "C" if hash_seed == "1" else "C.UTF-8"}
    command = [sys.executable, "-m", "codingagentbench", "mutate", *arguments, "--out", str(out), "--json"]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, object]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["mutants"] for row in rows if "yield_of" in row] == [len(rows) - 1]
    return [row for row in rows if "digest" in row]


def test_a_seed_makes_the_same_tasks_in_another_process_folder_and_locale(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    arguments = ("polyglot/c-field-splitter", "--seed", "11", "--count", "2")
    one = _mutate(tmp_path / "one", tmp_path, "1", *arguments)
    two = _mutate(tmp_path / "two", tmp_path / "elsewhere", "2", *arguments)
    assert one == two
    assert len({row["digest"] for row in one}) == 2
    assert _contents(tmp_path / "one") == _contents(tmp_path / "two")


def _contents(root: Path) -> dict[str, bytes]:
    return {f.relative_to(root).as_posix(): f.read_bytes() for f in root.rglob("*") if f.is_file()}


SPEC = """
id = "held"
tuis = ["direct"]
models = ["control/oracle"]
tasks = ["polyglot/c-field-splitter"]
[held_out]
base = ["mutations/python-ledger-swallowed-error"]
count = 1
public_seed = "1"
"""


def _cab(results: Path, *arguments: str) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "codingagentbench", *arguments, "--results", str(results), "--json"]
    env = {name: value for name, value in os.environ.items() if name != "CAB_HELD_OUT_SEED"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_held_out_task_is_run_marked_compared_and_proven(tmp_path: Path) -> None:
    (tmp_path / "held.toml").write_text(SPEC)
    rows = _cab(tmp_path / "results", "sweep", str(tmp_path / "held.toml"))
    base = "mutations/python-ledger-swallowed-error"
    assert [(row["base_task"], row["variant"], row["outcome"]) for row in rows] == [
        ("polyglot/c-field-splitter", "public", "passed"),
        (base, "held-out", "passed"),
        (base, "public", "passed"),
    ]
    published = tmp_path / "results" / "held" / "held-out.json"
    before = json.loads(published.read_text())
    assert before["seed"] is None
    again = _cab(tmp_path / "results", "sweep", str(tmp_path / "held.toml"))
    assert [row["cell_id"] for row in again] == [row["cell_id"] for row in rows]

    (gap,) = _cab(tmp_path / "results", "contamination")
    assert (gap["public_passed"], gap["public_scored"], gap["held_out_passed"], gap["held_out_scored"]) == (1, 1, 1, 1)

    (shown,) = _cab(tmp_path / "results", "mutate", "--reveal", "held")
    assert shown["commitment"] == before["commitment"]
    assert json.loads(published.read_text())["seed"] == shown["seed"]
    (made,) = _mutate(tmp_path / "proof", tmp_path, "3", base, "--seed", str(shown["seed"]))
    assert [made["task_id"]] == shown["tasks"] == [rows[1]["task_id"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "task",
    [
        "polyglot/python-recurring-dates",
        "polyglot/rust-lifetime-fix",
        "polyglot/go-http-handler-fix",
        "polyglot/javascript-deep-merge",
        "polyglot/typescript-typed-events",
        "mutations/java-ranges-swapped",
        "mutations/c-utf8-wrong-operator",
        "polyglot/cpp-ring-buffer",
        "polyglot/bash-rotate-backups",
    ],
)
def test_mutants_of_every_language_pass_the_doctor(task: str, tmp_path: Path) -> None:
    made = _mutate(tmp_path / "out", tmp_path, "0", task, "--seed", "5", "--count", "2")
    names = [str(row["task_id"]) for row in made]
    command = [sys.executable, "-m", "codingagentbench", "task", "doctor", *names, "--catalog", str(tmp_path / "out")]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["task_id"] in names, row["ok"], row["failed"]) for row in rows] == [(True, True, [])] * 2
