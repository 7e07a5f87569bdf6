import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codingagentbench.cli.app import run


def test_the_list_calls_unverified_what_nobody_ran_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tui", "list"]) == 0
    text = capsys.readouterr().out
    rows = [line for line in text.splitlines() if " unverified " in line]
    assert [line.split()[0] for line in rows] == ["crush", "goose", "plandex"]
    for name in ("goose", "crush", "plandex"):
        assert f"{name} is unverified: " in text


@pytest.mark.e2e
def test_a_sweep_skips_an_unverified_cli_with_the_reason_and_does_not_fail(tmp_path: Path) -> None:
    def cab(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "codingagentbench", *arguments],
            env={**os.environ, "CAB_RESULTS": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    options = ["--tui", "goose", "--model", "control/oracle", "--task", "polyglot/python-reverse-string"]
    said = " ".join(cab("sweep", *options).split())
    assert "goose unverified" in said
    assert "1 skipped: goose is unverified and cannot be installed: its program is only downloaded" in said
    (row,) = (json.loads(line) for line in cab("cells", "--json").splitlines())
    assert row["outcome"] == "skipped_tui_unavailable"
    assert row["tui_verified"] is False
    assert "unverified" in cab("cells")
