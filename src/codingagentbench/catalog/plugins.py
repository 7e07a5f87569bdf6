"""Plugins with what lies beside their files: skill folders checked, digests taken."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from codingagentbench.catalog.faults import fault_at, read_text
from codingagentbench.catalog.plugin import SKILL_FILE, Plugin, PluginEntry
from codingagentbench.catalog.tui import Tui
from codingagentbench.errors import CatalogError

MAX_SKILL_BYTES = 1 << 20


def read_plugin(plugin: Plugin, file: Path) -> PluginEntry:
    """The plugin, its skill's folder checked. Raises CatalogError."""
    entry = PluginEntry(plugin, file)
    if plugin.folder is not None and (what := _skill_fault(entry)):
        raise CatalogError(fault_at(file, read_text(file), ("folder",), what))
    return entry


def _skill_fault(entry: PluginEntry) -> str | None:
    page = entry.skill / SKILL_FILE
    if not page.is_file():
        return f"{entry.plugin.folder!r} holds no {SKILL_FILE}: a skill is a folder with one"
    if any(f.is_symlink() for f in entry.skill.rglob("*")):
        return f"{entry.plugin.folder!r} holds a symbolic link: accepted: files and folders"
    if sum(f.stat().st_size for f in skill_files(entry)) > MAX_SKILL_BYTES:
        return f"{entry.plugin.folder!r} holds more than {MAX_SKILL_BYTES} bytes"
    lines = read_text(page).splitlines()
    if not lines or lines[0] != "---" or f"name: {entry.plugin.name}" not in lines[1 : _end_of_front_matter(lines)]:
        return f"{SKILL_FILE} has to begin with front matter that says `name: {entry.plugin.name}`"
    return None


def _end_of_front_matter(lines: list[str]) -> int:
    return lines.index("---", 1) if "---" in lines[1:] else 1


def skill_files(entry: PluginEntry) -> Iterator[Path]:
    """Every file of a skill, sorted."""
    yield from sorted(f for f in entry.skill.rglob("*") if f.is_file() and "__pycache__" not in f.parts)


def why_skipped(tui: Tui, plugin: Plugin) -> str | None:
    """Why a TUI does not take a plugin; None where it does."""
    if plugin.kind not in tui.plugins:
        return f"{tui.name} has no mechanism for a plugin of kind {plugin.kind}"
    if plugin.kind == "settings" and tui.name not in plugin.settings:
        return f"the plugin holds no settings for {tui.name}"
    return None


def marks_of(entry: PluginEntry, tui: Tui) -> list[str]:
    """What stands in the requests of a TUI that has taken the plugin, all of it; empty where nothing is known to."""
    plugin = entry.plugin
    mechanism = tui.plugins.get(plugin.kind)
    if mechanism is not None and mechanism.marks:
        return [mark.replace("{name}", plugin.name) for mark in mechanism.marks]
    if plugin.marks:
        return plugin.marks
    match plugin.kind:
        case "mcp":
            return plugin.tools
        case "instructions":
            longest = max((line.strip() for line in (plugin.text or "").splitlines()), key=len, default="")
            return [longest] if longest else []
        case "skill":
            return [_description(entry)]
        case "settings":
            return []


def _description(entry: PluginEntry) -> str:
    """A skill's, up to its first full stop; its name where it has none on one line."""
    for line in read_text(entry.skill / SKILL_FILE).splitlines():
        if line.startswith("description:") and (said := line.partition(":")[2].strip(" |>\"'")):
            return said.split(". ")[0]
    return entry.plugin.name


def plugin_digest(entry: PluginEntry, tui: Tui, bundle: str | None) -> str:
    """sha256 over all that decides what a plugin does in a TUI: entry, skill files, bundle, the TUI's mechanism.

    `bundle`: the digest of an MCP server's. Title and marks do nothing in a TUI.
    """
    mechanism = tui.plugins.get(entry.plugin.kind)
    total = hashlib.sha256(entry.plugin.model_dump_json(exclude={"title", "marks"}).encode())
    total.update(f"\0{bundle}\0{mechanism.model_dump_json(exclude={'marks'}) if mechanism else None}\0".encode())
    if entry.plugin.folder is not None:
        for file in skill_files(entry):
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{file.relative_to(entry.skill).as_posix()}\0{content}\n".encode())
    return f"sha256:{total.hexdigest()}"
