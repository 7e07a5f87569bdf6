"""Exported tasks, run as Harbor runs them but without its container: the judge's reward is our pass."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.app import run
from codingagentbench.errors import UsageError
from codingagentbench.graders.harbor_judge import states
from codingagentbench.importers.harbor_export import export_harbor
from codingagentbench.scoring.test_output import read_tests

PYTHON = "polyglot/python-reverse-string"
JAVASCRIPT = "polyglot/javascript-async-order"


def rewarded(task: Path, tmp_path: Path, *, solve: bool, spoil: str | None = None) -> float:
    """The reward for the solution, or for the untouched work directory."""
    work, logs, home = tmp_path / "w", tmp_path / "logs", tmp_path / "h"
    shutil.copytree(task / "environment" / "work", work)
    env = {**os.environ, "CAB_WORK": str(work), "CAB_LOGS": str(logs)}
    told = json.loads((task / "tests/judge.json").read_text())
    node = shutil.which("node") or "node"
    command = [a.replace("/tests/", f"{task}/tests/").replace("/usr/bin/node", node) for a in told["command"]]
    told |= {"command": command, "home": str(home), "results": str(tmp_path / "results")}
    (task / "tests/judge.json").write_text(json.dumps(told))
    if solve:
        subprocess.run(["sh", task / "solution/solve.sh"], env=env, check=True)
    if spoil:
        (work / spoil).write_text("")
    subprocess.run(
        [sys.executable, "-I", "-B", task / "tests/harbor_judge.py"], env=env, check=True, capture_output=True
    )
    return float((logs / "reward.txt").read_text())


@pytest.mark.parametrize("task_id", [PYTHON, JAVASCRIPT])
def test_the_solution_is_rewarded_and_nothing_else(tmp_path: Path, task_id: str) -> None:
    (solved, plain, again) = (export_harbor(open_catalog(), [task_id], tmp_path / n)[0] for n in "abc")
    protected = {PYTHON: "tests/test_reverse.py", JAVASCRIPT: "test/map-limit.test.mjs"}[task_id]
    assert rewarded(solved, tmp_path / "1", solve=True) == 1
    assert rewarded(plain, tmp_path / "2", solve=False) == 0
    assert rewarded(again, tmp_path / "3", solve=True, spoil=protected) == 1
    assert (tmp_path / "3/w" / protected).read_text() != ""


def test_an_exported_folder_is_whole(tmp_path: Path) -> None:
    (folder,) = export_harbor(open_catalog(), [PYTHON], tmp_path)
    config = tomllib.loads((folder / "task.toml").read_text())
    assert config["metadata"]["cab_task_id"] == PYTHON
    assert os.access(folder / "tests/test.sh", os.X_OK)
    assert os.access(folder / "solution/solve.sh", os.X_OK)
    assert "COPY work/ /work/" in (folder / "environment/Dockerfile").read_text()
    assert not list((folder / "environment").rglob("*hidden*"))


def test_what_cannot_be_exported_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"its judge is CAB's own"):
        export_harbor(open_catalog(), [PYTHON, "integrity/unsolvable-refusal"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert run(["task", "export", "polyglot/none", str(tmp_path), "--format", "harbor"]) == 2
    assert run(["task", "export", PYTHON, str(tmp_path), "--format", "tar"]) == 2
    assert run(["task", "export", PYTHON, str(tmp_path), "--format", "harbor"]) == 0
    assert run(["task", "export", PYTHON, str(tmp_path), "--format", "harbor"]) == 2  # is there already


OUTPUTS = {
    "cargo": "test a ... ok\ntest b ... FAILED\ntest c ... ignored\ntest a ... FAILED\n",
    "unittest": "test_a (x.Y) ... ok\ntest_b (x.Y) ... ERROR\ntest_c (x.Y) ... skipped 'why'\n",
    "node-tap": "ok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP\n    ok 4 - nested\n",
    "check-lines": "check a ok\ncheck b FAILED\n check c ok\n",
    "go-json": '{"Action":"pass","Test":"a"}\n{"Action":"fail","Test":"b"}\n{"Action":"pass"}\n{"x\n[]\n{"Test":1}\n',
    "junit": (
        '<s><testcase name="a"/><testcase name="b"><failure/></testcase><testcase name="c"><skipped/></testcase></s>'
    ),
    "cab": "n1 test a ok\nn2 test b ok\nn1 test c FAILED\n",
}


@pytest.mark.parametrize("form", OUTPUTS)
@pytest.mark.parametrize("cut", [0, 7])
def test_the_exported_judge_reads_reports_as_ours_does(form: str, cut: int) -> None:
    output = OUTPUTS[form][: len(OUTPUTS[form]) - cut]
    ours = {name: test.status for name, test in read_tests(form, output, "n1").items()}
    assert states(form, output, "n1") == ours
    assert ours or cut
