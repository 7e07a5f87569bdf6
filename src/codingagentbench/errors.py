"""The errors that CAB raises on purpose. Each text names the bad value, where it stood, what is accepted.

The exit code of `cab` for an error is its class's `exit_code`; docs/exit-codes.md lists them.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class CabError(Exception):
    """Base of every error that is part of the interface; its text is shown to the user as it is."""

    exit_code = 1


class UsageError(CabError):
    """The user asked for something that does not exist or cannot be: nothing was run."""

    exit_code = 2


class CatalogError(UsageError):
    """A catalogue file is wrong. The text names file, key, bad value and accepted ones, one fault a line."""


class SetupError(CabError):
    """This machine lacks something (bubblewrap, a toolchain, disk space): nothing was lost."""

    exit_code = 4


class SandboxError(CabError):
    """The sandbox could not be made or kept; never the agent's fault."""

    exit_code = 4


class StoreError(CabError):
    """Records could not be written or read (full disk, read-only folder, damaged file)."""

    exit_code = 4


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """A UsageError for `name`, which is no `kind`; suggests the nearest of `known`, or lists them."""
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    else:
        hint = f"known: {', '.join(names)}" if names else "the catalogue holds none"
    return UsageError(f"unknown {kind} {name!r}: {hint}")
