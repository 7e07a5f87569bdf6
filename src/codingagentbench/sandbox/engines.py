"""Engines by name."""

from collections.abc import Callable

from codingagentbench.errors import unknown_name
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.bubblewrap import Bubblewrap
from codingagentbench.sandbox.unsandboxed import Unsandboxed

ENGINES: dict[str, Callable[[], Sandbox]] = {"bubblewrap": Bubblewrap, "none": Unsandboxed}


def engine(name: str) -> Sandbox:
    """A new engine. Raises UsageError where the name is unknown."""
    if name not in ENGINES:
        raise unknown_name("sandbox engine", name, ENGINES)
    return ENGINES[name]()
