"""The same files are the same bytes, whatever the order and the clock."""

import io
import random
import stat
import tarfile
from pathlib import Path

import pytest

from codingagentbench.images.layer import (
    EPOCH,
    difference,
    directory,
    identities,
    link,
    read_folder,
    read_tree,
    text,
    with_parents,
    write_layer,
)


def archive(files: dict[str, bytes], *, seed: int, mtime: int, mode: int = 0o644) -> tarfile.TarFile:
    """An archive as a tool would write it: any order, any time, names of owners."""
    names = list(files)
    random.Random(seed).shuffle(names)  # noqa: S311  # an order, not a secret
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name in names:
            info = tarfile.TarInfo(f"./{name}")
            info.size, info.mtime, info.mode, info.uname = len(files[name]), mtime, mode, f"user{seed}"
            made.addfile(info, io.BytesIO(files[name]))
    out.seek(0)
    return tarfile.open(fileobj=out)  # the caller reads from it


FILES = {f"usr/bin/p{n}": bytes([n]) * n for n in range(40)} | {"etc/passwd": b"root:x:0:0\n"}


def test_order_time_and_owner_names_make_no_difference(tmp_path: Path) -> None:
    digests = set()
    for seed in range(3):
        out = tmp_path / f"{seed}.tar"
        with archive(FILES, seed=seed, mtime=1_000_000 + seed) as tree:
            digests.add(write_layer(with_parents(read_tree(tree)), out))
    assert len(digests) == 1
    with tarfile.open(tmp_path / "0.tar") as made:
        members = made.getmembers()
    assert [m.name for m in members] == sorted(m.name for m in members)
    assert {m.mtime for m in members} == {EPOCH}


def test_another_byte_or_mode_is_another_digest(tmp_path: Path) -> None:
    def digest(files: dict[str, bytes], mode: int = 0o644) -> str:
        with archive(files, seed=1, mtime=5, mode=mode) as tree:
            return write_layer(read_tree(tree), tmp_path / "x.tar")

    assert len({digest(FILES), digest(FILES | {"etc/passwd": b"root:x:0:1\n"}), digest(FILES, 0o755)}) == 3


def test_setuid_volatile_files_and_devices_are_left_out() -> None:
    files = {"usr/bin/su": b"x", "var/log/dpkg.log": b"now", "var/cache/apt/x": b"y", "etc/machine-id": b"z"}
    with archive(files, seed=0, mtime=0, mode=0o4755) as tree:
        entries = read_tree(tree)
    assert list(entries) == ["usr/bin/su"]
    assert stat.S_IMODE(entries["usr/bin/su"].info.mode) == 0o755


def test_a_hard_link_is_a_file_of_its_own(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo("z")
        info.size = 3
        made.addfile(info, io.BytesIO(b"abc"))
        twin = tarfile.TarInfo("a")
        twin.type, twin.linkname = tarfile.LNKTYPE, "z"
        made.addfile(twin)
    out.seek(0)
    with tarfile.open(fileobj=out) as tree:
        write_layer(read_tree(tree), tmp_path / "layer.tar")
    with tarfile.open(tmp_path / "layer.tar") as made:
        assert [(m.name, m.isreg(), made.extractfile(m).read()) for m in made] == [  # type: ignore[union-attr]
            ("a", True, b"abc"),
            ("z", True, b"abc"),
        ]


def test_a_layer_holds_only_what_differs_and_whiteouts_for_what_is_gone() -> None:
    below = {"a": text("a", b"1"), "b": text("b", b"2"), "d": directory("d"), "d/x": text("d/x", b"3")}
    above = {"a": text("a", b"1"), "b": text("b", b"changed"), "c": link("c", "a")}
    assert sorted(difference(identities(below), above)) == [".wh.d", "b", "c"]


def test_a_folder_of_this_machine_is_roots_with_plain_modes(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir(mode=0o700)
    (tmp_path / "bin" / "run").write_text("x")
    (tmp_path / "bin" / "run").chmod(0o700)
    (tmp_path / "link").symlink_to("bin/run")
    found = with_parents(read_folder(tmp_path, "opt/cab/tui"))
    assert sorted(found) == [
        "opt",
        "opt/cab",
        "opt/cab/tui",
        "opt/cab/tui/bin",
        "opt/cab/tui/bin/run",
        "opt/cab/tui/link",
    ]
    run = found["opt/cab/tui/bin/run"].info
    assert (run.mode, run.uid, run.mtime) == (0o755, 0, EPOCH)


@pytest.mark.parametrize("name", ["", ".", "./"])
def test_the_root_itself_is_no_entry(name: str) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo(name or "/")
        info.type = tarfile.DIRTYPE
        made.addfile(info)
    out.seek(0)
    with tarfile.open(fileobj=out) as tree:
        assert read_tree(tree) == {}
