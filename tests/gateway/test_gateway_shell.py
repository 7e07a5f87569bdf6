import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codingagentbench.gateway.controls.shell import DELIMITER, MAX_COMMAND, commands
from codingagentbench.gateway.controls.work import Work

PATH = "it's a/deep $(folder)/-x `y`.txt"


def run(work: Work, folder: Path) -> None:
    for line in commands(work):
        assert len(line.encode()) <= MAX_COMMAND
        subprocess.run(["/bin/sh", "-c", line], cwd=folder, check=True, capture_output=True)


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=60) | st.text("a'\"$`\\!\n\t\r✓%", max_size=40).map(str.encode))
def test_the_shell_writes_exactly_these_bytes(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run(Work({PATH: content, "plain.txt": content}), Path(folder))
        assert (Path(folder) / PATH).read_bytes() == (Path(folder) / "plain.txt").read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no newline",
        f"{DELIMITER}\n".encode(),
        bytes(range(256)) * 700,
        b"line of text\n" * 20_000,
        b"$(touch x) `touch y` ${HOME} \\n 'q'\n",
    ],
    ids=["empty", "no-newline", "delimiter", "large-binary", "large-text", "expansions"],
)
def test_awkward_contents_arrive_whole(content: bytes, tmp_path: Path) -> None:
    run(Work({"a/b.bin": content}), tmp_path)
    assert (tmp_path / "a/b.bin").read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_small_files_share_a_command_and_large_ones_do_not(tmp_path: Path) -> None:
    assert len(commands(Work({f"{i}.txt": b"x\n" for i in range(50)}))) == 1
    assert len(commands(Work({f"{i}.txt": b"x" * 39_999 + b"\n" for i in range(3)}))) == 3


def test_files_are_removed(tmp_path: Path) -> None:
    for name in ("-rf", "a b"):
        (tmp_path / name).write_text("x")
    run(Work({}, ["-rf", "a b", "not there"]), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["it's `quoted`\n", "$(touch x)\n", "f = (a)=>(b)\n", "diff <(a)\n"])
def test_what_looks_like_a_substitution_never_stands_in_a_command(text: str, tmp_path: Path) -> None:
    work = Work({"a.txt": text.encode()})
    assert not any(sign in line for line in commands(work) for sign in ("`", "$(", "<(", ">("))
    run(work, tmp_path)
    assert (tmp_path / "a.txt").read_text() == text
