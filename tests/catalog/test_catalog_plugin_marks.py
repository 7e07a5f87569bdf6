"""By which marks a plugin is known in the requests of a CLI that has taken it."""

from pathlib import Path

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.plugin import Plugin, PluginEntry
from codingagentbench.catalog.plugins import marks_of, plugin_digest

CATALOG = open_catalog()
CODEX = CATALOG.tui("codex").tui
RULES = Plugin(name="rules", title="Rules", kind="instructions", text="Short.\n\n  Leave it as you found it.\n")


def entry(plugin: Plugin) -> PluginEntry:
    return PluginEntry(plugin, Path("rules.toml"))


def test_the_plugins_that_ship_are_known_by_tools_description_and_text() -> None:
    assert marks_of(CATALOG.plugin("filesystem"), CODEX) == CATALOG.plugin("filesystem").plugin.tools
    assert marks_of(CATALOG.plugin("plan-first"), CODEX) == ["Plan first, then change"]
    assert [line[:14] for line in marks_of(CATALOG.plugin("house-rules"), CODEX)] == ["- Run the test"]


def test_a_plugin_can_say_its_own_marks_and_settings_have_none_by_themselves() -> None:
    assert marks_of(entry(RULES), CODEX) == ["Leave it as you found it."]
    assert marks_of(entry(RULES.model_copy(update={"marks": ["mine"]})), CODEX) == ["mine"]
    assert marks_of(entry(Plugin(name="s", title="S", kind="settings", settings={"pi": {"a": 1}})), CODEX) == []


def test_a_text_of_blanks_has_no_mark_that_stands_in_every_request() -> None:
    assert marks_of(entry(RULES.model_copy(update={"text": " \n"})), CODEX) == []


def test_marks_make_no_other_plugin_of_it() -> None:
    tui, marked = CATALOG.tui("pi").tui, RULES.model_copy(update={"marks": ["mine"]})
    assert plugin_digest(entry(RULES), tui, None) == plugin_digest(entry(marked), tui, None)


def test_a_cli_that_says_less_of_a_skill_has_its_own_marks_which_change_no_digest() -> None:
    skill, cline = CATALOG.plugin("plan-first"), CATALOG.tui("cline").tui
    assert marks_of(skill, cline) == ["Available skills: ", "plan-first"]
    silent = cline.plugins["skill"].model_copy(update={"marks": []})
    other = cline.model_copy(update={"plugins": {**cline.plugins, "skill": silent}})
    assert plugin_digest(skill, cline, None) == plugin_digest(skill, other, None)
