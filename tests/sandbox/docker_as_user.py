"""Runs in containers as the ordinary user that it is started as: `docker_as_user.py FOLDER`."""

import asyncio
import json
import sys
from pathlib import Path

from codingagentbench.sandbox.base import SandboxExit
from codingagentbench.sandbox.docker import Docker
from sandbox.harness import PING, serve, spec


def main(folder: Path) -> None:
    """Print what was seen, as JSON."""
    engine = Docker()
    engine.preflight()
    print(json.dumps(asyncio.run(look(engine, folder))))


async def look(engine: Docker, folder: Path) -> dict[str, object]:
    """Doors side by side, a terminal, what the command is, and its ends."""
    names = [folder / f"door{n}" for n in range(3)]
    for name in (*names, folder / "tty", folder / "late", folder / "greedy"):
        name.mkdir()
    python = ["/usr/bin/python3", "-I", "-c"]
    doors = await asyncio.gather(*(engine.run(spec(n, [*python, PING], door=serve)) for n in names))
    status = "grep -E '^(Uid|CapEff|NoNewPrivs)' /proc/self/status; ls /run/cab; touch mine"
    shown = await engine.run(spec(folder / "tty", ["/bin/sh", "-c", f"stty size; {status}"], tty=True, door=serve))
    unseen = "import os\nf = open('big', 'wb'); os.unlink('big')\nwhile True: f.write(bytes(1 << 20)); f.flush()"
    greedy = await engine.run(spec(folder / "greedy", [*python, unseen], disk_bytes=64 << 20, file_bytes=None))
    late = await engine.run(spec(folder / "late", ["/bin/sleep", "60"], wall_s=1.0))
    return {
        "doors": [said(d) for d in doors],
        "shown": said(shown),
        "disk_full": greedy.disk_full,
        "late": [late.timed_out, late.exit_code],
        "owner": (folder / "tty" / "work" / "mine").stat().st_uid,
        "enforced": shown.enforced,
        "peak": shown.peak_memory_bytes,
    }


def said(ended: SandboxExit) -> str:
    """Its output, and where it failed its errors too."""
    return (ended.stdout + (ended.stderr if ended.exit_code else b"")).decode("utf-8", "replace")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
