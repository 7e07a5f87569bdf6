"""The Sandbox protocol: one call runs one command to its end, and nothing of it is alive afterwards."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # toolchains.py speaks of this module's mounts
    from codingagentbench.catalog.toolchain import Toolchain
    from codingagentbench.sandbox.toolchains import FoundToolchain

WORK = "/work"
HOME = "/home/agent"
DOOR_PORT = 31415
"""The gateway's port on the sandbox's own loopback."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of the host shown at `target`."""

    source: Path
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Enforced from outside the sandbox. None: no limit."""

    wall_s: float
    memory_bytes: int | None = 4 << 30
    pids: int | None = 1024
    cpus: float | None = 2.0
    """Cores: the same few on every machine, so that a cell's wall time means the same on one with many."""
    file_bytes: int | None = 1 << 30
    """Size of any one file."""
    disk_bytes: int | None = 4 << 30
    """Size of everything in the work directory and in HOME."""
    files: int | None = 250_000
    """Number of files, links and folders there."""
    output_bytes: int = 16 << 20
    """Terminal output kept; what comes after is counted and dropped."""


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """One command and everything it may see. Nothing else of the host is visible but the system's program folders."""

    argv: Sequence[str]
    work: Path
    """Shown writable at /work; the command's working directory."""
    home: Path
    """Shown writable at /home/agent."""
    env: Mapping[str, str]
    """The whole environment; PATH and HOME are set by the engine where it lacks them."""
    limits: Limits
    mounts: Sequence[Mount] = ()
    tty: bool = False
    """Run in a pty of 120 x 40; otherwise stdout and stderr are separate pipes and stdin is empty."""
    door: Callable[[socket.socket], None] | None = None
    """Called with a socket that listens on 127.0.0.1:31415 *inside* the sandbox, before the command starts."""
    on_output: Callable[[bytes], None] | None = None
    """tty only: every chunk as it comes."""
    stop: asyncio.Event | None = None
    """When it is set, the command is ended as at its wall limit, and the exit says `stopped`."""
    toolchains: Sequence[str] = ()
    """Names of what the command needs: an engine with images takes the one that has them."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the run belongs to (`sweep`, `cell`, `phase`), for engines whose objects can carry it."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a container is made of, by the name that people know and the digest that pins it."""

    name: str
    digest: str
    """The image's id, "sha256:<hex>": the digest of its configuration, which holds those of its layers."""


@dataclass(frozen=True, slots=True)
class SandboxExit:
    """How it ended. `exit_code` is None when the sandbox was stopped from outside."""

    exit_code: int | None
    timed_out: bool
    signal: int | None
    wall_s: float
    cpu_s: float | None
    peak_memory_bytes: int | None
    out_of_memory: bool
    stdout: bytes
    """With a pty: both streams, at most `limits.output_bytes`."""
    stderr: bytes
    dropped_bytes: int
    stopped: bool = False
    """Ended from outside because `SandboxSpec.stop` was set, before its time was up."""
    disk_full: bool = False
    """Ended from outside because it was past `limits.disk_bytes` or `limits.files`."""
    enforced: Mapping[str, str] = field(default_factory=dict)
    not_enforced: Sequence[str] = ()


class Sandbox(Protocol):
    """An engine. Conformance: tests/sandbox/conformance.py, which every engine passes."""

    name: str
    isolated: bool
    """False only for the engine that isolates nothing; its records are not citable."""

    def version(self) -> str:
        """The engine's version, for the record."""

    def capabilities(self) -> frozenset[str]:
        """What it can enforce on this machine, by the names of sandbox/capabilities.py."""

    def find_toolchain(self, entry: "Toolchain") -> "FoundToolchain":
        """A toolchain as this engine's sandboxes see it. Raises MissingToolchainError."""

    def image(self, toolchains: Sequence[str]) -> Image | None:
        """What a command with these toolchains runs in; None for an engine that shows the machine's own folders."""

    def preflight(self) -> None:
        """Raise SetupError, in one line, when this machine cannot run the engine."""

    async def run(self, spec: SandboxSpec) -> SandboxExit:
        """Run to the end or to a limit. Raises SandboxError when the sandbox itself could not be made.

        On return, and when cancelled, no process of the sandbox is alive.
        """
