"""The other cell of the attacks notices whatever is done to it, from wherever."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from attacks.neighbour import Neighbour, living
from codingagentbench.catalog.load import Catalog, own_root
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Limits
from codingagentbench.sandbox.engines import engine


def _call(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(place))


HARM: dict[str, Callable[[Neighbour], object]] = {
    "a file of its work is written": lambda n: (n.folder / "work/secret.txt").write_text("other"),
    "a file is added to its HOME": lambda n: (n.folder / "home/new.txt").touch(),
    "a file gets another name": lambda n: os.link(n.folder / "work/secret.txt", n.folder.parent / "link"),
    "it gets a signal": lambda n: os.kill(n.pid, signal.SIGUSR1),
    "it is stopped": lambda n: os.kill(n.pid, signal.SIGSTOP),
    "it is ended": lambda n: os.kill(n.pid, signal.SIGKILL),
    "its socket is called": lambda n: _call(n.folder / "work/socket"),
    "its priority is changed": lambda n: os.setpriority(os.PRIO_PROCESS, n.pid, 5),
}


@pytest.fixture
async def neighbour(tmp_path: Path) -> AsyncIterator[Neighbour]:
    sandbox = engine("bubblewrap")
    try:
        sandbox.preflight()
    except SetupError as error:
        pytest.skip(str(error))
    python, doors = Catalog([own_root()]).toolchain("python"), list[socket.socket]()
    limits = Limits(wall_s=0, memory_bytes=256 << 20)
    async with living(sandbox, python, tmp_path, limits, door=doors.append, token="cab-none") as made:  # noqa: S106  # no token
        yield made
    for door in doors:
        door.close()
    assert not made.folder.exists()


async def test_left_alone_it_lives_on_untouched(neighbour: Neighbour) -> None:
    await asyncio.sleep(0.2)
    assert neighbour.harm() == []


@pytest.mark.parametrize("what", HARM)
async def test_what_is_done_to_it_is_seen(neighbour: Neighbour, what: str) -> None:
    HARM[what](neighbour)
    for _ in range(100):
        if neighbour.harm():
            return
        await asyncio.sleep(0.1)
    pytest.fail("nothing was seen")
