"""What a plugin stack writes into a CLI's HOME, for every mechanism that the catalogue has."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from codingagentbench.bundles.bundle import Bundle
from codingagentbench.bundles.pypi import TUI_ROOT
from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.plugin import Plugin, PluginEntry
from codingagentbench.catalog.plugins import plugin_digest
from codingagentbench.errors import SetupError
from codingagentbench.runner.launch import Launch, render_launch
from codingagentbench.runner.plugins import merged
from codingagentbench.runner.prepare import Prepared, make_template
from codingagentbench.sandbox.base import HOME, Mount
from codingagentbench.store.record import AppliedPlugins, SkippedPlugin

CATALOG = open_catalog()
KEY = "sk-cab-0123"
PLACES = {"tui": TUI_ROOT, "node": "/opt/cab/node/bin/node", "python": f"{TUI_ROOT}/bin/python"}
SERVER_PLACE = "/opt/cab/plugins/filesystem"
COMMAND = ["/n/node", f"{SERVER_PLACE}/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js"]
TAKES = {
    kind: sorted(n for n, e in CATALOG.tuis.items() if kind in e.tui.plugins and e.tui.verified)
    for kind in ("mcp", "skill", "instructions", "settings")
}
READERS: dict[str, Callable[[str], Any]] = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}


def bundle(tmp_path: Path, name: str, placeholders: dict[str, str], *mounts: Mount) -> Bundle:
    return Bundle(tui=name, version="1", digest="sha256:1", folder=tmp_path, mounts=mounts, placeholders=placeholders)


def launched(tui: str, stack: list[PluginEntry], tmp_path: Path) -> tuple[Launch, Path]:
    """The launch of a CLI with a stack, and its HOME."""
    home = tmp_path / "home"
    home.mkdir()
    task = replace(CATALOG.task("polyglot/python-reverse-string"), prompt="Do it.")
    place = bundle(tmp_path, "filesystem", {"plugin": SERVER_PLACE, "node": "/n/node"}, Mount(tmp_path, SERVER_PLACE))
    launch = render_launch(
        CATALOG.tui(tui).tui,
        bundle(tmp_path, tui, PLACES),
        task,
        [],
        Prepared(tmp_path / "work", home, make_template(task, [], tmp_path / "template")),
        model="some/model",
        token=KEY,
        timeout_s=60,
        stack=stack,
        plugin_bundles={"filesystem": place},
    )
    return launch, home


def configured(tui: str, kind: Any, home: Path) -> Any:
    """A configuration as the CLI reads it."""
    mechanism = CATALOG.tui(tui).tui.plugins[kind]
    return READERS[mechanism.format]((home / mechanism.file).read_text())


@pytest.mark.parametrize("tui", TAKES["mcp"])
def test_an_mcp_server_is_added_to_the_configuration_that_was_there(tui: str, tmp_path: Path) -> None:
    launch, home = launched(tui, [CATALOG.plugin("filesystem")], tmp_path)
    mechanism = CATALOG.tui(tui).tui.plugins["mcp"]
    servers = configured(tui, "mcp", home)
    for key in (mechanism.key or "").split("."):
        servers = servers[key]
    server = servers[0] if mechanism.shape == "named-list" else servers["filesystem"]
    command = server["command"] if mechanism.shape == "command-list" else [server["command"], *server["args"]]
    assert command[:2] == COMMAND
    assert len(command) == 3
    assert mechanism.extra.items() <= server.items()
    assert SERVER_PLACE in {m.target for m in launch.mounts}
    if rendered := CATALOG.tui(tui).tui.config.get(mechanism.file):
        assert (
            READERS[mechanism.format](rendered.replace("{max_turns}", "1")).keys()
            <= configured(tui, "mcp", home).keys()
        )
    assert launch.plugins.applied == ["filesystem"]


@pytest.mark.parametrize("tui", TAKES["skill"])
def test_a_skill_is_a_folder_of_its_name(tui: str, tmp_path: Path) -> None:
    _, home = launched(tui, [CATALOG.plugin("plan-first")], tmp_path)
    page = home / CATALOG.tui(tui).tui.plugins["skill"].file / "plan-first" / "SKILL.md"
    assert page.read_bytes() == (CATALOG.plugin("plan-first").skill / "SKILL.md").read_bytes()


@pytest.mark.parametrize("tui", TAKES["instructions"])
def test_instructions_stand_one_after_the_other_and_their_arguments_once(tui: str, tmp_path: Path) -> None:
    more = PluginEntry(Plugin(name="more", title="More", kind="instructions", text="And this."), Path("more.toml"))
    launch, home = launched(tui, [CATALOG.plugin("house-rules"), more], tmp_path)
    mechanism = CATALOG.tui(tui).tui.plugins["instructions"]
    text = (home / mechanism.file).read_text()
    assert text.startswith("# House rules\n\nRules of this house")
    assert text.endswith("# More\n\nAnd this.\n")
    assert launch.plugins.extra_args == [a.replace("{home}", HOME) for a in mechanism.argv]
    assert launch.argv[len(launch.argv) - len(mechanism.argv) :] == launch.plugins.extra_args


@pytest.mark.parametrize("tui", TAKES["settings"])
def test_settings_are_merged_for_the_cli_that_they_name(tui: str, tmp_path: Path) -> None:
    settings: dict[str, dict[str, JsonValue]] = {tui: {"cab-made-up": {"depth": 3}}}
    plugin = Plugin(name="deep", title="Deep", kind="settings", settings=settings)
    launch, home = launched(tui, [PluginEntry(plugin, Path("deep.toml"))], tmp_path)
    assert configured(tui, "settings", home)["cab-made-up"] == {"depth": 3}
    assert launch.plugins.skipped_count == 0


def test_what_a_cli_does_not_take_is_skipped_with_the_reason(tmp_path: Path) -> None:
    named = Plugin(name="deep", title="Deep", kind="settings", settings={"pi": {"a": 1}})
    stack = [CATALOG.plugin("filesystem"), CATALOG.plugin("house-rules"), PluginEntry(named, Path("deep.toml"))]
    launch, home = launched("aider", stack, tmp_path)
    assert launch.plugins.applied == ["house-rules"]
    assert [(s.name, s.reason) for s in launch.plugins.skipped] == [
        ("filesystem", "aider has no mechanism for a plugin of kind mcp"),
        ("deep", "the plugin holds no settings for aider"),
    ]
    assert not (home / ".aider.conf.yml").exists()


def test_an_empty_stack_changes_nothing(tmp_path: Path) -> None:
    launch, _ = launched("codex", [], tmp_path)
    assert (launch.plugins.applied, launch.plugins.skipped, launch.plugins.extra_args) == ([], [], [])


def test_a_file_that_a_plugin_hands_out_is_part_of_the_snapshot_and_never_one_of_the_tasks(tmp_path: Path) -> None:
    task = CATALOG.task("polyglot/python-reverse-string")
    plugin = Plugin(name="notes", title="Notes", kind="instructions", text="x", files={"docs/NOTES.md": "notes\n"})
    template = make_template(task, [plugin], tmp_path / "one")
    assert b"docs/NOTES.md" in template.snapshot
    with pytest.raises(SetupError, match=r"plugin notes: files: 'src/reverse\.py' is in the work directory"):
        make_template(task, [plugin.model_copy(update={"files": {"src/reverse.py": ""}})], tmp_path / "two")


def test_the_digest_names_entry_bundle_and_mechanism() -> None:
    entry, tui = CATALOG.plugin("filesystem"), CATALOG.tui("codex").tui
    other = PluginEntry(entry.plugin.model_copy(update={"argv": ["other"]}), entry.file)
    found = [
        plugin_digest(entry, tui, "sha256:1"),
        plugin_digest(entry, tui, "sha256:2"),
        plugin_digest(entry, CATALOG.tui("pi").tui, "sha256:1"),
        plugin_digest(other, tui, "sha256:1"),
    ]
    assert len(set(found)) == len(found)
    assert found[0] == plugin_digest(entry, tui, "sha256:1")


TABLES = st.dictionaries(
    st.text(max_size=3), st.recursive(st.integers(), lambda v: st.dictionaries(st.text(max_size=3), v))
)


@given(TABLES, TABLES)
def test_merging_keeps_every_key_and_the_later_value(before: dict[str, Any], values: dict[str, Any]) -> None:
    both = merged(before, values)
    assert both.keys() == before.keys() | values.keys()
    assert merged(both, values) == both
    assert {k: v for k, v in both.items() if k not in values} == {k: v for k, v in before.items() if k not in values}


def test_the_number_of_skipped_plugins_stands_in_the_record_and_an_older_record_still_reads() -> None:
    skipped = [SkippedPlugin(name="files", reason="it takes none")]
    written = msgspec.json.decode(msgspec.json.encode(AppliedPlugins(skipped=skipped)))
    assert written["skipped_count"] == 1
    del written["skipped_count"]
    assert msgspec.convert(written, AppliedPlugins).skipped_count == 1
