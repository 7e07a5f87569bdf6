"""The harness killed, and the harness as an ordinary user: real processes."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

import codingagentbench
from codingagentbench.sandbox.cgroups import sweep_leftovers

HARNESS = Path(__file__).with_name("harness.py")
PACKAGE = Path(codingagentbench.__file__).parent
OTHER_UID = "12345"


def wait_until(true: Callable[[], object], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def cgroups_of(pid: int) -> list[Path]:
    return list(Path("/sys/fs/cgroup").glob(f"**/cab-{pid}-*"))


def start(scenario: str, folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    return subprocess.Popen([sys.executable, str(HARNESS), scenario, str(folder)], env=environment)


@pytest.mark.parametrize("tty", ["0", "1"])
def test_a_killed_harness_leaves_no_process_and_its_cgroups_are_swept(
    tmp_path: Path, marker: str, alive: Callable[[str], list[int]], gone: Callable[[str], bool], tty: str
) -> None:
    folder = tmp_path / (marker + tty)
    harness = start("forever", folder)
    try:
        assert wait_until(lambda: len(alive(f"sleep\0{folder.name}\0")) == 2)
    finally:
        harness.kill()
        harness.wait()
    assert gone(folder.name)
    sweep_leftovers()
    assert cgroups_of(harness.pid) == []


def test_a_harness_that_dies_before_the_start_has_started_nothing(
    tmp_path: Path, marker: str, gone: Callable[[str], bool]
) -> None:
    folder = tmp_path / marker
    harness = start("dies_while_held", folder)
    assert harness.wait(30) == -9
    time.sleep(0.2)
    assert not (folder / "work" / "ran").exists()
    assert gone(marker)
    sweep_leftovers()
    assert cgroups_of(harness.pid) == []


def test_the_door_opener_ends_with_its_harness(tmp_path: Path, marker: str) -> None:
    folder = tmp_path / marker
    harness = start("forever", folder)

    def openers() -> list[int]:
        lists = Path(f"/proc/{harness.pid}/task").glob("*/children")
        pids = [int(p) for children in lists for p in children.read_text().split()]
        return [p for p in pids if b"door_opener" in Path(f"/proc/{p}/cmdline").read_bytes()]

    try:
        assert wait_until(openers)
        opener = openers()[0]
    finally:
        harness.kill()
        harness.wait()
    assert wait_until(lambda: not Path(f"/proc/{opener}").exists(), 3)


@pytest.fixture
def public_copy() -> Iterator[Path]:
    """The package and the harness where any user can read them: the checkout may lie below a private folder."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:  # world-searchable, and a name of our own
        folder = Path(name)
        folder.chmod(0o755)
        package = folder / "codingagentbench"
        package.mkdir()
        for file in ("__init__.py", "errors.py", "scrub.py"):
            shutil.copy(PACKAGE / file, package)
        shutil.copytree(PACKAGE / "sandbox", package / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(Path(msgspec.__file__).parent, folder / "msgspec")
        shutil.copy(HARNESS, folder)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        yield folder


@pytest.fixture
def unprivileged() -> list[str]:
    """The beginning of a command that runs as an ordinary user with a Python of our own series."""
    become = ["setpriv", "--reuid", OTHER_UID, "--regid", OTHER_UID, "--clear-groups"] if os.geteuid() == 0 else []
    ours = tuple(sys.version_info[:2])
    check = (
        f"import subprocess as s, sys as y; y.exit(y.version_info[:2] != {ours} or s.call([y.executable, '-c', '']))"
    )
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([*become, python, "-c", check], check=False, capture_output=True, cwd="/").returncode == 0:
            return [*become, python]
    pytest.skip(f"no Python {ours[0]}.{ours[1]} that an ordinary user may start")


@pytest.fixture
def report(public_copy: Path, unprivileged: list[str]) -> dict[str, object]:
    """What harness.py's `as_user` saw."""
    place = public_copy / "place"
    place.mkdir()
    if os.geteuid() == 0:
        os.chown(place, int(OTHER_UID), int(OTHER_UID))
    command = [*unprivileged, str(public_copy / "harness.py"), "as_user", str(place)]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(public_copy), "HOME": str(place)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd="/", timeout=60)
    if done.returncode and "SetupError" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert isinstance(seen, dict)
    return seen


def test_an_ordinary_user_gets_the_same_sandbox(report: dict[str, object]) -> None:
    assert report["doors"] == ["b'pong'\n"] * 5
    assert report["many"] == ["1000\n"] * 6
    assert set(report["caps"]) == {"0" * 16}  # type: ignore[call-overload]  # JSON
    assert (report["no_new_privileges"], report["uid"]) == (["1"], ["1000"] * 4)
    assert (report["writes"], report["home"]) == ("", "")
    assert report["owner"] == report["own_uid"] != 0
    assert (report["timed_out"], report["missing"]) == (True, 127)
    assert report["tty"] == "40 120\r\nx\r\n"
    assert 20 <= int(str(report["bomb"])) <= 40


def test_without_a_cgroup_rlimits_hold_and_it_is_said(report: dict[str, object]) -> None:
    enforced = report["enforced"]
    assert isinstance(enforced, dict)
    if "cgroup" in enforced["pids"]:
        pytest.skip("this user has a delegated cgroup")
    assert enforced["pids"] == "rlimit: 40"
    assert "memory per process" in enforced
    assert "memory in all" in str(report["not_enforced"])
