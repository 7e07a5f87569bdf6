"""Docker's API: aiodocker on the daemon's local socket, every call with a timeout, every failure in our words."""

import asyncio
import concurrent.futures
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from aiodocker import Docker as Client
from aiodocker import DockerError

from codingagentbench.errors import SandboxError, SetupError

CALL_TIMEOUT_S = 60.0
"""A loaded machine starts a container in 2 s; what takes a minute will not come."""
LABEL = "org.codingagentbench"
_SOCKETS = ("/run/docker.sock", "/var/run/docker.sock")
_T = TypeVar("_T")


def daemon_socket() -> Path:
    """The daemon's socket: DOCKER_HOST where it is set. Raises SetupError where it is not on this machine.

    Folders, terminals and the door are this machine's, so a daemon elsewhere cannot show them to a container.
    """
    given = os.environ.get("DOCKER_HOST")
    if given and not given.startswith("unix://"):
        msg = f"DOCKER_HOST is {given!r}: accepted: unix://PATH, a daemon of this machine, which it shows folders of"
        raise SetupError(msg)
    places = [Path(given.removeprefix("unix://"))] if given else [Path(p) for p in _SOCKETS]
    for place in places:
        if place.is_socket():
            return place
    msg = (
        f"no Docker daemon answers here ({', '.join(map(str, places))}): install docker.io and start dockerd, "
        "or use the embedded engine: --sandbox bubblewrap"
    )
    raise SetupError(msg)


@asynccontextmanager
async def client() -> AsyncIterator[Client]:
    """A client of the running loop, closed afterwards."""
    async with Client(url=f"unix://{daemon_socket()}") as docker:
        yield docker


async def call(what: str, work: Awaitable[_T], seconds: float = CALL_TIMEOUT_S) -> _T:
    """Await one API call; `what` names it in the SandboxError that every failure becomes."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as error:
        msg = f"Docker did not answer within {seconds:g} s: {what}"
        raise SandboxError(msg) from error
    except DockerError as error:
        msg = f"Docker refused to {what}: {error.message}"
        raise SandboxError(msg) from error
    except (aiohttp.ClientError, OSError) as error:
        msg = f"Docker's daemon cannot be reached to {what}: {error}"
        raise SandboxError(msg) from error


async def remove(docker: Client, name: str) -> bool:
    """Kill and remove a container, by id or name; False where there is none, or it is being removed already."""
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            await docker.containers.container(name).delete(force=True, v=True)
    except DockerError as error:
        if error.status in {404, 409}:
            return False
        msg = f"Docker refused to remove the container {name[:40]}: {error.message}"
        raise SandboxError(msg) from error
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        msg = f"Docker did not remove the container {name[:40]}: {error or 'no answer'}"
        raise SandboxError(msg) from error
    return True


def synchronously(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run a coroutine to its end in a loop of its own, wherever the caller is (a running loop included)."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()
