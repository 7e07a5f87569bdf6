"""A harness in a process of its own, to be killed or run as another user: `harness.py SCENARIO FOLDER [ENGINE]`.

Standard library and codingagentbench.sandbox alone, so that any Python >= 3.11 can run it.
"""

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

from codingagentbench.sandbox.base import DOOR_PORT, Limits, Sandbox, SandboxExit, SandboxSpec
from codingagentbench.sandbox.bubblewrap import Bubblewrap
from codingagentbench.sandbox.engines import engine

PING = f"import socket; s = socket.create_connection(('127.0.0.1', {DOOR_PORT})); print(s.recv(9))"
BOMB = """
import os, time
made = 0
try:
    while made < 500:
        if os.fork() == 0:
            time.sleep(60)
        made += 1
except BlockingIOError:
    print(made, flush=True)
os._exit(0)
"""


def spec(folder: Path, argv: list[str], *, tty: bool = False, door: object = None, **limits: object) -> SandboxSpec:
    for name in ("work", "home"):
        (folder / name).mkdir(exist_ok=True)
    return SandboxSpec(
        argv,
        work=folder / "work",
        home=folder / "home",
        env={},
        limits=Limits(**{"wall_s": 30.0, **limits}),  # type: ignore[arg-type]  # names are the caller's
        tty=tty,
        door=door,  # type: ignore[arg-type]  # as above
    )


def serve(door: socket.socket) -> None:
    """Answer one connection from a thread."""
    door.setblocking(True)  # the method's own signature

    def answer() -> None:
        with door:
            connection, _ = door.accept()
            with connection:
                connection.sendall(b"pong")

    threading.Thread(target=answer, daemon=True).start()


async def as_user(folder: Path) -> None:
    """Print what an ordinary user's sandbox is like."""
    engine = Bubblewrap()
    engine.preflight()

    async def run(code: str, program: str = "/bin/sh", **more: object) -> SandboxExit:
        return await engine.run(spec(folder, [program, "-c", code], **more))  # type: ignore[arg-type]

    doors = [await run(PING, "/usr/bin/python3", door=serve) for _ in range(5)]
    many = await asyncio.gather(*(run("id -u", door=lambda door: door.close()) for _ in range(6)))
    status = (await run("cat /proc/self/status")).stdout.decode()
    fields = {k: v.split() for k, _, v in (line.partition(":") for line in status.splitlines())}
    bomb = await run(BOMB, "/usr/bin/python3", pids=40)
    timed = await run("sleep 60 & sleep 60", wall_s=0.3)
    writes = await run("for p in / /usr /etc /dev /home /opt; do touch $p/x 2>/dev/null && echo $p; done; touch y")
    report = {
        "doors": [e.stdout.decode() for e in doors],
        "many": [e.stdout.decode() for e in many],
        "caps": fields["CapEff"] + fields["CapBnd"] + fields["CapPrm"],
        "no_new_privileges": fields["NoNewPrivs"],
        "uid": fields["Uid"],
        "bomb": int(bomb.stdout),
        "timed_out": timed.timed_out,
        "writes": writes.stdout.decode(),
        "owner": (folder / "work" / "y").stat().st_uid,
        "home": (await run(f"ls -d {Path.home()} {folder} /tmp/*")).stdout.decode(),
        "missing": (await run("exec no-such-program")).exit_code,
        "tty": (await run("stty size; echo x >/dev/tty", tty=True)).stdout.decode(),
        "enforced": dict(bomb.enforced),
        "not_enforced": list(bomb.not_enforced),
        "own_uid": os.getuid(),
    }
    print(json.dumps(report))


async def forever(folder: Path) -> None:
    """Run a command that ignores every signal, with a daemon, until somebody kills this process."""
    marker = folder.name
    code = f"trap '' TERM HUP INT; setsid sh -c 'sleep {marker}' & sleep {marker}; sleep {marker}"
    tty = folder.name.endswith("1")
    await _engine().run(spec(folder, ["/bin/sh", "-c", code], tty=tty, door=lambda _: None))


async def dies_while_held(folder: Path) -> None:
    """Die at the moment when everything is ready and the command has not been let go."""

    def die(_: socket.socket) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    await _engine().run(spec(folder, ["/bin/sh", "-c", f"touch ran; exec sleep {folder.name}"], door=die))


def _engine() -> Sandbox:
    return engine(sys.argv[3] if len(sys.argv) > 3 else "bubblewrap")


if __name__ == "__main__":
    scenario = {"as_user": as_user, "forever": forever, "dies_while_held": dies_while_held}[sys.argv[1]]
    asyncio.run(scenario(Path(sys.argv[2])))
