"""Bundles from PyPI: `site-packages/` and a launcher, started by an interpreter that knows of nothing else.

No virtual environment: its paths would name the machine it was made on, and PYTHONPATH would reach every Python that
an agent starts. `python -I -S launch.py MODULE` sees the standard library and the bundle only, and hands nothing on.
"""

import shutil
from pathlib import Path

from uv import find_uv_bin

from codingagentbench.bundles.interpreters import Interpreter, find_python
from codingagentbench.bundles.tool import run_tool
from codingagentbench.catalog.tui import Install

LAUNCHER = '''\
"""Runs a module of this bundle: `python -I -S launch.py MODULE [ARGUMENT ...]`."""

import os
import runpy
import site
import sys

site.addsitedir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "site-packages"))
site.setquit()
site.sethelper()
module = sys.argv.pop(1)
sys.argv[0] = module
runpy.run_module(module, run_name="__main__", alter_sys=True)
'''


def install(recipe: Install, lock: Path, content: Path) -> Interpreter:
    """Install the locked packages below `content`; bytecode is compiled now, the mount will be read-only."""
    interpreter = find_python(recipe.python)
    packages = content / "site-packages"
    command = [find_uv_bin(), "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    command += ["--only-binary", ":all:", "--compile-bytecode", "--python", str(interpreter.host)]
    command += ["--target", str(packages), "--requirement", str(lock)]
    run_tool(command, what=f"{recipe.package} {recipe.version} cannot be installed")
    shutil.rmtree(packages / "bin", ignore_errors=True)  # scripts that name the machine's interpreter; -m is enough
    (content / "launch.py").write_text(LAUNCHER)
    return interpreter
