"""A plugin: `catalog/plugins/<name>.toml`, something added to a TUI's factory state.

Each kind reaches a TUI through the mechanism that the TUI's entry declares for it; where it declares none, the plugin
is skipped for that TUI, and every record says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from codingagentbench.catalog.base import Entry, Name, RelativePath, fault_between_keys
from codingagentbench.catalog.tui import Install, PluginKind

PLUGIN_ROOT = "/opt/cab/plugins"
"""Where a sandbox sees the bundles of MCP servers, each in a folder of its plugin's name."""
SKILL_FILE = "SKILL.md"


class Plugin(Entry):
    """`catalog/plugins/<name>.toml`."""

    name: Name
    title: str
    kind: PluginKind
    """`mcp`: a server that the CLI starts in the sandbox and speaks to over stdio. `skill`: a folder that it offers to
    its model. `instructions`: text that stands in every request. `settings`: keys of the CLI's own configuration."""
    text: str | None = None
    """instructions: in Markdown; TUIs read it from what they call AGENTS.md, CLAUDE.md, rules, ..."""
    folder: RelativePath | None = None
    """skill: the folder, beside this file; its SKILL.md has front matter with the plugin's name."""
    install: Install | None = None
    """mcp: how its bundle is made: from PyPI or npm, from a lock file with hashes."""
    argv: list[str] = []
    """mcp: the command that the CLI starts. Placeholders: `{plugin}` the bundle's folder in the sandbox, `{node}` and
    `{python}` the interpreter's path there, `{work}` the work directory, `{home}` the private HOME."""
    env: dict[str, str] = {}
    """mcp: variables that the CLI sets for the server; the same placeholders."""
    tools: list[str] = []
    """mcp: tools that the server lists. A CLI has taken it when its requests offer them to the model."""
    marks: list[Annotated[str, Field(min_length=1)]] = []
    """What stands, all of it, in the requests of a CLI that has taken the plugin: pieces of their JSON. By them
    `control/apprentice` sees that it reached the model. By default mcp's tools, a skill's description up to its first
    full stop, the longest line of instructions; settings have none by default, and nothing is asked of the control."""
    settings: dict[Name, dict[str, JsonValue]] = {}
    """settings: by TUI, what is merged into its configuration; skipped for a TUI that is not named."""
    files: dict[RelativePath, str] = {}
    """Files that it puts into the work directory, path to text: handed out with the task, so no blast radius."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for place, what in self._faults():
            raise fault_between_keys(place, what)
        return self

    def _faults(self) -> Iterator[tuple[tuple[str, ...], str]]:
        for kind, keys in _KEYS.items():
            for key in keys:
                if bool(getattr(self, key)) != (kind == self.kind) and not (key in _OPTIONAL and kind == self.kind):
                    yield (key,), f"has to be given for kind {kind!r}, and only there"
        if self.install is not None and self.install.registry not in {"pypi", "npm"}:
            yield ("install", "registry"), f"bad value {self.install.registry!r}: accepted: pypi, npm"


_KEYS: dict[PluginKind, tuple[str, ...]] = {
    "instructions": ("text",),
    "skill": ("folder",),
    "mcp": ("install", "argv", "tools", "env"),
    "settings": ("settings",),
}
_OPTIONAL = {"env"}


@dataclass(frozen=True, slots=True)
class PluginEntry:
    """A plugin and the file that it stands in; its lock and its folder are relative to it."""

    plugin: Plugin
    file: Path

    @property
    def skill(self) -> Path:
        """The skill's folder."""
        return self.file.parent / (self.plugin.folder or "")
