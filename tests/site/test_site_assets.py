import json
import stat
from pathlib import Path

import pytest

from codingagentbench.errors import SetupError
from codingagentbench.site import assets
from codingagentbench.site.assets import build_assets, web_root
from codingagentbench.site.render import read_asset_names


def program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_without_nodejs_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"no node: install Node\.js"):
        build_assets(tmp_path / "cache", lambda _: None)


def test_a_failing_step_ends_in_its_own_last_words(tmp_path: Path) -> None:
    npm = program(tmp_path / "npm", "echo 'npm ERR! integrity checksum failed' >&2; exit 9")
    node = program(tmp_path / "node", "exit 0")
    with pytest.raises(SetupError, match=r"npm ci .* exit code 9:\n.*integrity checksum failed"):
        build_assets(tmp_path / "cache", lambda _: None, node=node, npm=npm)
    assert not list((tmp_path / "cache").glob("*/manifest.json"))


def test_npm_given_as_a_script_is_run_by_the_given_node(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f'echo "$@" >> {seen}; case "$1" in build.js) mkdir -p "$2"; echo "{{}}" > "$2/manifest.json";; esac'
    node = program(tmp_path / "node", script)
    build_assets(tmp_path / "cache", lambda _: None, node=node, npm=Path("/opt/npm/bin/npm-cli.js"))
    assert seen.read_text().splitlines()[0].startswith("/opt/npm/bin/npm-cli.js ci --ignore-scripts")


def test_what_is_built_is_not_built_again(built_assets: Path) -> None:
    said: list[str] = []
    assert build_assets(built_assets.parent, said.append, node=Path("/nowhere"), npm=Path("/nowhere")) == built_assets
    assert said == []


def test_a_changed_source_is_another_build(tmp_path: Path) -> None:
    for name in ("package.json", "package-lock.json", "build.js"):
        (tmp_path / name).write_text("{}")
    (tmp_path / "src").mkdir()
    before = assets._digest(tmp_path)
    (tmp_path / "src" / "site.css").write_text("a{}")
    assert assets._digest(tmp_path) != before


def test_built_files_carry_their_hash_and_are_all_named(built_assets: Path) -> None:
    names = read_asset_names(built_assets)
    for name in (names.css, names.js, names.player, names.player_css, names.icon):
        assert (built_assets / name).stat().st_size > 100
        assert "-" in name


def test_the_lock_file_has_hashes_and_no_addresses() -> None:
    lock = json.loads((web_root() / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
    assert "://" not in (web_root() / "package-lock.json").read_text()
