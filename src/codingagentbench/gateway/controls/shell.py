"""Files as command lines for a POSIX shell: exact to the byte, and short enough for one argument each."""

import base64
import re
import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from codingagentbench.gateway.controls.work import Work

DELIMITER = "CAB_END_OF_FILE"
MAX_COMMAND = 60_000
"""Bytes. Linux takes 128 KiB in one argument, and CLIs wrap what they are given."""
_SUBSTITUTION = re.compile(r"`|\$\(|[<>]\(")
"""What some CLIs (gemini-cli) refuse in a command line as a substitution, also inside a quoted heredoc."""
_PIECE = 42_000  # bytes of a file in one command; as base64 that is 56,000


def commands(work: Work) -> list[str]:
    """Command lines that do the work, in order, each at most MAX_COMMAND bytes."""
    lines = [line for path, content in work.writes.items() for line in _write(path, content)]
    if work.deletes:
        lines.append(f"rm -rf -- {shlex.join(work.deletes)}")
    return list(_packed([*lines, *work.runs]))


def _packed(lines: list[str]) -> Iterator[str]:
    """As few commands as fit."""
    held, size = list[str](), 0
    for line in lines:
        length = len(line.encode()) + 1
        if held and size + length > MAX_COMMAND:
            yield "\n".join(held)
            held, size = [], 0
        held.append(line)
        size += length
    if held:
        yield "\n".join(held)


def _write(path: str, content: bytes) -> Iterator[str]:
    """A quoted heredoc for plain text that ends in a newline, base64 otherwise, in pieces where it is long."""
    target, folder = shlex.quote(path), str(PurePosixPath(path).parent)
    make = "" if folder == "." else f"mkdir -p -- {shlex.quote(folder)} && "
    text = _plain_text(content)
    if text is not None and len(content) <= _PIECE:
        yield f"{make}cat > {target} <<'{DELIMITER}'\n{text}{DELIMITER}"
        return
    for at in range(0, max(1, len(content)), _PIECE):
        piece, arrow = base64.b64encode(content[at : at + _PIECE]).decode(), ">>" if at else ">"
        yield f"{make}printf %s '{piece}' | base64 -d {arrow} {target}"


def _plain_text(content: bytes) -> str | None:
    """The text, where a heredoc brings it through unchanged."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    safe = text.endswith("\n") and DELIMITER not in text and all(c in "\n\t" or c.isprintable() for c in text)
    return text if safe and not _SUBSTITUTION.search(text) else None
