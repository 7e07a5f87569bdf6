"""A plugin: `catalog/plugins/<name>.toml`, something added to a TUI's factory state."""

from typing import Literal

from codingagentbench.catalog.base import Entry, Name


class Plugin(Entry):
    """An instruction file whose text is appended to the work directory's AGENTS.md."""

    name: Name
    title: str
    kind: Literal["instructions"]
    text: str
