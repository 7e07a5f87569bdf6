"""Limits with and without cgroups, and the sweep after a killed harness."""

import os
import resource
import subprocess
from pathlib import Path

import pytest

from codingagentbench.sandbox import cgroups, limits
from codingagentbench.sandbox.base import Limits
from codingagentbench.sandbox.cgroups import Group, make_group, sweep_leftovers
from codingagentbench.sandbox.limits import enforcement
from sandbox.place import Place

DEAD_PID = 4_194_305  # one more than the highest that Linux gives


@pytest.fixture
def no_cgroups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "make_group", Group)


@pytest.mark.usefixtures("no_cgroups")
def test_without_cgroups_rlimits_stand_in_where_they_can() -> None:
    held = enforcement(Limits(wall_s=1, memory_bytes=1 << 30, pids=9, cpus=2, file_bytes=1 << 20), own_uid=True)
    assert held.enforced == {
        "wall": "watchdog of the harness: 1 s",
        "file size": "rlimit: 1 MiB",
        "memory per process": "rlimit: 1024 MiB of data",
        "pids": "rlimit: 9",
    }
    assert [text.split(",")[0] for text in held.not_enforced] == ["memory in all", "cpu"]
    assert (held.rlimits[resource.RLIMIT_NPROC], held.rlimits[resource.RLIMIT_DATA]) == (9, 1 << 30)


@pytest.mark.usefixtures("no_cgroups")
def test_processes_are_not_limited_by_a_count_that_others_share() -> None:
    held = enforcement(Limits(wall_s=1, memory_bytes=None, pids=9, cpus=None), own_uid=False)
    assert resource.RLIMIT_NPROC not in held.rlimits
    assert held.not_enforced == ["pids, 9: no cgroup that this user can write has the controller"]


@pytest.mark.usefixtures("no_cgroups")
def test_no_limit_is_no_limit() -> None:
    none = Limits(wall_s=1, memory_bytes=None, pids=None, cpus=None, file_bytes=None)
    held = enforcement(none, own_uid=True)
    assert (list(held.enforced), held.not_enforced) == (["wall"], [])
    assert set(held.rlimits) == {resource.RLIMIT_CORE, resource.RLIMIT_NOFILE}


@pytest.mark.usefixtures("no_cgroups")
async def test_a_sandbox_without_cgroups_is_bounded_by_rlimits(box: Place) -> None:
    code = "import os, time\nn = 0\ntry:\n while n < 300:\n  if not os.fork(): time.sleep(60)\n  n += 1\n"
    code += "except OSError: print(n, flush=True)\nos._exit(0)"
    ended = await box.python(code, limits=Limits(wall_s=20, pids=40))
    assert 20 <= int(ended.stdout) <= 40
    hog = await box.python("bytearray(1 << 29)", limits=Limits(wall_s=20, memory_bytes=1 << 27))
    assert b"MemoryError" in hog.stderr
    assert (hog.cpu_s, hog.peak_memory_bytes, hog.out_of_memory) == (None, None, False)


@pytest.fixture
def parent() -> Path:
    """A cgroup folder in which this user can make others."""
    group = make_group()
    if not group.folders:
        pytest.skip("no cgroup can be made by this user")
    folder = next(iter(group.folders.values()))
    for one in set(group.folders.values()):
        one.rmdir()
    return folder.parent


def test_leftovers_of_a_dead_harness_are_ended_and_removed(parent: Path) -> None:
    folder = parent / f"cab-{DEAD_PID}-1"
    folder.mkdir()
    left = subprocess.Popen(["sleep", "300"])
    (folder / "cgroup.procs").write_text(str(left.pid))
    sweep_leftovers()
    assert left.wait(5) == -9
    assert not folder.exists()


def test_cgroups_of_a_living_harness_are_left_alone(parent: Path) -> None:
    folder = parent / f"cab-{os.getppid()}-999999"
    folder.mkdir()
    try:
        assert folder not in sweep_leftovers()
        assert folder.exists()
    finally:
        folder.rmdir()


def test_cgroup_v2_is_written_in_its_own_words(tmp_path: Path) -> None:
    for name in ("memory.max", "memory.swap.max", "pids.max", "cpu.max", "cgroup.procs", "cgroup.kill"):
        (tmp_path / name).touch()
    group = Group(2, dict.fromkeys(("memory", "pids", "cpu"), tmp_path))
    assert [group.limit("memory", 1 << 20), group.limit("pids", 5), group.limit("cpu", 1.5)] == [True] * 3
    group.add(77)
    group.kill()
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        "memory.max": "1048576",
        "memory.swap.max": "0",
        "pids.max": "5",
        "cpu.max": "150000 100000",
        "cgroup.procs": "77",
        "cgroup.kill": "1",
    }
    assert group.joining(["true"]) == ["true"]


def test_cgroup_v2_usage_is_read(tmp_path: Path) -> None:
    (tmp_path / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    (tmp_path / "memory.peak").write_text("4096\n")
    (tmp_path / "memory.events").write_text("low 0\noom 1\noom_kill 1\n")
    usage = Group(2, {"memory": tmp_path}).usage()
    assert (usage.cpu_s, usage.peak_memory_bytes, usage.out_of_memory) == (1.5, 4096, True)


def test_a_delegated_cgroup_above_ours_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = tmp_path / "user.slice" / "app.slice"
    here = app / "run.scope"
    here.mkdir(parents=True)
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids\n")
    for folder, given in ((tmp_path, "memory"), (app, "memory pids"), (here, "")):
        (folder / "cgroup.subtree_control").write_text(given)
        (folder / "cgroup.procs").touch()
    monkeypatch.setattr(cgroups, "ROOT", tmp_path)
    assert cgroups._v2_base({"": "user.slice/app.slice/run.scope"}) == app
    assert cgroups._v2_base({"": "elsewhere"}) is None


def test_a_controller_that_is_missing_limits_nothing() -> None:
    assert Group().limit("memory", 1) is False
    assert (Group().usage().cpu_s, Group().joining(["true"])) == (None, ["true"])
