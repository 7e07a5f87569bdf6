"""A toolchain: how to find a compiler or interpreter on this machine and show it, read-only, to a sandbox."""

from pydantic import Field

from codingagentbench.catalog.base import Entry, Name


class Toolchain(Entry):
    """`catalog/toolchains/<name>.toml`.

    The first probe that succeeds wins. Its output is the toolchain's root folder: a root below the system's program
    folders is visible in every sandbox anyway, any other is mounted at /opt/cab/toolchains/<name>.
    """

    name: Name
    probes: list[list[str]] = Field(min_length=1)
    """argvs that print the root folder on their last line, tried in order."""
    programs: dict[Name, str] = Field(min_length=1)
    """Program name to path below the root, e.g. {python = "bin/python3"}; all must exist. The folders that
    hold them go first on PATH."""
    version: list[str] = Field(min_length=1)
    """argv that prints the version; its first element is a key of `programs`."""
    install_hint: str
    """One line: what to install where it is missing."""
    build_outputs: list[str] = []
    """Globs of what its builds leave in a work directory."""
    env: dict[str, str] = {}
    """Set in the sandbox; `{root}` is the root as seen there."""
