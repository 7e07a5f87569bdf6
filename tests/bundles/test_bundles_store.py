import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from codingagentbench.bundles.bundle import Bundle, install, installed, verify
from codingagentbench.bundles.npm import unlocked
from codingagentbench.catalog.tui import Tui
from codingagentbench.errors import SetupError

needs_npm = pytest.mark.skipif(not (shutil.which("npm") and shutil.which("node")), reason="needs Node.js and npm")
Entry = tuple[Tui, Path]


def quiet(line: str) -> None:
    assert line


def make(entry: Entry, store: Path) -> Bundle:
    return install(*entry, store=store, log=quiet)


def changed(entry: Entry, **values: object) -> Entry:
    tui, file = entry
    return tui.model_copy(update={"install": tui.install.model_copy(update=values)}), file


def start(bundle: Bundle, *command: str) -> str:
    """The bundle's answer where it is seen at the place that it was made for."""
    view = ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for folder in ("bin", "lib", "lib64"):
        view += ["--symlink", f"usr/{folder}", f"/{folder}"]
    for mount in bundle.mounts:
        view += ["--ro-bind", str(mount.source), mount.target]
    command = ("bwrap", *view, "--unshare-all", "--clearenv", *command)
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


needs_bwrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")


def test_two_stores_get_the_same_digest(pypi_tui: Entry, tmp_path: Path) -> None:
    first, second = make(pypi_tui, tmp_path / "a"), make(pypi_tui, tmp_path / "b" / "elsewhere")
    assert first.digest == second.digest
    assert first.digest.startswith("sha256:")
    assert first.folder != second.folder


def test_an_installed_bundle_is_returned_at_once_and_is_the_same(pypi_tui: Entry, tmp_path: Path) -> None:
    assert installed(*pypi_tui, store=tmp_path / "s") is None
    made = make(pypi_tui, tmp_path / "s")
    said: list[str] = []
    assert install(*pypi_tui, store=tmp_path / "s", log=said.append) == made
    assert installed(*pypi_tui, store=tmp_path / "s") == made
    assert said == []
    assert made.image == "codingagentbench/own:v1.0"


@needs_bwrap
def test_a_python_bundle_starts_in_a_sandbox_from_bytecode_that_names_the_sandboxs_paths(
    pypi_tui: Entry, tmp_path: Path
) -> None:
    bundle = make(pypi_tui, tmp_path / "s")
    python = bundle.placeholders["python"]
    place = f"/opt/cab/tui/lib/python{bundle.interpreter.split()[1].rpartition('.')[0]}/site-packages/own/where.py"
    said = start(bundle, python, "-I", "-m", "own", "a b", "--c")
    assert said == f"['a b', '--c'] {place}\n"
    again = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'own', 'again'])"
    assert start(bundle, python, "-I", "-c", again) == f"['again'] {place}\n"


def test_nothing_in_a_python_bundle_names_the_machine(pypi_tui: Entry, tmp_path: Path) -> None:
    bundle = make(pypi_tui, tmp_path / "s")
    files = [f for f in bundle.folder.rglob("*") if f.is_file() and not f.is_symlink()]
    assert any(f.suffix == ".pyc" for f in files)
    assert [f for f in files if os.fsencode(tmp_path) in f.read_bytes()] == []


def test_every_changed_missing_or_added_file_is_named(pypi_tui: Entry, tmp_path: Path) -> None:
    bundle = make(pypi_tui, tmp_path / "s")
    assert verify(bundle) == []
    package = next(bundle.folder.glob("lib/*/site-packages/own"))
    (package / "where.py").write_text("changed")
    (package / "__init__.py").unlink()
    (package / "new.py").write_text("")
    compiled = next(package.glob("__pycache__/__main__*"))
    compiled.write_bytes(b"changed")
    bad = {f.relative_to(bundle.folder).as_posix() for f in (compiled, *(package / n for n in ("new.py", "where.py")))}
    assert set(verify(bundle)) == bad | {(package / "__init__.py").relative_to(bundle.folder).as_posix()}


def test_a_package_with_another_hash_is_refused_and_leaves_nothing(pypi_tui: Entry, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text(f"own==1.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(SetupError, match=r"own 1\.0 cannot be installed: uv ended with \d+: .*[Hh]ash"):
        make(pypi_tui, tmp_path / "s")
    assert [p.name for p in (tmp_path / "s").iterdir() if p.is_dir()] == []


def test_a_lock_that_is_not_there_is_named(pypi_tui: Entry, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"own\.toml: install\.lock: 'gone\.txt' is not there"):
        make(changed(pypi_tui, lock="gone.txt"), tmp_path / "s")


def test_a_python_that_no_machine_has_is_refused_with_what_was_found(pypi_tui: Entry, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"no Python >=9 on this machine \(found: 3\.\d+.* at /"):
        make(changed(pypi_tui, python=">=9"), tmp_path / "s")


def test_another_lock_or_version_is_another_bundle(pypi_tui: Entry, tmp_path: Path) -> None:
    make(pypi_tui, tmp_path / "s")
    (tmp_path / "own.txt").write_text((tmp_path / "own.txt").read_text() + "# changed\n")
    assert installed(*pypi_tui, store=tmp_path / "s") is None


def test_two_installs_at_once_make_it_once(pypi_tui: Entry, tmp_path: Path) -> None:
    said: list[str] = []
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: install(*pypi_tui, store=tmp_path / "s", log=said.append), range(4)))
    assert len({b.digest for b in made}) == 1
    assert sum(line.startswith("installing") for line in said) == 1


