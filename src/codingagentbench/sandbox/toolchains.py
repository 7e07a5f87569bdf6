"""Toolchains found on this machine, with what a sandbox needs to use them."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Mount

SYSTEM = Path("/usr")
_TIMEOUT_S = 30


class MissingToolchainError(SetupError):
    """The machine has no such toolchain: its tasks are skipped with this text as the reason."""


@dataclass(frozen=True, slots=True)
class FoundToolchain:
    """A toolchain as a sandbox sees it."""

    name: str
    version: str
    root: str
    mounts: tuple[Mount, ...]
    path: tuple[str, ...]
    """Folders that go first on PATH; none for a toolchain of the system."""
    programs: Mapping[str, str]
    env: Mapping[str, str]


def find_toolchain(entry: Toolchain) -> FoundToolchain:
    """Probe this machine, once a process. Raises MissingToolchainError with the hint of the catalogue."""
    return _find(entry.model_dump_json())


@lru_cache(maxsize=64)
def _find(dumped: str) -> FoundToolchain:
    entry = Toolchain.model_validate_json(dumped)
    for probe in entry.probes:
        answer = _ask(probe)
        root = Path(answer.strip().splitlines()[-1]) if answer and answer.strip() else None
        if root is not None and all((root / p).exists() for p in entry.programs.values()):
            return _found(entry, root)
    tried = "; ".join(" ".join(p) for p in entry.probes)
    msg = f"toolchain {entry.name!r} is not on this machine (tried: {tried}): {entry.install_hint}"
    raise MissingToolchainError(msg)


def _found(entry: Toolchain, root: Path) -> FoundToolchain:
    program, *arguments = entry.version
    version = _ask([str(root / entry.programs[program]), *arguments]) or "unknown"
    in_view = root.is_relative_to(SYSTEM)
    seen = str(root) if in_view else f"/opt/cab/toolchains/{entry.name}"
    folders = dict.fromkeys(str(Path(seen, p).parent) for p in entry.programs.values())
    return FoundToolchain(
        name=entry.name,
        version=version.strip().splitlines()[0],
        root=seen,
        mounts=() if in_view else (Mount(root, seen),),
        path=() if in_view else tuple(folders),
        programs={name: f"{seen}/{place}" for name, place in entry.programs.items()},
        env={k: v.replace("{root}", seen) for k, v in entry.env.items()},
    )


def _ask(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
