"""Another cell of the same engine, alive while the attacks run: what it holds, and whether anything came to it."""

import asyncio
import hashlib
import json
import os
import secrets
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from attacks.world import SECRET
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.removal import remove_tree
from codingagentbench.runner.labels import cell_labels
from codingagentbench.sandbox.base import DOOR_PORT, Limits, Sandbox, SandboxExit, SandboxSpec

CELL = "attacks/other"
_COMMAND = Path(__file__).with_name("neighbour_command.py")
_PORT = 41414
_WALL_S = 3600
_READY_S = 60
_WELL = "SR"
"""States of /proc/PID/stat: it sleeps, or runs."""


@dataclass
class Neighbour:
    """The live cell. `secret` stands in its files, its environment, its /tmp, its shared memory and on its sockets."""

    folder: Path
    """Its scratch folder."""
    secret: str
    abstract: str
    pid: int
    """Of its command, on this machine."""
    container: dict[str, str]
    """Docker's `id` and `name`; empty in another engine."""
    running: asyncio.Task[SandboxExit]
    pristine: tuple[str, dict[str, object]] = ("", {})

    def knows(self) -> dict[str, object]:
        """What an attacker with inside knowledge could know of it."""
        return {
            "folder": str(self.folder),
            "pid": self.pid,
            "port": _PORT,
            "door": DOOR_PORT,
            "abstract": self.abstract,
            "container": self.container,
        }

    def harm(self) -> list[str]:
        """What was done to it; empty where it lives on untouched."""
        if self.running.done():
            return [f"the other cell has ended: {self.running.exception() or self.running.result()}"]
        digest, process = self._look()
        touched = self.folder / "work" / "touched.txt"
        if digest != self.pristine[0]:
            words = touched.read_text().splitlines()[:5] if touched.exists() else []
            return [f"a file of the other cell was changed: {words or 'it saw nobody'}"]
        before = self.pristine[1]
        changed = [f"{name} is {value}, was {before[name]}" for name, value in process.items() if value != before[name]]
        return [f"the other cell's process was touched: {', '.join(changed)}"] if changed else []

    def settle(self) -> None:
        """From now on nothing of it may change."""
        self.pristine = self._look()

    def _look(self) -> tuple[str, dict[str, object]]:
        total = hashlib.sha256()
        for file in sorted(self.folder.rglob("*")):
            total.update(f"{file}\0{file.lstat().st_mode}\0{file.lstat().st_nlink}\0".encode())
            total.update(file.read_bytes() if file.is_file() else b"")
        return total.hexdigest(), _process(self.pid)


@asynccontextmanager
async def living(
    engine: Sandbox,
    python: Toolchain,
    scratch: Path,
    limits: Limits,
    *,
    door: Callable[[socket.socket], None],
    token: str,
) -> AsyncIterator[Neighbour]:
    """A neighbour that runs, with a cell's door and token; ended and taken away afterwards.

    Raises AssertionError where it does not start.
    """
    folder = Path(tempfile.mkdtemp(dir=scratch))
    secret, abstract = f"{SECRET}{secrets.token_hex(12)}", f"neighbour-{secrets.token_hex(8)}"
    ready, stop = asyncio.Event(), asyncio.Event()
    for name in ("work", "home"):
        (folder / name).mkdir()
        (folder / name / "secret.txt").write_text(f"{secret}\n")
        (folder / name / "secret.txt").chmod(0o666)
    found = engine.find_toolchain(python)
    spec = SandboxSpec(
        [found.programs["python"], "-I", "-c", _COMMAND.read_text(), str(_PORT), abstract],
        work=folder / "work",
        home=folder / "home",
        env={
            "NEIGHBOUR_SECRET": secret,
            "CAB_KEY": token,
            "PATH": ":".join([*found.path, "/usr/bin", "/bin"]),
        },
        limits=replace(limits, wall_s=_WALL_S),
        mounts=found.mounts,
        tty=True,
        door=door,
        on_output=lambda chunk: ready.set() if b"ready" in chunk else None,
        stop=stop,
        toolchains=[found.name],
        labels=cell_labels(CELL, "agent"),
    )
    running = asyncio.create_task(engine.run(spec))
    said = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait([running, said], timeout=_READY_S, return_when=asyncio.FIRST_COMPLETED)
        assert ready.is_set(), f"the other cell did not start: {running}"
        pid = await asyncio.to_thread(_pid_of, secret)
        container = await asyncio.to_thread(_container, pid) if engine.name == "docker" else {}
        neighbour = Neighbour(folder, secret, abstract, pid, container, running)
        neighbour.settle()
        yield neighbour
    finally:
        said.cancel()
        stop.set()
        await asyncio.wait([running])
        await asyncio.to_thread(remove_tree, folder)


def _process(pid: int) -> dict[str, object]:
    """Whose process it is, whether it is well, and what somebody else could set from outside."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        limits = Path(f"/proc/{pid}/limits").read_text()
    except OSError as error:
        return {"state": str(error)}
    return {
        "state": "well" if fields[0] in _WELL else fields[0],
        "start": fields[19],
        "nice": fields[16],
        "tracer": next(line for line in status if line.startswith("TracerPid")),
        "processors": sorted(os.sched_getaffinity(pid)),
        "limits": limits,
    }


def _pid_of(secret: str) -> int:
    """The process whose environment, as it was started with, holds the secret."""
    found = []
    for process in filter(str.isdigit, (p.name for p in Path("/proc").iterdir())):
        try:
            if secret.encode() in Path("/proc", process, "environ").read_bytes():
                found.append(int(process))
        except OSError:
            continue
    assert len(found) == 1, found
    return found[0]


def _container(pid: int) -> dict[str, str]:
    """The container that a process is in."""
    listed = subprocess.run(["docker", "ps", "-q", "--no-trunc"], capture_output=True, text=True, check=True)
    groups = Path(f"/proc/{pid}/cgroup").read_text()
    (own,) = (line for line in listed.stdout.split() if line in groups)
    shown = subprocess.run(["docker", "inspect", own], capture_output=True, text=True, check=True)
    return {"id": own, "name": json.loads(shown.stdout)[0]["Name"].lstrip("/")}
