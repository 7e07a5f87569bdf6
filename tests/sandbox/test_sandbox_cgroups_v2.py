"""Cgroups v2 on a made-up tree, for machines that have v1: which folder is taken, what is written and read where."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from codingagentbench.sandbox import cgroups
from codingagentbench.sandbox.base import Limits
from codingagentbench.sandbox.cgroups import Group, group_of, held_by_cgroups, leftovers, make_group
from codingagentbench.sandbox.docker_config import DaemonFacts, enforcement_words

CONTROL_FILES = ("cgroup.procs", "cgroup.kill", "memory.max", "memory.swap.max", "pids.max", "cpu.max")
Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Makes a cgroup as the kernel shows one, and makes folders below a made-up root fill themselves as it does."""
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    monkeypatch.setattr(cgroups, "_cgroups_of", lambda _: {"": "user.slice/cab.scope"})
    mkdir = Path.mkdir

    def fill(folder: Path) -> None:
        given = (folder.parent / "cgroup.subtree_control").read_text() if folder != tmp_path else "cpu memory pids"
        (folder / "cgroup.controllers").write_text(given)
        (folder / "cgroup.subtree_control").write_text("")
        for name in CONTROL_FILES:
            if name.split(".")[0] in {*given.split(), "cgroup"}:
                (folder / name).write_text("")

    def making(folder: Path, mode: int = 0o777, *, parents: bool = False, exist_ok: bool = False) -> None:
        mkdir(folder, mode, parents=parents, exist_ok=exist_ok)
        if folder.is_relative_to(tmp_path):
            fill(folder)

    def make(path: str, gives: str) -> Path:
        folder = tmp_path / path
        folder.mkdir(exist_ok=True)
        (folder / "cgroup.subtree_control").write_text(gives)
        return folder

    fill(tmp_path)
    monkeypatch.setattr(Path, "mkdir", making)
    return make


def test_a_sandbox_gets_the_nearest_cgroup_that_gives_memory_and_pids(tree: Tree) -> None:
    tree("", "cpu memory pids")
    given = tree("user.slice", "memory pids")
    tree("user.slice/cab.scope", "")
    group = make_group()
    assert group.version == 2
    assert set(group.folders) == {"memory", "pids"}  # this one does not give cpu
    (folder,) = set(group.folders.values())
    assert folder.parent == given
    assert folder.name.startswith(f"cab-{os.getpid()}-")


def test_limits_and_members_are_written_as_the_kernel_reads_them(tree: Tree) -> None:
    tree("", "cpu memory pids")
    group = make_group()
    assert group.limit("memory", 1 << 30)
    assert group.limit("pids", 100)
    assert group.limit("cpu", 1.5)
    group.add(1234)
    group.kill()
    folder = group.folders["memory"]
    assert {name: (folder / name).read_text() for name in CONTROL_FILES} == {
        "cgroup.procs": "1234",
        "cgroup.kill": "1",
        "memory.max": "1073741824",
        "memory.swap.max": "0",
        "pids.max": "100",
        "cpu.max": "150000 100000",
    }
    assert group.joining(["true"]) == ["true"]  # held and added, where v1 joins by itself


def test_a_controller_that_is_not_given_is_not_held(tree: Tree) -> None:
    tree("", "memory pids")
    group = make_group()
    assert not group.limit("cpu", 1.0)


def test_no_v2_group_is_made_where_none_may_be_made(tree: Tree) -> None:
    tree("", "cpu")
    assert make_group().version is None


def test_what_was_used_is_read_from_v2s_own_files(tree: Tree) -> None:
    folder = tree("scope", "")
    (folder / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n")
    (folder / "memory.peak").write_text("734003200\n")
    (folder / "memory.events").write_text("low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\n")
    usage = Group(2, {"memory": folder}).usage()
    assert (usage.cpu_s, usage.peak_memory_bytes, usage.out_of_memory) == (2.5, 734_003_200, True)


def test_a_kernel_without_a_peak_says_unknown_and_not_zero(tree: Tree) -> None:
    folder = tree("scope", "")
    usage = Group(2, {"memory": folder}).usage()
    assert (usage.cpu_s, usage.peak_memory_bytes, usage.out_of_memory) == (None, None, False)


def test_a_containers_counters_are_found_by_its_process(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree("system.slice", "cpu memory pids")
    folder = tree("system.slice/docker-1.scope", "")
    (folder / "memory.current").write_text("1\n")
    (folder / "cpu.stat").write_text("usage_usec 40000\n")
    monkeypatch.setattr(cgroups, "_cgroups_of", lambda _: {"": "system.slice/docker-1.scope"})
    found = group_of(os.getpid())
    assert (found.version, found.usage().cpu_s) == (2, 0.04)


def test_leftovers_of_dead_harnesses_are_found_in_v2(tree: Tree) -> None:
    folder = tree("", "memory pids")
    dead = tree("cab-4194305-1", "")
    tree(f"cab-{os.getpid()}-1", "")
    assert leftovers() == [folder / dead.name]


def test_docker_names_the_version_that_its_daemon_has() -> None:
    info = {"CgroupVersion": "2", "MemoryLimit": True, "PidsLimit": True, "CpuCfsQuota": False, "SecurityOptions": []}
    words, missing = enforcement_words(Limits(wall_s=1, memory_bytes=1 << 30, pids=9, cpus=2), DaemonFacts.of(info))
    assert words["memory"] == "cgroup v2, by Docker: 1024 MiB"
    assert any(line.startswith("cpu, 2") for line in missing)


def test_what_can_be_held_leaves_nothing_behind(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree("", "cpu memory pids")
    removed: list[Path] = []

    def remove(folder: Path) -> bool:
        removed.append(folder)
        return True

    monkeypatch.setattr(cgroups, "_remove", remove)
    assert held_by_cgroups() == {"memory", "pids", "cpu"}
    assert {folder.parent for folder in removed} == {root}
