"""Terminal recordings and plain text out of hostile output."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.sandbox import recording
from codingagentbench.sandbox.recording import AsciicastWriter, plain_text


def record(path: Path, chunks: list[bytes]) -> list[list[object]]:
    writer = AsciicastWriter(path, 120, 40, "cell")
    for chunk in chunks:
        writer.write(chunk)
    writer.close()
    header, *events = [json.loads(line) for line in path.read_text().splitlines()]
    assert {k: header[k] for k in ("version", "width", "height", "title")} == {
        "version": 2,
        "width": 120,
        "height": 40,
        "title": "cell",
    }
    return events


@given(chunks=st.lists(st.binary(max_size=40), max_size=8))
def test_the_events_add_up_to_the_output(tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]) -> None:
    events = record(tmp_path_factory.mktemp("cast") / "terminal.cast", chunks)
    assert "".join(str(e[2]) for e in events) == b"".join(chunks).decode("utf-8", "replace")
    times = [float(str(e[0])) for e in events]
    assert times == sorted(times)
    assert {e[1] for e in events} <= {"o"}


def test_a_character_cut_in_two_is_one_character(tmp_path: Path) -> None:
    first, second = "é".encode()[:1], "é".encode()[1:]
    events = record(tmp_path / "terminal.cast", [b"a" + first, second])
    assert [e[2] for e in events] == ["a", "é"]


def test_a_recording_over_its_cap_says_how_much_it_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "MAX_CAST_BYTES", 10_000)
    path = tmp_path / "terminal.cast"
    events = record(path, [b"x" * 1000] * 8 + [b"\xff" * 1000] * 5)
    assert events[-1][2] == "\r\n[recording ends here: 5000 more bytes of output]\r\n"
    assert path.stat().st_size <= 10_000


def test_a_recording_at_its_cap_has_no_note(tmp_path: Path) -> None:
    assert [e[2] for e in record(tmp_path / "terminal.cast", [b"x" * 1000] * 3)] == ["x" * 1000] * 3


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    writer = AsciicastWriter(tmp_path / "terminal.cast", 1, 1, "")
    writer.close()
    writer.close()


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (b"\x1b[1;31mred\x1b[0m plain\r\n", "red plain\n"),
        (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "alink"),
        (b"\x1b]52;c;" + b"A" * 100_000 + b"\x07done", "done"),
        (b"\x1bPq#0;2\x1b\\sixel\x1b_app\x1b\\", "sixel"),
        (b"  5%\r 50%\r100%\r\nnext", "100%\nnext"),
        (b"a\x00b\x08c\x7f\x07\tt", "abc\tt"),
        ("\u009b31mred\u009d0;t\u009c".encode(), "red"),
        (b"\x1b(B\x1b=\x1b>\x1b7ok\x1b8", "ok"),
        (b"bad \xff utf", "bad \ufffd utf"),
    ],
)
def test_sequences_for_the_terminal_are_taken_out(output: bytes, text: str) -> None:
    assert plain_text(output) == text


@given(st.binary(max_size=300) | st.text(alphabet="\x1b[]P;?0m\x07\\\r\n\x9b\x9cab", max_size=200).map(str.encode))
def test_no_control_character_survives(output: bytes) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", plain_text(output))


@given(st.text(alphabet=st.characters(exclude_categories=["C"]), max_size=100))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert plain_text(text.encode()) == text


@pytest.mark.timeout(30)  # a pass for each of them would take an hour
@pytest.mark.parametrize(
    "piece", ["\x1b]", "\x1b[", "\x1bP", "\x1b]0;x", "\x1b[1;", "\x9d", "\x90\x9d", "\x9b1", "\x1b]\x90"]
)
def test_unfinished_sequences_cost_one_pass(piece: str) -> None:
    assert "\x1b" not in plain_text(piece.encode() * 300_000)
