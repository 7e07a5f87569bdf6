"""Interpreters that bundles run on: found on this machine, with the mounts that show them to a sandbox."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.specifiers import SpecifierSet

from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Mount
from codingagentbench.sandbox.toolchains import SYSTEM, is_shared_folder

_PROBE_PYTHON = "import sys, platform; print(platform.python_version()); print(sys.base_prefix)"
_ORIGIN = b"$ORIGIN"  # in a program's own search path: "wherever I am"
_TIMEOUT_S = 20
_SERIES = tuple(f"python3.{minor}" for minor in (11, 12, 13, 10, 14))


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program on the host and where a sandbox sees it."""

    name: str
    version: str
    host: Path
    seen: str
    mounts: tuple[Mount, ...]
    libraries: str | None = None
    """A folder in the sandbox that has to be on LD_LIBRARY_PATH: it looks for its own library where it was built."""


def find_python(specifier: str | None) -> Interpreter:
    """The first Python that satisfies `specifier` (any where None). Raises SetupError naming what was found."""
    wanted, unfit = SpecifierSet(specifier or ""), []
    for candidate in dict.fromkeys(_python_candidates()):
        answer = _ask([str(candidate), "-I", "-c", _PROBE_PYTHON])
        if answer is None or "\n" not in answer:
            continue
        version, prefix = answer.split("\n", 1)
        root = Path(prefix.strip())
        if wanted.contains(version, prereleases=True) and not is_shared_folder(root):
            program = root / "bin" / f"python{'.'.join(version.split('.')[:2])}"
            return _interpreter("python", version, program if program.exists() else candidate.resolve(), root)
        unfit.append(f"{version} at {candidate}")
    found = ", ".join(unfit) or "none"
    msg = f"no Python {specifier or ''} on this machine (found: {found}): install one, e.g. with apt, pyenv or uv"
    raise SetupError(msg)


def find_node(specifier: str | None) -> Interpreter | None:
    """Node.js with npm beside it on PATH, where it satisfies `specifier`; None otherwise."""
    program = shutil.which("node")
    answer = _ask([program, "-p", "process.versions.node + '\\n' + process.execPath"]) if program else None
    if answer is None or len(answer.split()) < 2 or shutil.which("npm") is None:  # noqa: PLR2004  # version and path
        return None
    version, real = answer.split("\n")[:2]  # a version manager's shim says where the program really is
    root = Path(real).parent.parent
    if not SpecifierSet(specifier or "").contains(version, prereleases=True) or is_shared_folder(root):
        return None
    return _interpreter("node", version, Path(real), root)


def node_below(root: Path, version: str) -> Interpreter:
    """The Node.js of a wheel that was unpacked at `root`."""
    return _interpreter("node", version, root / "bin" / "node", root)


def _python_candidates() -> Iterator[Path]:
    """The system's own first, which need no mount; versioned names before a plain python3, which may be any."""
    yield from (p for p in (SYSTEM / "bin" / name for name in _SERIES) if p.exists())
    yield Path(sys.executable)
    yield from (Path(found) for name in (*_SERIES, "python3") if (found := shutil.which(name)))
    yield from sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python3"), reverse=True)


def _interpreter(name: str, version: str, program: Path, root: Path) -> Interpreter:
    """A program below /usr is in every sandbox's view; any other is mounted with its whole prefix."""
    if program.is_relative_to(SYSTEM):
        return Interpreter(name, version, program, str(program), ())
    target = f"/opt/cab/{name}"
    seen = f"{target}/{program.relative_to(root)}"
    shared = any((root / "lib").glob(f"lib{name}*.so*")) and _ORIGIN not in program.read_bytes()
    return Interpreter(name, version, program, seen, (Mount(root, target),), f"{target}/lib" if shared else None)


def apart(interpreter: Interpreter) -> Interpreter:
    """The same at a place of its own in a sandbox, for an MCP server: the CLI that starts it may run on another."""
    place = f"/opt/cab/{interpreter.name}"

    def moved(path: str) -> str:
        inside = path == place or path.startswith(f"{place}/")
        return f"{place}-{interpreter.version}{path.removeprefix(place)}" if inside else path

    return replace(
        interpreter,
        seen=moved(interpreter.seen),
        mounts=tuple(replace(m, target=moved(m.target)) for m in interpreter.mounts),
        libraries=interpreter.libraries and moved(interpreter.libraries),
    )


def _ask(command: list[str]) -> str | None:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "NODE_OPTIONS"))}
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    except (OSError, UnicodeDecodeError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def platform_key() -> str:
    """What decides which wheels and npm binaries fit: system, architecture, C library."""
    return f"{platform.system()}-{platform.machine()}-{'-'.join(platform.libc_ver())}".lower()