def test_a_damaged_or_half_made_bundle_is_made_again(pypi_tui: Entry, tmp_path: Path) -> None:
    bundle = make(pypi_tui, tmp_path / "s")
    place = bundle.folder.parent
    (place / "manifest.json").write_text('{"digest":')
    leftover = place.parent / f".{place.name}.killed"
    leftover.mkdir()
    assert installed(*pypi_tui, store=tmp_path / "s") is None
    assert make(pypi_tui, tmp_path / "s") == bundle
    assert not leftover.exists()


def test_a_bundle_is_readable_for_the_sandboxs_user_whatever_the_umask(pypi_tui: Entry, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        bundle = make(pypi_tui, tmp_path / "s")
    finally:
        os.umask(before)
    modes = {p.stat().st_mode & 0o777 for p in [bundle.folder, *bundle.folder.rglob("*")] if not p.is_symlink()}
    assert modes <= {0o755, 0o644}


def test_a_store_that_cannot_be_written_is_one_clear_line(pypi_tui: Entry, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match=r"file/s: bundles cannot be stored there: Not a directory \(XDG_CACHE_HOME"):
        make(pypi_tui, tmp_path / "file" / "s")


@needs_npm
@needs_bwrap
def test_an_npm_bundle_starts_in_a_sandbox_and_its_install_scripts_did_not_run(npm_tui: Entry, tmp_path: Path) -> None:
    bundle = make(npm_tui, tmp_path / "s")
    assert start(bundle, bundle.placeholders["node"], "/opt/cab/tui/node_modules/own/cli.js").startswith("own v")
    assert not list(bundle.folder.rglob("ran"))
    assert verify(bundle) == []
    assert make(npm_tui, tmp_path / "t").digest == bundle.digest


@needs_npm
def test_npms_own_last_words_reach_the_user_without_control_characters(npm_tui: Entry, tmp_path: Path) -> None:
    lock = tmp_path / "lock" / "package-lock.json"
    lock.write_text(lock.read_text().replace("sha512-", "sha512-AAAA"))
    with pytest.raises(SetupError, match=r"own 1\.0\.0 cannot be installed: n\w+ ended with 1: .*EINTEGRITY") as raised:
        make(npm_tui, tmp_path / "s")
    assert str(raised.value).isprintable()


def test_without_node_and_without_its_lock_the_user_is_told_what_to_install(npm_tui: Entry, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"no Node\.js >=999 with npm on this machine.*apt-get install nodejs npm"):
        make(changed(npm_tui, node=">=999"), tmp_path / "s")


def test_a_built_in_tui_that_does_not_exist_is_refused(pypi_tui: Entry, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"'\.\./catalog' is no TUI that is built in"):
        make(changed(pypi_tui, registry="builtin", package="../catalog"), tmp_path / "s")


@needs_npm
def test_a_program_without_its_executable_bit_gets_it_where_the_entry_says_so(npm_tui: Entry, tmp_path: Path) -> None:
    plain = make(npm_tui, tmp_path / "s").folder / "node_modules/own/package.json"
    assert plain.stat().st_mode & 0o111 == 0
    program = make(changed(npm_tui, executable=["node_modules/own/package.json"]), tmp_path / "s").folder
    assert (program / "node_modules/own/package.json").stat().st_mode & 0o777 == 0o755
    with pytest.raises(SetupError, match=r"install\.executable: gone is not in the bundle"):
        make(changed(npm_tui, executable=["gone"]), tmp_path / "s")


def test_a_package_that_the_lock_does_not_name_is_told_from_one_that_it_does(tmp_path: Path) -> None:
    packages = {"": {}, "node_modules/a": {"integrity": "sha512-A"}, "node_modules/b": {"integrity": "sha512-B"}}
    lock, installed_ = tmp_path / "lock.json", tmp_path / "installed.json"
    lock.write_text(json.dumps({"packages": packages}))
    for change, strays in (
        ({}, []),
        ({"node_modules/b": {"integrity": "sha512-X"}}, ["node_modules/b"]),
        ({"node_modules/c": {"integrity": "sha512-C"}}, ["node_modules/c"]),
        ({"node_modules/a": {}}, ["node_modules/a"]),
    ):
        installed_.write_text(json.dumps({"packages": packages | change}))
        assert unlocked(installed_, lock) == strays
