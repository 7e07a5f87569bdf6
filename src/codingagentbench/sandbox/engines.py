"""Engines by name."""

from collections.abc import Callable, Sequence
from pathlib import Path

from codingagentbench.errors import unknown_name
from codingagentbench.sandbox.base import Sandbox
from codingagentbench.sandbox.bubblewrap import Bubblewrap
from codingagentbench.sandbox.unsandboxed import Unsandboxed


def _docker(hidden: Sequence[Path]) -> Sandbox:
    from codingagentbench.sandbox.docker import Docker  # noqa: PLC0415  # its client takes 0.2 s to import

    return Docker(hidden)


ENGINES: dict[str, Callable[[Sequence[Path]], Sandbox]] = {
    "bubblewrap": Bubblewrap,
    "docker": _docker,
    "none": lambda _hidden: Unsandboxed(),
}


def engine(name: str, hidden: Sequence[Path] = ()) -> Sandbox:
    """A new engine. Raises UsageError where the name is unknown.

    `hidden`: folders (catalogues, results) over which an engine that isolates puts an empty one, should they lie below
    something that is in view.
    """
    if name not in ENGINES:
        raise unknown_name("sandbox engine", name, ENGINES)
    return ENGINES[name](hidden)
