"""Plugins on their way into a CLI: what its mechanisms take is written into the private HOME, the rest is skipped."""

import json
import shutil
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.catalog.plugin import Plugin, PluginEntry
from codingagentbench.catalog.plugins import skill_files, why_skipped
from codingagentbench.catalog.tui import Mechanism, Tui
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import HOME, WORK, Mount
from codingagentbench.store.record import AppliedPlugins, SkippedPlugin

Json = dict[str, Any]
Fill = Callable[[str], str]


@dataclass
class Plugged:
    """What a stack adds to a launch, and what is said of it."""

    applied: list[str] = field(default_factory=list)
    skipped: list[SkippedPlugin] = field(default_factory=list)
    argv: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    server_env: list[str] = field(default_factory=list)
    mounts: list[Mount] = field(default_factory=list)

    def facts(self) -> AppliedPlugins:
        """For the span and the record: names of variables, never their values."""
        keys = sorted({*self.env, *self.server_env})
        return AppliedPlugins(applied=self.applied, skipped=self.skipped, env_keys=keys, extra_args=self.argv)


def plug(tui: Tui, stack: Sequence[PluginEntry], bundles: Mapping[str, Bundle], home: Path, fill: Fill) -> Plugged:
    """Apply a stack to a CLI whose config files are in `home` already; `fill` replaces the entry's placeholders.

    `bundles`: of the MCP servers, by plugin. Raises SetupError where a configuration cannot be merged.
    """
    plugged = Plugged()
    for entry in stack:
        plugin = entry.plugin
        if (why := why_skipped(tui, plugin)) is not None:
            plugged.skipped.append(SkippedPlugin(name=plugin.name, reason=why))
            continue
        mechanism = tui.plugins[plugin.kind]
        _apply(tui, entry, mechanism, bundles, home / mechanism.file, plugged)
        plugged.applied.append(plugin.name)
    kinds = dict.fromkeys(entry.plugin.kind for entry in stack if entry.plugin.name in plugged.applied)
    for mechanism in (tui.plugins[kind] for kind in kinds):
        plugged.argv += [fill(a) for a in mechanism.argv]
        plugged.env |= {k: fill(v) for k, v in mechanism.env.items()}
    return plugged


def _apply(
    tui: Tui,
    entry: PluginEntry,
    mechanism: Mechanism,
    bundles: Mapping[str, Bundle],
    place: Path,
    plugged: Plugged,
) -> None:
    plugin = entry.plugin
    match plugin.kind:
        case "instructions":
            _append(place, f"# {plugin.title}\n\n{(plugin.text or '').strip()}\n")
        case "skill":
            _copy_skill(entry, place / plugin.name)
        case "settings":
            _merge(place, mechanism.format, plugin.settings[tui.name])
        case "mcp":
            bundle = bundles[plugin.name]
            _add_server(place, mechanism, plugin.name, *_server(plugin, bundle))
            plugged.server_env += plugin.env
            plugged.mounts += bundle.mounts


def _server(plugin: Plugin, bundle: Bundle) -> tuple[list[str], dict[str, str]]:
    """Command and variables of an MCP server; `{plugin}`, `{node}` and `{python}` are its own bundle's."""

    values = {**bundle.placeholders, "work": WORK, "home": HOME}

    def filled(text: str) -> str:
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    return [filled(a) for a in plugin.argv], {k: filled(v) for k, v in plugin.env.items()}


def _add_server(place: Path, mechanism: Mechanism, name: str, argv: list[str], env: dict[str, str]) -> None:
    program, *arguments = argv
    extra = dict(mechanism.extra)
    entry: object
    match mechanism.shape:
        case "command-list":
            entry = {name: {"command": argv, "environment": env, **extra}}
        case "named-list":
            entry = [{"name": name, "command": program, "args": arguments, "env": env, **extra}]
        case "command-args":
            entry = {name: {"command": program, "args": arguments, "env": env, **extra}}
    for key in reversed((mechanism.key or "").split(".")):
        entry = {key: entry}
    _merge(place, mechanism.format, entry if isinstance(entry, dict) else {})


def _copy_skill(entry: PluginEntry, target: Path) -> None:
    for file in skill_files(entry):
        copy = target / file.relative_to(entry.skill)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)


def _append(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    before = place.read_text() if place.exists() else ""
    place.write_text(f"{before.rstrip()}\n\n{text}" if before.strip() else text)


def _merge(place: Path, kind: str, values: Mapping[str, Any]) -> None:
    """Merge `values` into a configuration file: tables key by key, lists one after the other, all else replaced."""
    read, write = _FORMATS[kind]
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        before = (read(place.read_text()) or {}) if place.exists() else {}
    except ValueError as error:
        msg = f"~/{place.name}: plugins cannot be merged into it: {error}: the TUI's entry has to render {kind}"
        raise SetupError(msg) from error
    if not isinstance(before, dict):
        msg = f"~/{place.name}: plugins cannot be merged into it: it holds no table at its top"
        raise SetupError(msg)
    place.write_text(write(merged(before, values)))


def merged(before: Mapping[str, Any], values: Mapping[str, Any]) -> Json:
    """`before` with `values`: tables are merged, lists joined, anything else is replaced."""
    both = dict(before)
    for key, value in values.items():
        old = both.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            both[key] = merged(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            both[key] = [*old, *value]
        else:
            both[key] = value
    return both


def _read_yaml(text: str) -> object:
    import yaml  # noqa: PLC0415  # only sweeps with plugins need it

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _write_yaml(value: Json) -> str:
    import yaml  # noqa: PLC0415  # only sweeps with plugins need it

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def _write_toml(value: Json) -> str:
    import tomli_w  # noqa: PLC0415  # only sweeps with plugins need it

    return tomli_w.dumps(value)


_FORMATS: dict[str, tuple[Callable[[str], object], Callable[[Json], str]]] = {
    "json": (json.loads, lambda value: json.dumps(value, indent=2)),
    "toml": (tomllib.loads, _write_toml),
    "yaml": (_read_yaml, _write_yaml),
}
