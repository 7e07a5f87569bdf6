"""The conformance suite on Docker, and what only it has: containers, images, a daemon that outlives the harness."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from codingagentbench.runner.labels import cell_labels
from codingagentbench.sandbox.docker import Docker
from codingagentbench.sandbox.docker_api import LABEL, client
from codingagentbench.sandbox.docker_leftovers import HARNESS, remove_leftovers
from codingagentbench.sandbox.leftovers import clear_up_at_start
from codingagentbench.sandbox.owner import harness_tag
from sandbox.conformance import Conformance
from sandbox.place import Place, place

pytestmark = pytest.mark.xdist_group("docker")
HARNESS_SCRIPT = Path(__file__).with_name("harness.py")


class TestDocker(Conformance):
    engine = "docker"


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place("docker", tmp_path)


async def containers(tag: str) -> list[str]:
    async with client() as docker:
        filters = json.dumps({"label": [f"{HARNESS}={tag}"]})
        return [c.id for c in await docker.containers.list(all=1, filters=filters)]


async def test_the_command_can_be_nobody_else(here: Place) -> None:
    status = (await here.shell("cat /proc/self/status; id -u")).stdout.decode()
    fields = {k: v.split() for k, _, v in (line.partition(":") for line in status.splitlines())}
    assert {fields[f"Cap{kind}"][0] for kind in ("Eff", "Prm", "Bnd", "Inh", "Amb")} == {"0" * 16}
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == (["1"], ["2"])
    uid = int(status.splitlines()[-1])
    assert uid >= 61_000 if os.geteuid() == 0 else uid == os.geteuid()


async def test_nothing_but_its_own_folders_can_be_written(here: Place) -> None:
    code = "for p in / /usr /etc /opt /home /run /run/cab /var /root /dev; do touch $p/x 2>/dev/null && echo $p; done"
    assert (await here.shell(code)).stdout == b""
    assert (await here.shell("touch /work/a /home/agent/a /tmp/a /dev/shm/a")).exit_code == 0


async def test_there_is_no_network_but_the_loopback(here: Place) -> None:
    assert (await here.shell("ls /sys/class/net")).stdout.split() == [b"lo"]


async def test_sockets_past_the_network_namespace_are_refused(here: Place) -> None:
    for family in (40, 17, 38):  # AF_VSOCK, AF_PACKET, AF_ALG
        ended = await here.python(f"import socket; socket.socket({family}, 1)")
        assert ended.exit_code == 1, family
        assert b"not supported" in ended.stderr


async def test_a_command_cannot_forge_the_word_of_its_own_end(here: Place) -> None:
    code = """
import os, ctypes
for place in ("/run/cab/status", "/run/cab/life", "/proc/1/fd/4", "/proc/1/mem"):
    try:
        os.write(os.open(place, os.O_WRONLY), b"0\\n")
        print("wrote to", place)
    except OSError:
        pass
print(ctypes.CDLL(None).ptrace(16, 1, 0, 0), flush=True)
os._exit(7)
"""
    ended = await here.python(code)
    assert (ended.stdout, ended.exit_code) == (b"-1\n", 7)


async def test_no_container_is_left_after_a_run(here: Place) -> None:
    await here.run("true")
    for _ in range(100):
        if not (left := await containers(harness_tag())):
            break
        await asyncio.sleep(0.1)
    assert left == []


async def test_its_container_says_which_sweep_and_cell_it_belongs_to(here: Place) -> None:
    labels = cell_labels("nightly/codex/control/oracle/a/b#2", "agent")
    running_it = asyncio.create_task(here.run("sleep", "20", labels=labels))
    filters = json.dumps({"label": [f"{HARNESS}={harness_tag()}", f"{LABEL}.sweep=nightly"]})
    try:
        async with client() as docker:
            for _ in range(200):
                if found := await docker.containers.list(filters=filters):
                    break
                await asyncio.sleep(0.1)
            assert {k: found[0]["Labels"][f"{LABEL}.{k}"] for k in labels} == labels
            assert labels == {"sweep": "nightly", "cell": "nightly/codex/control/oracle/a/b#2", "phase": "agent"}
    finally:
        running_it.cancel()
        await asyncio.wait([running_it])


async def test_its_image_is_pinned_and_has_what_it_promises(here: Place) -> None:
    image = here.engine.image(["python"])
    assert image is not None
    assert image.name.startswith("codingagentbench/base:r")
    assert image.digest.startswith("sha256:")


@pytest.mark.parametrize("tty", [0, 1])
def test_a_killed_harness_takes_its_containers_with_it(
    here: Place, marker: str, alive: Callable[[str], list[int]], gone: Callable[[str], bool], tty: int
) -> None:
    folder = here.root / f"{marker}{tty}"
    with running("forever", folder) as harness:
        wait_for(lambda: bool(alive(f"sleep\0{folder.name}\0")))
        harness.kill()
        harness.wait()
        wait_for(lambda: gone(folder.name))
    assert gone(folder.name)


def test_what_outlives_its_watcher_too_is_swept_up_and_the_living_are_not(
    here: Place, marker: str, alive: Callable[[str], list[int]], gone: Callable[[str], bool]
) -> None:
    dead, living = here.root / f"{marker}0", here.root / f"{marker}2"
    with running("forever", dead) as harness, running("forever", living) as other:
        for folder in (dead, living):
            wait_for(lambda name=folder.name: bool(alive(f"sleep\0{name}\0")))  # type: ignore[misc]  # bound by default
        for pid in alive("docker_reaper.py"):
            if f"-{harness.pid}-" in Path(f"/proc/{pid}/cmdline").read_text():
                subprocess.run(["kill", "-KILL", str(pid)], check=True)
        harness.kill()
        harness.wait()
        assert alive(f"sleep\0{dead.name}\0"), "the daemon ends no container by itself"
        listed = remove_leftovers(dry_run=True)
        assert any(f"-{harness.pid}-" in name for name in listed)
        assert alive(f"sleep\0{dead.name}\0"), "a dry run removes nothing"
        remove_leftovers()
        assert gone(dead.name)
        assert alive(f"sleep\0{living.name}\0")
        other.kill()
        other.wait()
        wait_for(lambda: gone(living.name))


def test_a_start_of_any_engine_sweeps_up_containers_where_a_killed_harness_left_some(
    here: Place, marker: str, alive: Callable[[str], list[int]], gone: Callable[[str], bool]
) -> None:
    dead = here.root / f"{marker}0"
    with running("forever", dead) as harness:
        wait_for(lambda: bool(alive(f"sleep\0{dead.name}\0")))
        for pid in alive("docker_reaper.py"):
            if f"-{harness.pid}-" in Path(f"/proc/{pid}/cmdline").read_text():
                subprocess.run(["kill", "-KILL", str(pid)], check=True)
        harness.kill()
        harness.wait()
        assert alive(f"sleep\0{dead.name}\0")
        clear_up_at_start()
        wait_for(lambda: gone(dead.name))


async def test_what_the_daemon_can_hold_is_declared() -> None:
    engine = Docker()
    try:
        engine.preflight()
    except Exception as error:  # noqa: BLE001  # whatever it lacks here
        pytest.skip(str(error))
    assert {"no-network", "memory", "pids", "non-root", "disk-limit", "image"} <= engine.capabilities()


class running:  # noqa: N801  # a context manager, used like a function
    """A harness in a process of its own, ended afterwards."""

    def __init__(self, scenario: str, folder: Path) -> None:
        folder.mkdir()
        self._command = [sys.executable, str(HARNESS_SCRIPT), scenario, str(folder), "docker"]

    def __enter__(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(self._command)
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
