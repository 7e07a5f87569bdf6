"""`cab tui outdated`: the pins beside what the registries offer now, asked through their ordinary clients."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from uv import find_uv_bin

from codingagentbench.bundles.interpreters import find_node, find_python
from codingagentbench.bundles.npm import npm_command
from codingagentbench.catalog.tui import Install, Tui
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.recording import plain_text

_TIMEOUT_S = 60
_AT_A_TIME = 4


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """One CLI's pin; `newest` is None where it is not known, and `why` says why."""

    tui: str
    registry: str
    package: str
    pinned: str
    newest: str | None = None
    why: str | None = None

    @property
    def behind(self) -> bool:
        """The registry offers another version as its newest."""
        return self.newest is not None and self.newest != self.pinned

    @property
    def unanswered(self) -> bool:
        """There is a registry to ask, and it did not say."""
        return self.newest is None and self.registry != "none"


def look_up(tuis: Iterable[Tui]) -> list[Pin]:
    """Every CLI's pin, in their order. Raises nothing: a registry that is not reached is said in its rows."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(_pin, tuis))


def _pin(tui: Tui) -> Pin:
    recipe = tui.install
    said = Pin(tui=tui.name, registry=recipe.registry, package=recipe.package, pinned=recipe.version)
    try:
        return msgspec.structs.replace(said, newest=newest(recipe))
    except SetupError as error:
        return msgspec.structs.replace(said, why=str(error))


def newest(recipe: Install) -> str:
    """The newest version that a fresh install here would get. Raises SetupError where none can be had."""
    match recipe.registry:
        case "pypi":
            return _newest_pypi(recipe)
        case "npm":
            return _newest_npm(recipe)
        case "builtin":
            return recipe.version
        case "none":
            msg = "in no registry that CAB installs from"
            raise SetupError(msg)


def _newest_pypi(recipe: Install) -> str:
    """What uv would choose for the entry's Python: `uv pip compile` alone asks without installing."""
    python = find_python(recipe.python)
    command = [find_uv_bin(), "pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "--no-cache"]
    text = _ask([*command, "--python", str(python.host), "-"], recipe, given=recipe.package)
    return text.partition("==")[2].split()[0]


def _newest_npm(recipe: Install) -> str:
    node = find_node(recipe.node)
    npm = npm_command(node) if node else ["npm"]
    if node is None and shutil.which("npm") is None:
        msg = "npm is not installed (Debian/Ubuntu: apt-get install npm)"
        raise SetupError(msg)
    quick = ["--fetch-retries=0", "--fetch-timeout=20000", "--loglevel=error"]
    with tempfile.TemporaryDirectory(prefix="cab-npm-") as cache:  # without a network npm answers from its own
        return _ask([*npm, "view", recipe.package, "version", *quick, "--cache", cache], recipe).strip()


def _ask(command: list[str], recipe: Install, *, given: str = "") -> str:
    """The client's answer. Raises SetupError with one line on why there is none."""
    name, env = Path(command[0]).name, {**os.environ, "UV_HTTP_RETRIES": "0"}
    try:
        done = subprocess.run(
            command, input=given.encode(), env=env, capture_output=True, check=False, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = "did not answer in time" if isinstance(error, subprocess.TimeoutExpired) else error.strerror
        msg = f"{recipe.registry} was not asked: {name}: {why}"
        raise SetupError(msg) from error
    if done.returncode != 0 or not done.stdout.strip():
        words = plain_text(done.stderr + done.stdout).strip().partition("\n")[0]
        msg = f"{recipe.registry} did not say (no network?): {name}: {words[:100]}"
        raise SetupError(msg)
    return done.stdout.decode("utf-8", "replace")
