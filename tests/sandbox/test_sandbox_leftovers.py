"""Only what is known to be dead is cleared up."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from codingagentbench.sandbox.leftovers import clear_up_folders
from codingagentbench.sandbox.owner import TAG_FILE, harness_tag, is_gone, mark

TAG_OF_ANOTHER = "from codingagentbench.sandbox.owner import harness_tag; print(harness_tag())"


def dead_tag() -> str:
    """Of a process that has ended."""
    return subprocess.run(
        [sys.executable, "-c", TAG_OF_ANOTHER], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_living_the_unknown_and_other_namespaces_are_not_gone() -> None:
    boot, namespace, pid, started = harness_tag().split("-")
    assert not is_gone(harness_tag())
    assert not is_gone(f"{boot}-{int(namespace) + 1}-{pid}-{started}")
    for nonsense in ("", "x", "1-2-3", "a-b-c-d"):
        assert not is_gone(nonsense)


def test_the_dead_a_pid_given_away_and_another_boot_are_gone() -> None:
    boot, namespace, pid, started = harness_tag().split("-")
    assert is_gone(dead_tag())
    assert is_gone(f"{boot}-{namespace}-{pid}-{int(started) + 1}")
    assert is_gone(f"000000000000-{namespace}-{pid}-{started}")


def test_folders_of_the_dead_are_removed_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folders = {name: tmp_path / f"cab-{name}" for name in ("dead", "alive", "unmarked")}
    for folder in folders.values():
        folder.mkdir()
    (folders["dead"] / TAG_FILE).write_text(dead_tag())
    mark(folders["alive"])
    (tmp_path / "cab-link").symlink_to(folders["dead"])
    assert clear_up_folders(dry_run=True) == [folders["dead"]]
    assert folders["dead"].exists()
    assert clear_up_folders() == [folders["dead"]]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cab-alive", "cab-link", "cab-unmarked"]
