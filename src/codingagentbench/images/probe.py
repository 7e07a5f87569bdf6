"""Which toolchains an image has, asked by the catalogue's own probes in a container of it."""

from collections.abc import Sequence
from pathlib import Path

from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Image
from codingagentbench.sandbox.docker import Docker
from codingagentbench.sandbox.docker_api import synchronously

_TIMEOUT_S = 60
_VERSION = 80


def probe_toolchains(image: Image, toolchains: Sequence[Toolchain]) -> dict[str, dict[str, str]]:
    """Name to `root` and `version`. Raises SetupError where the image lacks one that its recipe promises."""
    return synchronously(lambda: _probe_all(Docker(image=image), toolchains))


async def _probe_all(engine: Docker, toolchains: Sequence[Toolchain]) -> dict[str, dict[str, str]]:
    return {entry.name: await _probe(engine, entry) for entry in toolchains}


async def _probe(engine: Docker, entry: Toolchain) -> dict[str, str]:
    said: list[str] = []
    for probe in entry.probes:
        root = await _ask(engine, probe, said)
        if root is None or not root.startswith("/"):
            continue
        program = str(Path(root, entry.programs[entry.version[0]]))
        version = await _ask(engine, [program, *entry.version[1:]], said, last=False)
        if version:
            return {"root": root, "version": version[:_VERSION]}
    msg = f"the image lacks the toolchain {entry.name!r} that its recipe promises: {'; '.join(said)}"
    raise SetupError(msg)


async def _ask(engine: Docker, argv: Sequence[str], said: list[str], *, last: bool = True) -> str | None:
    """The last (or first) line that a command prints; None where it fails, and `said` has its words."""
    ended = await engine.try_command(argv, _TIMEOUT_S)
    lines = ended.stdout.decode("utf-8", "replace").split("\n")
    lines = [line.strip() for line in lines if line.strip()]
    if ended.exit_code != 0 or not lines:
        said.append(ended.stderr.decode("utf-8", "replace").strip() or f"{argv[0]} ended with {ended.exit_code}")
        return None
    return lines[-1 if last else 0]
