"""The site's scripts and styles, bundled once for each state of their sources and their lock file.

Nothing bundled and nothing of other people's is kept in git: `npm ci` fetches what the lock file pins by hash, and
esbuild bundles it with ours.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from codingagentbench.errors import SetupError
from codingagentbench.paths import cache_root

Log = Callable[[str], None]

_SOURCES = ("package.json", "package-lock.json", "build.js", "src")
_TIMEOUT_S = 600
_LAST_LINES = 12


def default_cache() -> Path:
    """`${XDG_CACHE_HOME:-~/.cache}/codingagentbench/web`."""
    return cache_root() / "web"


def web_root() -> Path:
    """Our sources: `web/` of the checkout, or the copy that a wheel carries."""
    package = Path(__file__).parent.parent
    checkout = package.parent.parent / "web"
    return checkout if (checkout / "package-lock.json").is_file() else package / "data" / "web"


def build_assets(cache: Path, log: Log, *, node: Path | None = None, npm: Path | None = None) -> Path:
    """The folder with the bundled assets and their manifest, built now where `cache` does not hold it yet.

    node, npm: programs to use; by default those on PATH. npm may be npm-cli.js, which node then runs. Raises
    SetupError when there is no Node.js or a step fails, with the step's own last words. Two builds at once wait.
    """
    source = web_root()
    done = cache / _digest(source)
    if not (done / "manifest.json").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache):
            if not (done / "manifest.json").is_file():
                _build(source, done, _Tools.found(node, npm), log)
    return done


class _Tools:
    """node and npm, and the environment in which npm's own scripts find the same node."""

    def __init__(self, node: Path, npm: Path) -> None:
        self.node = [str(node)]
        self.npm = [str(node), str(npm)] if npm.suffix == ".js" else [str(npm)]
        self.environment: Mapping[str, str] = os.environ | {
            "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }

    @classmethod
    def found(cls, node: Path | None, npm: Path | None) -> "_Tools":
        node_path, npm_path = node or shutil.which("node"), npm or shutil.which("npm")
        if node_path is None or npm_path is None:
            missing = "node" if node_path is None else "npm"
            msg = (
                f"the site's scripts are bundled with Node.js, and this machine has no {missing}: install Node.js >= 18"
            )
            raise SetupError(msg)
        return cls(Path(node_path), Path(npm_path))

    def run(self, step: str, argv: list[str], folder: Path) -> None:
        """One command to its end. Raises SetupError with its last lines."""
        try:
            ended = subprocess.run(
                argv, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            msg = f"{step} for the site's scripts did not end: {error}"
            raise SetupError(msg) from error
        if ended.returncode != 0:
            said = "\n".join((ended.stderr + ended.stdout).strip().splitlines()[-_LAST_LINES:])
            msg = f"{step} for the site's scripts failed with exit code {ended.returncode}:\n{said}"
            raise SetupError(msg)


def _build(source: Path, done: Path, tools: _Tools, log: Log) -> None:
    log("bundling the site's scripts and styles (once)")
    with tempfile.TemporaryDirectory(dir=done.parent, prefix=".build-") as scratch:
        work = Path(scratch) / "web"
        work.mkdir()
        for name in _SOURCES:
            (shutil.copytree if (source / name).is_dir() else shutil.copyfile)(source / name, work / name)
        npm_ci = [*tools.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        tools.run("npm ci", npm_ci, work)
        made = Path(scratch) / "made"
        tools.run("esbuild", [*tools.node, "build.js", str(made)], work)
        if done.exists():  # a folder without its manifest is a build that was killed
            shutil.rmtree(done)
        made.rename(done)


def _digest(source: Path) -> str:
    """Of every file that the bundle is made from."""
    total = hashlib.sha256()
    for name in _SOURCES:
        place = source / name
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if file.is_file():
                total.update(f"{file.relative_to(source).as_posix()}\0".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()[:20]


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
