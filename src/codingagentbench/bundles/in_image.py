"""Whether a bundle can start in an engine's image: it may count on a program of the machine that it was made on.

A bundle whose interpreter is the machine's own (/usr/bin/python3.11, /usr/bin/node) brings none along, since every
bubblewrap sandbox sees the machine's /usr; in an image stands what the image's recipe put there.
"""

from packaging.specifiers import SpecifierSet

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.catalog.tui import Install
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.toolchains import SYSTEM


def check_interpreter(bundle: Bundle, install: Install, interpreter: Toolchain, engine: Sandbox) -> None:
    """Raise SetupError, with what to do, where `bundle` needs a system interpreter that the engine's images lack.

    `interpreter`: the toolchain of the bundle's interpreter, as images have it.
    """
    program = bundle.system_program
    if program is None or engine.image(()) is None:
        return
    found = engine.find_toolchain(interpreter)
    name, version = bundle.interpreter.split()
    if found.root == str(SYSTEM) or name == "node":  # images have Node.js elsewhere, and a link to it in /usr/bin
        wanted = install.node or "" if name == "node" else f"=={'.'.join(version.split('.')[:2])}.*"
        if SpecifierSet(wanted).contains(found.version.lstrip("v"), prereleases=True):
            return
    msg = (
        f"{bundle.tui} starts this machine's own {program} ({version}), and the images of {engine.name} have "
        f"{name} {found.version} in {found.root}: build images of a release that has it (`suite` in "
        "images/base.toml), or use --sandbox bubblewrap"
    )
    raise SetupError(msg)
