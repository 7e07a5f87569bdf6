"""The walkthrough of docs/add-a-tui.md, taken from the page itself."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codingagentbench.catalog.load import open_catalog

PAGE = (Path(__file__).parents[2] / "docs" / "add-a-tui.md").read_text()
NAME = "gptme"
SWITCH = "GPTME_TIKTOKEN_TIMEOUT"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def write_entry(folder: Path) -> Path:
    (folder / "mine" / "tuis").mkdir(parents=True, exist_ok=True)
    (text,) = blocks("toml")
    (folder / "mine" / "tuis" / f"{NAME}.toml").write_text(text)
    return folder / "mine"


def a_clone(folder: Path) -> Path:
    """What the page asks for before its first command: a folder where `.venv` has been made."""
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """In a shell that knows nothing of this run's own `.venv` and settings."""
    ours = str(Path(sys.executable).parent)
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if p != ours)
    assert shutil.which("cab", path=path) is None, "a cab that the page says nothing of"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CAB_", "VIRTUAL_ENV", "PYTHON"))}
    return subprocess.run(
        ["/bin/sh", "-e", "-c", script],
        cwd=folder,
        env={**kept, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def facts(line: str) -> list[str]:
    """A row of the doctor's table without the time, which is the machine's."""
    return [word for cell in line.split("│") if (word := cell.strip()) and not word.endswith(" ms")]


def test_the_entry_of_the_page_loads_beside_ours(tmp_path: Path) -> None:
    catalog = open_catalog([write_entry(tmp_path)])
    entry = catalog.tui(NAME)
    assert entry.file.is_relative_to(tmp_path)
    assert NAME not in open_catalog().tuis, "it is in our catalogue now: the page needs another CLI"
    assert {h.kind for h in entry.tui.hands} == {"shell", "finish"}
    (lock,) = [block for block in blocks("sh") if "uv pip compile" in block]
    assert f"{entry.tui.install.package}=={entry.tui.install.version}" in lock
    assert f"mine/tuis/{entry.tui.install.lock}" in lock


@pytest.mark.skipif(not (Path(sys.prefix) / "bin" / "activate").is_file(), reason="not run from a virtual environment")
def test_the_first_command_of_the_page_is_what_makes_cab_and_uv_known(tmp_path: Path) -> None:
    a_clone(tmp_path)
    assert run("command -v cab || command -v uv", tmp_path).returncode != 0
    found = run(f"{blocks('sh')[0]}command -v cab && command -v uv", tmp_path)
    assert found.returncode == 0, found.stderr


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_page_works_as_written(tmp_path: Path) -> None:
    write_entry(a_clone(tmp_path))
    done = run("".join(f"echo '$ block {n}'\n{script}" for n, script in enumerate(blocks("sh"))), tmp_path)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    (row,) = [line for line in blocks("text")[0].splitlines() if line.startswith(f"│{NAME}")]
    printed = [facts(line) for line in done.stdout.splitlines() if line.startswith(f"│{NAME}")]
    assert facts(row) in printed


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_without_its_switch_the_doctor_finds_the_faults_that_the_page_shows(tmp_path: Path) -> None:
    mine = write_entry(a_clone(tmp_path)) / "tuis" / f"{NAME}.toml"
    mine.write_text("".join(line for line in mine.read_text().splitlines(keepends=True) if SWITCH not in line))
    lock = next(block for block in blocks("sh") if "uv pip compile" in block)
    done = run(f"{blocks('sh')[0]}{lock}cab tui doctor {NAME} --catalog mine", tmp_path)
    assert done.returncode == 1, f"{done.stdout}\n{done.stderr}"
    shown, printed = (re.sub(r"\b\d+ datagrams", "N datagrams", text) for text in (blocks("text")[1], done.stdout))
    assert set(shown.splitlines()) <= set(printed.splitlines())
