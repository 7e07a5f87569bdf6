import shutil
import subprocess
from pathlib import Path

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.sandbox.base import HOME, WORK
from codingagentbench.sandbox.toolchains import MissingToolchainError, find_toolchain, is_shared_folder

CATALOG = open_catalog()


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def entry(root: Path, **changes: object) -> Toolchain:
    values: dict[str, object] = {
        "name": "own",
        "probes": [["false"], ["echo", str(root)]],
        "programs": {"tool": "bin/tool"},
        "version": ["tool", "--version"],
        "install_hint": "install own-tool",
        "env": {"OWN_HOME": "{root}/share"},
    }
    return Toolchain.model_validate(values | changes)


def test_a_toolchain_outside_the_system_is_mounted_and_comes_first_on_path(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "tool", "echo own 1.2; echo more")
    found = find_toolchain(entry(tmp_path))
    assert found.version == "own 1.2"
    assert found.root == "/opt/cab/toolchains/own"
    assert [(m.source, m.target, m.writable) for m in found.mounts] == [(tmp_path, found.root, False)]
    assert found.path == ("/opt/cab/toolchains/own/bin",)
    assert found.programs == {"tool": "/opt/cab/toolchains/own/bin/tool"}
    assert found.env == {"OWN_HOME": "/opt/cab/toolchains/own/share"}


def test_a_toolchain_of_the_system_needs_no_mount() -> None:
    system = entry(
        Path("/usr"), name="shell", programs={"env": "bin/env"}, version=["env", "--version"], probes=[["echo", "/usr"]]
    )
    found = find_toolchain(system)
    assert (found.root, found.mounts, found.path) == ("/usr", (), ())
    assert found.programs == {"env": "/usr/bin/env"}


def test_a_missing_toolchain_is_named_with_what_was_tried_and_the_hint() -> None:
    with pytest.raises(MissingToolchainError, match=r"'gone'.*no-such-program --root: no answer.*install own-tool"):
        find_toolchain(entry(Path("/x"), name="gone", probes=[["no-such-program", "--root"]]))


def test_a_root_that_lacks_a_program_is_not_the_toolchain(tmp_path: Path) -> None:
    with pytest.raises(MissingToolchainError, match="has no bin/tool"):
        find_toolchain(entry(tmp_path))


def test_a_toolchain_that_does_not_say_its_version_is_broken(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "tool", "exit 1")
    with pytest.raises(MissingToolchainError, match="does not say its version"):
        find_toolchain(entry(tmp_path))


def test_a_home_is_never_shown_as_a_toolchain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    program(tmp_path / "bin" / "tool", "echo 1")
    with pytest.raises(MissingToolchainError, match="holds more than this toolchain"):
        find_toolchain(entry(tmp_path, name="home"))
    assert is_shared_folder(tmp_path / ".local")
    assert is_shared_folder(Path("/"))
    assert not is_shared_folder(tmp_path / ".rustup" / "toolchains" / "stable")
    assert not is_shared_folder(Path("/usr/local"))


@pytest.mark.parametrize("works", [True, False])
def test_a_machine_is_probed_once_for_a_toolchain_whether_it_is_there_or_not(tmp_path: Path, works: bool) -> None:
    count = tmp_path / "count"
    program(tmp_path / "bin" / "tool", "echo 1")
    probe = ["sh", "-c", f"echo x >> {count}; {f'echo {tmp_path}' if works else 'exit 1'}"]
    for _ in range(3):
        try:
            find_toolchain(entry(tmp_path, probes=[probe]))
        except MissingToolchainError:
            assert not works
    assert count.read_text() == "x\n"


RUST_TEST = "pub fn one() -> i32 { 1 }\n#[cfg(test)]\nmod t { #[test] fn is_one() { assert_eq!(crate::one(), 1) } }\n"
BUILDS = {
    "rust": ({"Cargo.toml": '[package]\nname = "x"\nversion = "0.1.0"\n', "src/lib.rs": RUST_TEST}, "cargo test"),
    "cpp": ({"a.cc": "#include <vector>\nint main() { return std::vector<int>{}.size(); }\n"}, "g++ a.cc && ./a.out"),
    "node": ({"t.mjs": 'import test from "node:test"; test("x", () => {});\n'}, "node --test t.mjs"),
    "python": ({"t.py": "import json, unittest\n"}, "python3 -c 'import t'"),
}


@pytest.mark.parametrize("name", sorted(BUILDS))
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_a_shipped_toolchain_builds_in_a_sandbox_without_network_as_an_ordinary_user(name: str, tmp_path: Path) -> None:
    try:
        found = find_toolchain(CATALOG.toolchain(name))
    except MissingToolchainError as error:
        pytest.skip(str(error))
    files, build = BUILDS[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    view = ["--ro-bind", "/usr", "/usr", "--ro-bind", "/etc/alternatives", "/etc/alternatives"]
    for folder in ("bin", "lib", "lib64"):
        view += ["--symlink", f"usr/{folder}", f"/{folder}"]
    for mount in found.mounts:
        view += ["--ro-bind", str(mount.source), mount.target]
    view += ["--bind", str(tmp_path), WORK, "--dir", HOME, "--tmpfs", "/tmp", "--proc", "/proc", "--dev", "/dev"]  # noqa: S108  # the sandbox's own
    env = {"PATH": ":".join([*found.path, "/usr/bin:/bin"]), "HOME": HOME, **found.env}
    privileges = ["--unshare-all", "--uid", "1000", "--gid", "1000", "--chdir", WORK]
    done = subprocess.run(
        ["bwrap", *view, *privileges, "sh", "-c", f"test $(id -u) = 1000 && {build}"],
        env=env | {"LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
