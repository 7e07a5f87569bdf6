"""What the attacks are after: files, processes, listeners and shared memory of this machine."""

import ctypes
import hashlib
import os
import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SECRET = "VAULT-"  # noqa: S105  # what the secrets made here begin with
_LIBC = ctypes.CDLL(None, use_errno=True)
_IPC_CREAT, _IPC_RMID = 0o1000, 0


@dataclass
class World:
    """The machine as the attacks find it."""

    folder: Path
    marker: str
    listeners: dict[str, socket.socket]
    victim: subprocess.Popen[bytes]
    sysv: int
    host_files: list[Path]
    pristine: str = ""
    key: str = field(default_factory=lambda: f"{SECRET}{secrets.token_hex(12)}")

    def knows(self) -> dict[str, object]:
        """What an attacker with inside knowledge could know."""
        return {
            "marker": self.marker,
            "host_files": [str(f) for f in self.host_files],
            "harness": os.getpid(),
            "victim": self.victim.pid,
            "tcp": self.listeners["tcp"].getsockname()[1],
            "udp": self.listeners["udp"].getsockname()[1],
            "ip": own_address(),
            "abstract": f"cab-attack-{self.marker}",
            "unix": str(self.folder / "unix"),
            "sysv": self.sysv,
            "mqueue": f"/cab-attack-{self.marker}",
        }

    def digest(self) -> str:
        """Of every name and content in the folder that nobody may touch."""
        total = hashlib.sha256()
        for file in sorted((self.folder / "untouched").rglob("*")):
            total.update(f"{file}\0{file.lstat().st_mode}\0".encode())
            total.update(file.read_bytes() if file.is_file() else b"")
        return total.hexdigest()

    def visitors(self) -> list[str]:
        """Listeners that somebody has reached."""
        reached = []
        for name, sock in self.listeners.items():
            try:
                sock.recvfrom(100) if name == "udp" else sock.accept()[0].close()
            except BlockingIOError:
                continue
            reached.append(name)
        return reached

    def survivors(self) -> list[str]:
        """Processes, of whatever user, that carry the marker of the attacks in their environment or arguments."""
        found = []
        for process in filter(str.isdigit, (p.name for p in Path("/proc").iterdir())):
            try:
                said = Path("/proc", process, "environ").read_bytes() + Path("/proc", process, "cmdline").read_bytes()
            except OSError:
                continue
            if self.marker.encode() in said:
                found.append(process)
        return found


def own_address() -> str:
    """This machine's address on its network, or that of its loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return "127.0.0.1"
        return str(sock.getsockname()[0])


@contextmanager
def make_world(folder: Path) -> Iterator[World]:
    """The machine's things, taken away afterwards."""
    marker = secrets.token_hex(8)
    untouched = folder / "untouched"
    untouched.mkdir()
    folder.chmod(0o755)
    (untouched / "vault.txt").write_text(f"{SECRET}{secrets.token_hex(12)}\n")
    (untouched / "open-to-all.txt").write_text(f"{SECRET}{secrets.token_hex(12)}\n")
    (untouched / "open-to-all.txt").chmod(0o666)
    listeners = _listeners(folder, marker)
    victim = subprocess.Popen(["sleep", "3600"])
    key = int(marker[:7], 16)
    segment = _LIBC.shmget(key, 4096, _IPC_CREAT | 0o666)
    _LIBC.shmat.restype = ctypes.c_void_p
    ctypes.memmove(_LIBC.shmat(segment, None, 0), f"{SECRET}shared".encode(), len(SECRET) + 6)
    queue = _LIBC.mq_open(f"/cab-attack-{marker}".encode(), os.O_CREAT | os.O_RDWR, 0o666, None)
    try:
        world = World(folder, marker, listeners, victim, key, [untouched / "vault.txt", untouched / "open-to-all.txt"])
        world.pristine = world.digest()
        yield world
    finally:
        victim.kill()
        victim.wait()
        for sock in listeners.values():
            sock.close()
        _LIBC.shmctl(segment, _IPC_RMID, None)
        if queue >= 0:
            os.close(queue)
            _LIBC.mq_unlink(f"/cab-attack-{marker}".encode())


def _listeners(folder: Path, marker: str) -> dict[str, socket.socket]:
    made = {
        "tcp": socket.socket(),
        "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "abstract": socket.socket(socket.AF_UNIX),
        "unix": socket.socket(socket.AF_UNIX),
    }
    made["tcp"].bind(("0.0.0.0", 0))  # noqa: S104  # on purpose: whatever way leads here counts
    made["udp"].bind(("0.0.0.0", 0))  # noqa: S104  # as above
    made["abstract"].bind(f"\0cab-attack-{marker}")
    made["unix"].bind(str(folder / "unix"))
    (folder / "unix").chmod(0o777)
    for name, sock in made.items():
        sock.setblocking(False)
        if name != "udp":
            sock.listen()
    return made
