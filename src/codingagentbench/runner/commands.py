"""commands: the command lines that the model asked its CLI to run, read from the recorded replies.

What a CLI made of them is not seen here, nor what a script that it wrote does: this is what was asked for.
"""

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from codingagentbench.catalog.tui import Hand
from codingagentbench.gateway.asked import AskedTool, asked_tools
from codingagentbench.gateway.bodies import read_body
from codingagentbench.store.record import AskedCommand, ModelCall

MAX_LINE = 60_000
_KEYS = ("command", "cmd", "commands", "script", "shell_command")
"""Arguments that hold a command line in the tools of known CLIs, besides the ones that the catalogue names."""


def recorded_commands(calls: Sequence[ModelCall], bodies: Path, hands: Sequence[Hand]) -> list[AskedCommand] | None:
    """In the order of the calls; None where a reply is not stored, so that nothing can be said of the whole."""
    found = []
    for call in calls:
        if call.response_body is None:
            if call.error is None:
                return None
            continue
        try:
            body = read_body(bodies, call.response_body)
        except (OSError, ValueError):
            return None
        for asked in asked_tools(call.wire, body):
            found += [AskedCommand(call=call.number, tool=asked.tool, line=line) for line in _lines(asked, hands)]
    return found


def _lines(asked: AskedTool, hands: Sequence[Hand]) -> Iterator[str]:
    mine = [hand for hand in hands if hand.kind == "shell" and hand.tool == asked.tool]
    try:
        arguments = json.loads(asked.arguments)
    except (ValueError, RecursionError):
        if mine:  # a custom tool takes the line itself
            yield asked.arguments[:MAX_LINE]
        return
    if isinstance(arguments, dict):
        listed = any(hand.listed for hand in mine)
        for key in dict.fromkeys([*(hand.command or "command" for hand in mine), *_KEYS]):
            yield from _texts(arguments.get(key), listed=listed)
    elif isinstance(arguments, str) and mine:
        yield arguments[:MAX_LINE]


def _texts(value: object, *, listed: bool) -> Iterator[str]:
    """A command line, an argv as one, or (`listed`) several command lines."""
    if isinstance(value, str) and value.strip():
        yield value[:MAX_LINE]
    elif isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        yield from (line[:MAX_LINE] for line in (value if listed else [shlex.join(value)]))
