"""By which marks a plugin is known in the requests of a CLI that has taken it."""

from pathlib import Path

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.plugin import Plugin, PluginEntry
from codingagentbench.catalog.plugins import marks_of, plugin_digest

CATALOG = open_catalog()
RULES = Plugin(name="rules", title="Rules", kind="instructions", text="Short.\n\n  Leave it as you found it.\n")


def entry(plugin: Plugin) -> PluginEntry:
    return PluginEntry(plugin, Path("rules.toml"))


def test_the_plugins_that_ship_are_known_by_tools_description_and_text() -> None:
    assert marks_of(CATALOG.plugin("filesystem")) == CATALOG.plugin("filesystem").plugin.tools
    assert marks_of(CATALOG.plugin("plan-first")) == ["Plan first, then change"]
    assert [line[:14] for line in marks_of(CATALOG.plugin("house-rules"))] == ["- Run the test"]


def test_a_plugin_can_say_its_own_marks_and_settings_have_none_by_themselves() -> None:
    assert marks_of(entry(RULES)) == ["Leave it as you found it."]
    assert marks_of(entry(RULES.model_copy(update={"marks": ["mine"]}))) == ["mine"]
    assert marks_of(entry(Plugin(name="s", title="S", kind="settings", settings={"pi": {"a": 1}}))) == []


def test_a_text_of_blanks_has_no_mark_that_stands_in_every_request() -> None:
    assert marks_of(entry(RULES.model_copy(update={"text": " \n"}))) == []


def test_marks_make_no_other_plugin_of_it() -> None:
    tui, marked = CATALOG.tui("pi").tui, RULES.model_copy(update={"marks": ["mine"]})
    assert plugin_digest(entry(RULES), tui, None) == plugin_digest(entry(marked), tui, None)
