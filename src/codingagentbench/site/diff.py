"""A unified diff as runs of lines of one kind, ready to be coloured; capped, because an agent may change anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

MAX_LINES = 3_000
MAX_LINE_CHARS = 2_000

Kind = Literal["file", "hunk", "add", "del", "meta", "ctx"]
_HEADERS = ("diff --git ", "--- ", "+++ ")
_META = (
    "index ",
    "new file mode",
    "deleted file mode",
    "old mode",
    "new mode",
    "similarity index",
    "rename from",
    "rename to",
    "Binary files",
    "GIT binary patch",
    "\\ No newline",
)


@dataclass(frozen=True, slots=True)
class DiffView:
    """Runs of (kind, text), the counts over the whole diff, and the number of lines that are not shown."""

    runs: Sequence[tuple[Kind, str]]
    files: int
    added: int
    removed: int
    omitted: int


def view_diff(text: str) -> DiffView:
    """A git diff for the page. Lines beyond MAX_LINES are counted and left out, longer lines are cut with a mark."""
    kinds = list(_kinds(text))
    tally = [kind for kind, _ in kinds]
    shown = kinds[:MAX_LINES]
    runs = [(kind, "\n".join(_cut(line) for _, line in group)) for kind, group in groupby(shown, lambda k: k[0])]
    files = sum(kind == "file" and line.startswith("diff --git ") for kind, line in kinds)
    return DiffView(runs, files, tally.count("add"), tally.count("del"), len(kinds) - len(shown))


def _kinds(text: str) -> Iterator[tuple[Kind, str]]:
    """Each line with its kind. Inside a hunk the first character decides, so `--- ` there is a removed `-- `."""
    in_hunk = False
    for line in text.removesuffix("\n").split("\n") if text else ():
        if line.startswith("diff --git "):
            in_hunk = False
        if line.startswith("@@"):
            in_hunk = True
            yield "hunk", line
        elif in_hunk:
            yield _in_hunk(line), line
        elif line.startswith(_HEADERS):
            yield "file", line
        else:
            yield ("meta" if line.startswith(_META) else "ctx"), line


def _in_hunk(line: str) -> Kind:
    return {"+": "add", "-": "del", "\\": "meta"}.get(line[:1], "ctx")  # type: ignore[return-value]  # the keys' values


def _cut(line: str) -> str:
    if len(line) <= MAX_LINE_CHARS:
        return line
    return f"{line[:MAX_LINE_CHARS]} … [{len(line) - MAX_LINE_CHARS:,} more characters in diff.patch]"
