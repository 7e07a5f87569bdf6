import os
import subprocess
import sys
from pathlib import Path

import pytest

from codingagentbench.bundles import interpreters
from codingagentbench.bundles.interpreters import Interpreter, apart, find_node, find_python, node_below
from codingagentbench.bundles.pypi import make_environment
from codingagentbench.bundles.tool import last_words, run_tool
from codingagentbench.errors import SetupError
from codingagentbench.sandbox.base import Mount


def fake_python(root: Path, answer: str, *, content: str = "") -> Path:
    program = root / "bin" / "python3.12"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n# {content}\nprintf '{answer}'\n")
    program.chmod(0o755)
    return program


def only(monkeypatch: pytest.MonkeyPatch, *programs: Path) -> None:
    monkeypatch.setattr(interpreters, "_python_candidates", lambda: iter(programs))


def test_a_python_of_the_system_is_seen_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_python(">=3.10")
    system = found.host.is_relative_to("/usr")
    assert (found.seen == str(found.host)) is system
    assert bool(found.mounts) is not system


def test_a_python_elsewhere_is_mounted_with_its_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake_python(tmp_path, f"3.12.9\\n{tmp_path}\\n")
    only(monkeypatch, Path("/no/such"), program)
    found = find_python("<3.13")
    assert (found.version, found.seen, found.libraries) == ("3.12.9", "/opt/cab/python/bin/python3.12", None)
    assert [(m.source, m.target) for m in found.mounts] == [(tmp_path, "/opt/cab/python")]


def test_an_interpreter_of_an_mcp_server_is_at_a_place_of_its_own(tmp_path: Path) -> None:
    mounts = (Mount(tmp_path, "/opt/cab/python"),)
    found = Interpreter("python", "3.13.0", tmp_path, "/opt/cab/python/bin/python3.13", mounts, "/opt/cab/python/lib")
    moved = apart(found)
    assert (moved.seen, moved.libraries) == ("/opt/cab/python-3.13.0/bin/python3.13", "/opt/cab/python-3.13.0/lib")
    assert [(m.source, m.target) for m in moved.mounts] == [(tmp_path, "/opt/cab/python-3.13.0")]


def test_an_interpreter_of_the_system_stays_where_it_is() -> None:
    found = Interpreter("python", "3.11.2", Path("/usr/bin/python3.11"), "/usr/bin/python3.11", ())
    assert apart(found) == found


@pytest.mark.parametrize(("path", "libraries"), [("/built/here/lib", "/opt/cab/python/lib"), ("$ORIGIN/../lib", None)])
def test_a_python_that_looks_for_its_library_where_it_was_built_is_told_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, libraries: str | None
) -> None:
    program = fake_python(tmp_path, f"3.12.9\\n{tmp_path}\\n", content=path)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libpython3.12.so.1.0").write_text("")
    only(monkeypatch, program)
    assert find_python(None).libraries == libraries


def test_a_python_whose_prefix_is_a_home_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    only(monkeypatch, fake_python(tmp_path, f"3.12.9\\n{tmp_path}\\n"))
    with pytest.raises(SetupError, match=r"found: 3\.12\.9 at "):
        find_python(None)


def test_the_wrapper_starts_the_interpreter_under_its_own_name_with_its_libraries(tmp_path: Path) -> None:
    content = tmp_path / "content"
    content.mkdir()
    show = "import os, sys; print(sys.orig_argv[0], sys.argv[1:], os.environ['LD_LIBRARY_PATH'])"
    make_environment(content, Interpreter("python", "3.11.1", Path(sys.executable), sys.executable, (), "/some/lib"))
    program = str(content / "bin" / "python")
    env = os.environ | {"LD_LIBRARY_PATH": "/before"}
    done = subprocess.run([program, "-c", show, "a b"], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"{program} ['a b'] /some/lib:/before\n"


def test_node_is_none_where_no_version_fits() -> None:
    assert find_node(">=999") is None


def test_a_node_from_a_wheel_is_mounted_whole(tmp_path: Path) -> None:
    found = node_below(tmp_path, "24.1.0")
    assert (found.host, found.seen) == (tmp_path / "bin" / "node", "/opt/cab/node/bin/node")
    assert [(m.source, m.target) for m in found.mounts] == [(tmp_path, "/opt/cab/node")]


def test_a_tools_last_words_are_one_line_without_control_characters() -> None:
    output = b"first\n" + b"\n".join(b"line %d" % n for n in range(20)) + b"\n\x1b[31mbad\x1b]0;title\x07\x00 end\r\n\n"
    words = last_words(output)
    assert words.isprintable()
    assert words.startswith("line 13 | ")
    assert words.endswith("| bad end")
    assert len(last_words(b"x" * 10_000)) <= 300
    assert last_words(b" \n") == "it said nothing"


def test_a_tool_that_is_not_there_is_named() -> None:
    with pytest.raises(SetupError, match=r"own 1 cannot be installed: /no/such/tool cannot be started: No such file"):
        run_tool(["/no/such/tool"], what="own 1 cannot be installed")


def test_only_accepted_exit_codes_are_accepted() -> None:
    run_tool(["sh", "-c", "exit 1"], what="x", accepted=(0, 1))
    with pytest.raises(SetupError, match="sh ended with 2: why"):
        run_tool(["sh", "-c", "echo why; exit 2"], what="x", accepted=(0, 1))
