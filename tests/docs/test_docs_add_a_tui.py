"""The walkthrough of docs/add-a-tui.md, taken from the page itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from codingagentbench.catalog.load import open_catalog

PAGE = (Path(__file__).parents[2] / "docs" / "add-a-tui.md").read_text()
NAME = "gptme"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def write_entry(folder: Path) -> Path:
    (folder / "mine" / "tuis").mkdir(parents=True, exist_ok=True)
    (text,) = blocks("toml")
    (folder / "mine" / "tuis" / f"{NAME}.toml").write_text(text)
    return folder / "mine"


def test_the_entry_of_the_page_loads_beside_ours(tmp_path: Path) -> None:
    catalog = open_catalog([write_entry(tmp_path)])
    entry = catalog.tui(NAME)
    assert entry.file.is_relative_to(tmp_path)
    assert NAME not in open_catalog().tuis, "it is in our catalogue now: the page needs another CLI"
    assert {h.kind for h in entry.tui.hands} == {"shell", "finish"}
    assert f"{entry.tui.install.package}=={entry.tui.install.version}" in blocks("sh")[0]
    assert f"mine/tuis/{entry.tui.install.lock}" in blocks("sh")[0]


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_page_works_as_written(tmp_path: Path) -> None:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    write_entry(tmp_path)
    for script in blocks("sh"):
        done = subprocess.run(
            ["/bin/sh", "-e", "-c", script],
            cwd=tmp_path,
            env={**os.environ, "PATH": programs},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
