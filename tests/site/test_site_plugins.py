"""What became of a cell's plugin stack is on its page, not in its trace alone."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from codingagentbench.site.cell_view import banners, identity
from codingagentbench.site.cells import summarise
from codingagentbench.site.commands import CatalogFacts
from codingagentbench.store.attempts import Attempt, read_attempt
from codingagentbench.store.record import AppliedPlugins, SkippedPlugin

Seal = Callable[..., Path]


def plugged(seal: Seal, results: Path, plugins: AppliedPlugins | None, *stack: str) -> Attempt:
    attempt = read_attempt(seal(results, stack=stack))
    return Attempt(attempt.folder, msgspec.structs.replace(attempt.record, applied_plugins=plugins))


def test_a_skipped_plugin_is_said_at_the_top_of_the_page_and_in_its_identity(tmp_path: Path, seal: Seal) -> None:
    skipped = [SkippedPlugin(name="files", reason="aider has no mechanism for a plugin of kind mcp")]
    plugins = AppliedPlugins(applied=["rules"], skipped=skipped, env_keys=["TZ"], extra_args=["--read", "a b"])
    attempt = plugged(seal, tmp_path, plugins, "files", "rules")
    rows = {name: figure.text for name, figure in identity(attempt.record)}
    assert rows["plugins applied"] == "rules"
    assert rows["plugins skipped"] == "files: aider has no mechanism for a plugin of kind mcp"
    assert (rows["plugins' env_keys"], rows["plugins' extra_args"]) == ("TZ", "--read 'a b'")
    said = [banner for banner in banners(attempt.record, summarise(attempt), CatalogFacts()) if "skipped" in banner[1]]
    words = "aider has no mechanism for a plugin of kind mcp: the cell ran without it."
    assert said == [("warn", "Plugin skipped: files", words)]


def test_a_cell_without_plugins_says_nothing_of_them(tmp_path: Path, seal: Seal) -> None:
    for number, plugins in enumerate((None, AppliedPlugins())):
        attempt = plugged(seal, tmp_path / str(number), plugins)
        assert not [name for name, _ in identity(attempt.record) if name.startswith("plugins")]
        assert not [b for b in banners(attempt.record, summarise(attempt), CatalogFacts()) if "lugin" in b[1]]
