"""Docker for an ordinary user who may talk to the daemon: the same walls, and a door that the container hands out."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from codingagentbench.errors import SetupError
from codingagentbench.sandbox.docker import Docker
from codingagentbench.sandbox.docker_api import daemon_socket

pytestmark = pytest.mark.xdist_group("docker")
USER = "4321"
SCRIPT = Path(__file__).with_name("docker_as_user.py")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of that user's."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:  # world-searchable, and a name of our own
        os.chown(name, int(USER), int(USER))
        yield Path(name)


@pytest.fixture
def as_user(place: Path) -> list[str]:
    """The beginning of a command of that user's, who is in the group of the daemon's socket and in no other."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    try:
        Docker().preflight()
    except SetupError as error:
        pytest.skip(str(error))
    series = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    become = ["setpriv", f"--reuid={USER}", f"--regid={USER}", f"--groups={daemon_socket().stat().st_gid}"]
    seen = [str(Path(p)) for p in sys.path if p and not p.endswith(".zip")]
    environment = ["/usr/bin/env", f"PYTHONPATH={':'.join(seen)}", f"HOME={place}", "PYTHONDONTWRITEBYTECODE=1"]
    for python in (sys.executable, f"/usr/bin/{series}"):
        command = [*become, *environment, python]
        tried = [*command, "-c", "import codingagentbench.sandbox.docker, concurrent.futures.thread"]
        if subprocess.run(tried, check=False, capture_output=True, cwd="/").returncode == 0:
            return command
    pytest.skip("the checkout or its Python lies where an ordinary user cannot read it")


def test_an_ordinary_user_gets_the_same_containers(as_user: list[str], place: Path) -> None:
    command = [*as_user, str(SCRIPT), str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=300)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["doors"] == ["b'pong'\n"] * 3
    assert seen["owner"] == int(USER)
    shown = [line.split() for line in seen["shown"].splitlines()]
    assert shown == [["40", "120"], ["Uid:", *[USER] * 4], ["CapEff:", "0" * 16], ["NoNewPrivs:", "1"], ["tty"]]
    assert (seen["disk_full"], seen["late"]) == (True, [True, None])
    assert {"memory", "pids", "cpu", "disk", "network", "system calls"} <= set(seen["enforced"])
    assert seen["peak"] > 0
