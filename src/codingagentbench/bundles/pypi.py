"""Bundles from PyPI: laid out as a virtual environment whose paths are those of the sandbox, not of this machine.

So `sys.executable` finds the bundle's packages again (aider runs `sys.executable -m flake8`), and nothing reaches the
Pythons that an agent starts, as it would through PYTHONPATH.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from uv import find_uv_bin

from codingagentbench.bundles.interpreters import Interpreter, apart, find_python
from codingagentbench.bundles.tool import run_tool
from codingagentbench.catalog.tui import Install

TUI_ROOT = "/opt/cab/tui"
"""Where a sandbox sees the bundle."""
BUILD_LOCK = "build.txt"
"""What builds a source package, in the folder of the TUIs' locks."""
# Under its own name, so that the interpreter finds pyvenv.cfg beside it and starts itself through this again.
_WRAPPER = """\
#!/bin/bash
export LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
exec -a "$0" {seen} "$@"
"""


def install(recipe: Install, lock: Path, content: Path, root: str = TUI_ROOT) -> Interpreter:
    """Install the locked packages below `content`, for a sandbox that sees it at `root`.

    Bytecode is compiled now, because the mount will be read-only.
    """
    interpreter = find_python(recipe.python)
    if root != TUI_ROOT:
        interpreter = apart(interpreter)
    series = "python" + ".".join(interpreter.version.split(".")[:2])
    packages = content / "lib" / series / "site-packages"
    what = f"{recipe.package} {recipe.version} cannot be installed"
    run_tool(uv_install(interpreter, lock, packages, recipe.build), what=what)
    shutil.rmtree(packages / "bin", ignore_errors=True)  # scripts that name the machine's interpreter; -m is enough
    make_environment(content, interpreter)
    run_tool(
        _compile(interpreter, content, root), what=what, accepted=(0, 1)
    )  # 1: a file that is no Python, a template say
    return interpreter


def uv_install(interpreter: Interpreter, lock: Path, target: Path, build: Sequence[str] = ()) -> list[str]:
    """The uv command line that installs exactly what `lock` names, every package checked by its hash.

    Wheels only, but for the packages in `build`: their source is built with tools that are pinned in the same way.
    Copies, not links: a bundle shares no file with uv's cache, whose modes are nobody's promise.
    """
    command = [find_uv_bin(), "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    command += ["--link-mode", "copy", "--python", str(interpreter.host)]
    for name in build:
        command += ["--no-binary", name]
    if build:
        command += ["--build-constraints", str(lock.parent / BUILD_LOCK)]
    return [*command, "--target", str(target), "--requirement", str(lock)]


def make_environment(content: Path, interpreter: Interpreter) -> None:
    """What makes the folder a virtual environment: the interpreter and pyvenv.cfg, both as the sandbox sees them."""
    home = Path(interpreter.seen).parent
    (content / "pyvenv.cfg").write_text(
        f"home = {home}\ninclude-system-site-packages = false\nversion = {interpreter.version}\n"
    )
    (content / "bin").mkdir()
    program = content / "bin" / "python"
    if interpreter.libraries is None:
        program.symlink_to(interpreter.seen)
    else:
        program.write_text(_WRAPPER.format(libraries=interpreter.libraries, seen=interpreter.seen))
        program.chmod(0o755)


def _compile(interpreter: Interpreter, content: Path, root: str) -> list[str]:
    """Bytecode that is taken as it is (no times are compared) and names the sandbox's paths, never this machine's."""
    command = [str(interpreter.host), "-I", "-m", "compileall", "-qq", "-j", "0"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(content), "-p", root]
    return [*command, str(content / "lib")]
