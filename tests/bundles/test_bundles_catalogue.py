import json
import re
from pathlib import Path

import pytest

from codingagentbench.catalog.load import TuiEntry, open_catalog
from codingagentbench.globs import matches

ENTRIES = dict(open_catalog().tuis)
LOCKS = sorted(next(iter(ENTRIES.values())).file.parent.glob("locks/**/*"))
FILLED = {
    "tui",
    "node",
    "python",
    "base_url",
    "origin",
    "key",
    "model",
    "prompt",
    "max_turns",
    "timeout_s",
    "home",
    "work",
}


@pytest.fixture(params=sorted(ENTRIES))
def entry(request: pytest.FixtureRequest) -> TuiEntry:
    return ENTRIES[str(request.param)]


def test_the_tuis_are_there() -> None:
    assert set(ENTRIES) >= {"aider", "codex", "pi", "direct", "opencode", "qwen-code", "mini-swe-agent"}


def test_every_placeholder_is_one_that_is_filled(entry: TuiEntry) -> None:
    tui = entry.tui
    commands = [a for command in (*tui.before, tui.argv) for a in command]
    texts = [*commands, *tui.env.values(), *tui.config.values()]
    used = {name for text in texts for name in re.findall(r"(?<!\$)\{([a-z_]+)\}", text)}
    assert used <= FILLED
    assert "prompt" in used
    assert "key" in used


def test_the_version_of_an_entry_is_the_one_that_its_lock_pins(entry: TuiEntry) -> None:
    install = entry.tui.install
    if install.lock is None:
        return
    lock = entry.file.parent / install.lock
    if install.registry == "pypi":
        assert re.search(rf"^{install.package}=={re.escape(install.version)} ", lock.read_text(), re.MULTILINE)
    else:
        packages = json.loads((lock / "package-lock.json").read_text())["packages"]
        assert packages[f"node_modules/{install.package}"]["version"] == install.version


@pytest.mark.parametrize("lock", [f for f in LOCKS if f.suffix == ".txt"], ids=lambda f: f.name)
def test_every_pin_of_a_python_lock_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    pins = re.findall(r"^[A-Za-z0-9].*", text, re.MULTILINE)
    hashed = re.findall(r"^\S+==\S+.* \\\n +--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pins) == len(hashed) > 0
    assert "://" not in text
    assert "index" not in re.sub(r"^[A-Za-z0-9].*", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("lock", [f for f in LOCKS if f.name == "package-lock.json"], ids=lambda f: f.parent.name)
def test_every_package_of_an_npm_lock_has_a_hash_and_no_address(lock: Path) -> None:
    packages = {name: package for name, package in json.loads(lock.read_text())["packages"].items() if name}
    assert [name for name, package in packages.items() if not package.get("integrity", "").startswith("sha512-")] == []
    for package in packages.values():
        package.pop("funding", None)  # where its makers ask for money
    assert "://" not in json.dumps(packages)
    assert '"resolved"' not in json.dumps(packages)


def test_aiders_droppings_are_its_own_files_only() -> None:
    droppings = ENTRIES["aider"].tui.droppings
    for path in (".aider.chat.history.md", ".aider.input.history", ".aider.tags.cache.v4/cache.db"):
        assert matches(path, droppings)
    for path in (".gitignore", "src/lib.rs", ".aider.conf.yml", "sub/.aider.input.history"):
        assert not matches(path, droppings)
