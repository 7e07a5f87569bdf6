import os
from pathlib import Path

import pytest

from codingagentbench.runner import copies
from codingagentbench.runner.copies import read_image


def _make(root: Path) -> None:
    (root / "sub/empty").mkdir(parents=True)
    (root / ".git/objects").mkdir(parents=True)
    (root / ".git/HEAD").write_text("ref\n")
    (root / "sub/.git").mkdir()
    (root / "sub/.git/kept").write_text("not the top level\n")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("sub")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff")).write_bytes(b"\0\1")


def _listing(root: Path) -> dict[str, object]:
    return {
        str(p.relative_to(root)): str(p.readlink())
        if p.is_symlink()
        else "folder"
        if p.is_dir()
        else (p.read_bytes(), p.stat().st_mode)
        for p in root.rglob("*")
    }


@pytest.mark.parametrize("most", [copies.MOST_BYTES, 1])
def test_a_copy_is_the_same_from_memory_and_from_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(copies, "MOST_BYTES", most)
    _make(tmp_path / "root")
    image = read_image(tmp_path / "root")
    image.write(tmp_path / "copy")
    assert _listing(tmp_path / "copy") == _listing(tmp_path / "root")


@pytest.mark.parametrize("most", [copies.MOST_BYTES, 1])
def test_without_git_only_the_top_level_git_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(copies, "MOST_BYTES", most)
    _make(tmp_path / "root")
    read_image(tmp_path / "root").write(tmp_path / "copy", git=False)
    left_out = {p for p in _listing(tmp_path / "root") if p == ".git" or p.startswith(".git/")}
    assert _listing(tmp_path / "root").keys() - _listing(tmp_path / "copy").keys() == left_out
