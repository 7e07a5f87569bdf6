import json
import subprocess
import sys
from pathlib import Path

import pytest

from codingagentbench.bundles.interpreters import find_python
from codingagentbench.bundles.pypi import BUILD_LOCK, uv_install
from codingagentbench.catalog.load import open_catalog

LOCKS = open_catalog().tui("aider").file.parent / "locks"


def test_a_lock_keeps_only_the_optional_packages_that_it_pins(tmp_path: Path) -> None:
    optional = {"tool-linux": "1", "tool-windows": "1"}
    packages = {
        "": {"name": "bundle", "optionalDependencies": {"tool-mac": "1"}},
        "node_modules/tool": {"version": "1", "optionalDependencies": optional},
        "node_modules/tool-linux": {"version": "1"},
        "node_modules/@a/b/node_modules/tool": {"version": "2", "optionalDependencies": optional | {"near": "1"}},
        "node_modules/@a/b/node_modules/near": {"version": "1"},
    }
    lock = tmp_path / "package-lock.json"
    lock.write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
    subprocess.run([sys.executable, LOCKS / "drop_unpublished.py", lock], check=True)
    left = {p: v.get("optionalDependencies") for p, v in json.loads(lock.read_text())["packages"].items()}
    assert left == {
        "": None,
        "node_modules/tool": {"tool-linux": "1"},
        "node_modules/tool-linux": None,
        "node_modules/@a/b/node_modules/tool": {"tool-linux": "1", "near": "1"},
        "node_modules/@a/b/node_modules/near": None,
    }


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*/package-lock.json")), ids=lambda f: f.parent.name)
def test_no_lock_names_an_optional_package_that_it_does_not_pin(lock: Path, tmp_path: Path) -> None:
    copy = tmp_path / lock.name
    copy.write_text(lock.read_text())
    subprocess.run([sys.executable, LOCKS / "drop_unpublished.py", copy], check=True)
    assert json.loads(copy.read_text()) == json.loads(lock.read_text())


def test_only_the_named_packages_are_built_from_source_with_pinned_tools() -> None:
    python, lock = find_python(None), LOCKS / "openhands.txt"
    command = uv_install(python, lock, Path("there"), ["func-timeout"])
    assert command[command.index("--no-binary") + 1] == "func-timeout"
    assert command[command.index("--build-constraints") + 1] == str(LOCKS / BUILD_LOCK)
    assert "--no-binary" not in uv_install(python, lock, Path("there"))
    assert "--hash=sha256:" in (LOCKS / BUILD_LOCK).read_text()


def test_what_an_entry_builds_from_source_is_in_its_lock_with_one_file() -> None:
    for entry in open_catalog().tuis.values():
        for package in entry.tui.install.build:
            assert entry.tui.install.lock is not None
            text = (entry.file.parent / entry.tui.install.lock).read_text()
            pin = text.split(f"\n{package}==", 1)[1].split("\n", 1)[1]
            assert pin.split("==", 1)[0].count("--hash=") == 1
