"""Toolchains found on this machine, with what a sandbox needs to use them."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import shorten

from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Mount

SYSTEM = Path("/usr")
"""In every sandbox's view."""
_TIMEOUT_S = 30
_VERSION = 80
_SHOWN = 100


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
    """Probe this machine, once a process. Raises MissingToolchainError: what was tried, and the catalogue's hint."""
    found = _find(entry.model_dump_json())
    if isinstance(found, str):
        raise MissingToolchainError(found)
    return found


def is_shared_folder(root: Path) -> bool:
    """Whether `root` holds more than a program's own files (a home, ~/.local, /opt): never shown to a sandbox."""
    home = Path.home()
    others = (home / ".local" / "share", home / ".config", Path("/opt"), Path("/var"))
    return not root.is_relative_to(SYSTEM) and any(p.is_relative_to(root) for p in others)


@lru_cache(maxsize=64)
def _find(dumped: str) -> FoundToolchain | str:
    """The toolchain, or why there is none: kept too, because probing again for each cell costs as much as a cell."""
    entry = Toolchain.model_validate_json(dumped)
    tried = []
    for probe in entry.probes:
        found = _probe(entry, probe)
        if not isinstance(found, str):
            return found
        tried.append(f"{shorten(' '.join(probe), _SHOWN, placeholder='...')}: {found}")
    return f"toolchain {entry.name!r} is not on this machine ({'; '.join(tried)}): {entry.install_hint}"


def _probe(entry: Toolchain, probe: Sequence[str]) -> FoundToolchain | str:
    """What a probe's root folder holds, or why it will not do."""
    answer = (_ask(probe) or "").strip()
    if not answer:
        return "no answer"
    root = Path(answer.splitlines()[-1])
    lacking = [path for path in entry.programs.values() if not (root / path).exists()]
    if lacking or not root.is_absolute():
        return f"{root} has no {', '.join(lacking) or 'absolute path'}"
    if is_shared_folder(root):
        return f"{root} holds more than this toolchain and cannot be shown to a sandbox"
    version = (_ask([str(root / entry.programs[entry.version[0]]), *entry.version[1:]]) or "").strip()
    return _found(entry, root, version.splitlines()[0][:_VERSION]) if version else f"{root} does not say its version"


def _found(entry: Toolchain, root: Path, version: str) -> FoundToolchain:
    in_view = root.is_relative_to(SYSTEM)
    seen = str(root) if in_view else f"/opt/cab/toolchains/{entry.name}"
    folders = dict.fromkeys(str(Path(seen, p).parent) for p in entry.programs.values())
    return FoundToolchain(
        name=entry.name,
        version=version,
        root=seen,
        mounts=() if in_view else (Mount(root, seen),),
        path=() if in_view else tuple(folders),
        programs={name: f"{seen}/{place}" for name, place in entry.programs.items()},
        env={k: v.replace("{root}", seen) for k, v in entry.env.items()},
    )


def _ask(command: Sequence[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
