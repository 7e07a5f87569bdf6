"""The kernel's counters tell what a command in a sandbox tried to reach: real sandboxes, real sockets."""

import shutil
import sys
from pathlib import Path

import pytest

from codingagentbench.sandbox.base import Limits, SandboxSpec
from codingagentbench.sandbox.bubblewrap import Bubblewrap
from codingagentbench.sandbox.recording import plain_text
from codingagentbench.sweep.network_watch import NetworkAttempts, read_attempts, watched

PYTHON = "/usr/bin/python3"
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("bwrap") is None or not Path(PYTHON).exists(),
    reason="needs bubblewrap and the system's Python",
)
CONNECT = "import socket\ntry:\n    socket.create_connection(('{}', {}), 2)\nexcept OSError:\n    pass\n"
LOOK_UP = "import socket\ntry:\n    socket.getaddrinfo('example.invalid', 443)\nexcept OSError:\n    pass\n"


async def attempts_of(tmp_path: Path, *argv: str) -> tuple[NetworkAttempts | None, int | None]:
    for name in ("work", "home"):
        (tmp_path / name).mkdir()
    spec = SandboxSpec(
        argv=watched(list(argv)),
        work=tmp_path / "work",
        home=tmp_path / "home",
        env={},
        limits=Limits(wall_s=30),
        tty=True,
    )
    ended = await Bubblewrap().run(spec)
    return read_attempts(plain_text(ended.stdout)), ended.exit_code


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        (CONNECT.format("192.0.2.1", 443), "unroutable"),
        (CONNECT.format("2001:db8::1", 443), "unroutable"),
        (LOOK_UP, "look_ups"),
        (CONNECT.format("127.0.0.1", 11434), "refused"),
        ("pass", None),
    ],
    ids=["an address", "an IPv6 address", "a name", "the loopback", "nothing"],
)
async def test_what_a_command_tries_to_reach_is_counted(tmp_path: Path, program: str, kind: str | None) -> None:
    attempts, code = await attempts_of(tmp_path, PYTHON, "-c", program)
    assert code == 0
    assert attempts is not None
    counts = {name: getattr(attempts, name) for name in ("unroutable", "look_ups", "refused")}
    assert {name for name, count in counts.items() if count > 0} == ({kind} if kind else set())


async def test_the_commands_exit_code_stays(tmp_path: Path) -> None:
    assert (await attempts_of(tmp_path, "/bin/sh", "-c", "exit 7"))[1] == 7


@pytest.mark.parametrize("text", ["", "cab:network-counters\n", "cab:network-counters\nIp: A OutNoRoutes\nIp: 1\n"])
def test_output_without_the_counters_is_not_known_and_not_nothing(text: str) -> None:
    assert read_attempts(text) is None
