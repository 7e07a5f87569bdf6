"""Sources: a catalogue's `sources.toml`, which names tasks of another format that are loaded with it."""

from typing import Annotated, Literal

from pydantic import Field

from codingagentbench.catalog.base import Entry

Format = Literal["harbor", "exercism", "swebench"]


class TaskSource(Entry):
    """`[[source]]`: one place and its format."""

    path: Annotated[str, Field(min_length=1, max_length=4000)]
    """Absolute, or relative to the catalogue's folder."""
    format: Format


class SourceFile(Entry):
    """`sources.toml`."""

    source: Annotated[list[TaskSource], Field(min_length=1, max_length=1000)]
