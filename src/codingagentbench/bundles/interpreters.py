"""Interpreters that bundles run on: found on this machine, with the mounts that show them to a sandbox."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.specifiers import SpecifierSet

from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Mount

_PROBE_PYTHON = "import sys, platform; print(platform.python_version()); print(sys.base_prefix)"
_TIMEOUT_S = 20
SYSTEM = Path("/usr")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program on the host and where a sandbox sees it."""

    name: str
    version: str
    host: Path
    seen: str
    mounts: tuple[Mount, ...]


def find_python(specifier: str | None) -> Interpreter:
    """The first Python that satisfies `specifier` (any where None). Raises SetupError naming what was found."""
    wanted, seen = SpecifierSet(specifier or ""), []
    for candidate in _python_candidates():
        answer = _ask([str(candidate), "-I", "-c", _PROBE_PYTHON])
        if answer is None:
            continue
        version, prefix = answer.split("\n", 1)
        if wanted.contains(version):
            root = Path(prefix.strip())
            program = root / "bin" / f"python{'.'.join(version.split('.')[:2])}"
            return _interpreter("python", version, program if program.exists() else candidate.resolve(), root)
        seen.append(version)
    found = ", ".join(seen) or "none"
    msg = f"no Python {specifier} on this machine (found: {found}): install one, e.g. with apt, pyenv or uv"
    raise SetupError(msg)


def find_node(specifier: str | None) -> Interpreter | None:
    """Node.js with npm beside it on PATH, where it satisfies `specifier`; None otherwise."""
    program = shutil.which("node")
    answer = _ask([program, "--version"]) if program and shutil.which("npm") else None
    if program is None or answer is None:
        return None
    version = answer.strip().removeprefix("v")
    if not SpecifierSet(specifier or "").contains(version):
        return None
    real = Path(program).resolve()
    return _interpreter("node", version, real, real.parent.parent)


def node_below(root: Path, version: str) -> Interpreter:
    """The Node.js of a wheel that was unpacked at `root`."""
    return _interpreter("node", version, root / "bin" / "node", root)


def _python_candidates() -> Iterator[Path]:
    """Versioned names first: a plain python3 may be any. The system's own need no mount."""
    names = [f"python3.{minor}" for minor in (11, 12, 13, 10, 14)]
    for name in names:
        yield from (p for p in [SYSTEM / "bin" / name] if p.exists())
    yield Path(sys.executable)
    for name in [*names, "python3"]:
        if found := shutil.which(name):
            yield Path(found)
    yield from sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3"), reverse=True)


def _interpreter(name: str, version: str, program: Path, root: Path) -> Interpreter:
    """A program below /usr is in every sandbox's view; any other is mounted with its whole prefix."""
    if program.is_relative_to(SYSTEM) and not root.is_relative_to(SYSTEM / "local"):
        return Interpreter(name, version, program, str(program), ())
    target = f"/opt/cab/{name}"
    seen = f"{target}/{program.relative_to(root)}"
    return Interpreter(name, version, program, seen, (Mount(root, target),))


def _ask(command: list[str]) -> str | None:
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def platform_key() -> str:
    """What decides which wheels and npm binaries fit: system, architecture, C library."""
    return f"{platform.system()}-{platform.machine()}-{'-'.join(platform.libc_ver())}".lower()
