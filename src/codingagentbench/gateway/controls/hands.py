"""How a control's wish becomes what the CLI offers: a shell command, a write tool's call, or edit blocks in text."""

import base64
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.catalog.tui import Hand
from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.controls.work import Files, closing_words, wanted_files

DELIMITER = "CAB_END_OF_FILE"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of one of the CLI's tools."""

    name: str
    arguments: dict[str, object]


@dataclass(frozen=True, slots=True)
class Reply:
    """One assistant turn: text, and at most one tool call."""

    text: str
    call: ToolCall | None = None


def decide(backend: ControlBackend, *, turn: int, tools: Sequence[str]) -> Reply:
    """The reply in turn `turn` (0 is the first) of a conversation that offers `tools`. The same for a retry."""
    files = wanted_files(backend)
    closing = Reply(closing_words(backend))
    if not files:
        return closing
    hand = next((h for h in backend.hands if h.kind == "edit-blocks" or h.tool in tools), None)
    if hand is None:
        offered = ", ".join(tools) or "none"
        return Reply(f"I have no tool that I know how to use here (offered: {offered}).")
    if hand.kind == "edit-blocks":
        return Reply(_edit_blocks(backend, files)) if turn == 0 else closing
    steps = _steps(hand, files)
    return Reply(f"Step {turn + 1} of {len(steps)}.", steps[turn]) if turn < len(steps) else closing


def _steps(hand: Hand, files: Files) -> list[ToolCall]:
    if hand.kind == "shell":
        command = "\n".join(_write_command(path, content) for path, content in files.items())
        return [ToolCall(hand.tool or "", {hand.command or "command": command, **hand.extra})]
    return [
        ToolCall(
            hand.tool or "",
            {hand.path or "path": path, hand.content or "content": content.decode("utf-8", "replace"), **hand.extra},
        )
        for path, content in files.items()
    ]


def _write_command(path: str, content: bytes) -> str:
    """A command line that writes the file exactly: a heredoc for text that ends in a newline, base64 otherwise."""
    target, folder = shlex.quote(path), shlex.quote(str(Path(path).parent))
    make = f"mkdir -p {folder} && " if folder != "." else ""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text.endswith("\n") and DELIMITER not in text and _plain(text):
        return f"{make}cat > {target} <<'{DELIMITER}'\n{text}{DELIMITER}"
    return f"{make}printf %s {base64.b64encode(content).decode()} | base64 -d > {target}"


def _plain(text: str) -> bool:
    return all(c in "\n\t" or c.isprintable() for c in text)


def _edit_blocks(backend: ControlBackend, files: Files) -> str:
    """SEARCH/REPLACE blocks: the whole file as it is against the whole file as it shall be."""
    blocks = [_edit_block(backend, path, content.decode("utf-8", "replace")) for path, content in files.items()]
    return "\n".join([closing_words(backend), "", *blocks])


def _edit_block(backend: ControlBackend, path: str, wanted: str) -> str:
    place = backend.workdir / path
    present = place.read_text(encoding="utf-8", errors="replace") if place.is_file() else ""
    fence = "`" * max(3, *(len(run) + 1 for run in _backtick_runs(present + wanted)))
    return f"{path}\n{fence}\n<<<<<<< SEARCH\n{_lines(present)}=======\n{_lines(wanted)}>>>>>>> REPLACE\n{fence}\n"


def _lines(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _backtick_runs(text: str) -> list[str]:
    return [line.lstrip()[: len(line.lstrip()) - len(line.lstrip().lstrip("`"))] for line in text.splitlines()] or [""]
