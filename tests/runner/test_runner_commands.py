"""The commands that a model asked for, from the stored replies of a cell."""

import json
from pathlib import Path

import msgspec
import pytest

from codingagentbench.catalog.tui import Hand
from codingagentbench.gateway.bodies import BodyPack
from codingagentbench.runner.commands import recorded_commands
from codingagentbench.store.record import ModelCall
from scoring.evidence_builder import call

HAND = Hand(kind="shell", tool="run", command="what")


def stored(folder: Path, number: int, tool: str, arguments: object) -> ModelCall:
    given = arguments if isinstance(arguments, str) else json.dumps(arguments)
    pack = BodyPack(folder / "bodies.zst", [])
    body = {"choices": [{"message": {"tool_calls": [{"function": {"name": tool, "arguments": given}}]}}]}
    reference = pack.add(json.dumps(body).encode())
    pack.close()
    return msgspec.structs.replace(call(number), response_body=reference)


@pytest.mark.parametrize(
    ("tool", "arguments", "lines"),
    [
        ("run", {"what": "ls"}, ["ls"]),
        ("shell", {"command": ["bash", "-lc", "ls | wc"]}, ["bash -lc 'ls | wc'"]),
        ("exec", {"cmd": "ls"}, ["ls"]),
        ("run", "not json", ["not json"]),
        ("other", "not json", []),
        ("write", {"path": "a", "content": "git push"}, []),
        ("run", {"what": 5}, []),
    ],
)
def test_a_command_is_found_where_the_tool_takes_it(
    tool: str, arguments: object, lines: list[str], tmp_path: Path
) -> None:
    found = recorded_commands([stored(tmp_path, 1, tool, arguments)], tmp_path / "bodies.zst", [HAND])
    assert [c.line for c in found or []] == lines


def test_one_reply_that_is_not_stored_makes_the_commands_unknown(tmp_path: Path) -> None:
    calls = [stored(tmp_path, 1, "run", {"what": "ls"}), call(2)]
    assert recorded_commands(calls, tmp_path / "bodies.zst", [HAND]) is None
    assert recorded_commands([calls[0]], tmp_path / "gone.zst", [HAND]) is None


def test_a_call_that_failed_asked_for_nothing(tmp_path: Path) -> None:
    assert recorded_commands([call(1, status=500, error="endpoint_error")], tmp_path / "bodies.zst", [HAND]) == []
