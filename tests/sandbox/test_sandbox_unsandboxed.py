"""What is special where nothing is isolated."""

import asyncio
import socket
from pathlib import Path

import pytest

from codingagentbench.errors import SandboxError, UsageError
from codingagentbench.sandbox.base import DOOR_PORT, Mount
from codingagentbench.sandbox.engines import engine
from sandbox.place import Place, place

pytestmark = pytest.mark.usefixtures("host_port")


@pytest.fixture
def bare(tmp_path: Path) -> Place:
    return place("none", tmp_path)


async def test_it_says_that_it_isolates_nothing(bare: Place) -> None:
    assert bare.engine.isolated is False
    assert any("isolation" in text for text in (await bare.run("true")).not_enforced)


async def test_paths_of_the_sandbox_become_paths_of_the_host(bare: Place) -> None:
    kit = bare.root / "kit"
    kit.mkdir()
    env = {"PATH": "/opt/cab/kit/bin:/usr/bin", "OTHER": "/opt/cab/kitten:/network:a/work"}
    argv = ["printenv", "PATH", "OTHER"]
    ended = await bare.run(*argv, env=env, mounts=[Mount(kit, "/opt/cab/kit")])
    assert ended.stdout.decode().splitlines() == [f"{kit}/bin:/usr/bin", "/opt/cab/kitten:/network:a/work"]
    ended = await bare.run("echo", "--file=/work/a.toml", "/work", "/work.d", "/home/agent/x")
    assert ended.stdout.decode().split() == [
        f"--file={bare.work}/a.toml",
        str(bare.work),
        "/work.d",
        f"{bare.home}/x",
    ]


async def test_a_taken_port_is_named(bare: Place) -> None:
    with socket.create_server(("127.0.0.1", DOOR_PORT)), pytest.raises(SandboxError, match=str(DOOR_PORT)):
        await bare.run("true", door=lambda door: door.close())


async def test_runs_with_a_door_wait_for_each_other(bare: Place) -> None:
    ended = await asyncio.gather(*(bare.run("sleep", "0.05", door=lambda door: door.close()) for _ in range(3)))
    assert [e.exit_code for e in ended] == [0, 0, 0]


def test_an_unknown_engine_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean bubblewrap"):
        engine("bublewrap")
