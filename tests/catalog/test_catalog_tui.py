"""The faults of a TUI's entry that only its keys together show, each said with file, key and what is accepted."""

from pathlib import Path

import pytest

from codingagentbench.catalog.faults import read_entry
from codingagentbench.catalog.tui import Tui
from codingagentbench.errors import CatalogError

GOOD = """
name = "mine"
title = "Mine"
homepage = "https://mine.invalid"
licence = "MIT"
wire = "chat"
argv = ["mine", "--quiet", "--turns", "{max_turns}", "{prompt}"]
turn_cap = "--turns"

[install]
registry = "npm"
package = "mine"
version = "1"

[env]
MINE_OFFLINE = "1"

[switches]
"--quiet" = "usage statistics"
MINE_OFFLINE = "the look for a newer version"

[plugins.mcp]
file = ".mine/mcp.json"
format = "json"
key = "mcpServers"

[volatile]
date = '\\d{4}-\\d\\d-\\d\\d'
"""


def _read(tmp_path: Path, text: str) -> Tui:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return read_entry(file, Tui)


def test_an_entry_with_every_new_key_is_read(tmp_path: Path) -> None:
    tui = _read(tmp_path, GOOD)
    assert tui.switches["--quiet"] == "usage statistics"
    assert tui.plugins["mcp"].shape == "command-args"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('MINE_OFFLINE = "the', 'MINE_OFLINE = "the', ":20: switches.MINE_OFLINE: stands nowhere in this entry"),
        ('turn_cap = "--turns"\n', "", "turn_cap"),
        (
            'turn_cap = "--turns"',
            'turn_cap = "--rounds"',
            ":8: turn_cap: bad value '--rounds': accepted: an argument of argv",
        ),
        ('wire = "chat"', 'wire = "chat"\nverified = false', "unverified_reason"),
        ('wire = "chat"', 'wire = "chat"\nunverified_reason = "x"', "unverified_reason"),
        ('registry = "npm"', 'registry = "none"', "install.registry"),
        (
            'format = "json"',
            'format = "folder"',
            "plugins.mcp.format: bad value 'folder': accepted for mcp: json, toml",
        ),
        ('key = "mcpServers"', "", "plugins.mcp.key"),
        ("\\d{4}-", "(", "volatile.date: bad value"),
    ],
)
def test_a_fault_between_keys_names_the_key_and_what_is_accepted(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    with pytest.raises(CatalogError) as caught:
        _read(tmp_path, text)
    assert said in str(caught.value)
    assert str(tmp_path) in str(caught.value)
