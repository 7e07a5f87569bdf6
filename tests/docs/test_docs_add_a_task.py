"""docs/add-a-task.md is true: its commands run, and what they print is what it shows."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from codingagentbench.catalog.behaviour import BehaviourKind

PAGE = (Path(__file__).parents[2] / "docs/add-a-task.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
SHOWN = [line for block in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def test_every_kind_of_behaviour_is_on_the_page() -> None:
    assert all(f"| `{kind}` |" in PAGE for kind in get_args(BehaviourKind))


@pytest.mark.e2e
def test_the_commands_of_the_page_run_and_show_what_it_shows(tmp_path: Path) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "COLUMNS": "200"}
    assert [line.split()[2] for line in COMMANDS] == ["new", "doctor"]
    for line, code in zip(COMMANDS, (0, 1), strict=True):
        argv = [sys.executable, "-m", "codingagentbench", *line.split()[1:]]
        done = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=200)
        assert done.returncode == code, done.stdout + done.stderr
    printed = done.stdout.splitlines()
    assert [line for line in printed if line.startswith("polyglot/my-task: ")] == SHOWN
