"""The attacks as their files say them: agents/<name>.py, what each is to leave behind, in its docstring."""

import ast
from dataclasses import dataclass
from pathlib import Path

AGENTS = Path(__file__).parent / "agents"
KIT = "kit.py"
GROUPS = ("secrets", "files", "git", "processes", "resources", "network", "kernel", "gateway", "grading", "display")


@dataclass(frozen=True)
class Attack:
    """One hostile agent."""

    name: str
    title: str
    group: str
    claim: str
    """What holds, looked at from outside."""
    outcomes: frozenset[str]
    timeout_s: int
    slow: str
    """Why it runs with the slow ones only; empty for the others."""
    script: str


def attacks() -> list[Attack]:
    """All of them, by group and name. Raises ValueError for one whose docstring lacks something."""
    found = [_read(file) for file in AGENTS.glob("*.py") if file.name != KIT]
    return sorted(found, key=lambda a: (GROUPS.index(a.group), a.name))


def table() -> list[str]:
    """The Markdown lines of docs/security.md."""
    lines = ["| attack | what it does | what holds |", "| --- | --- | --- |"]
    for group in GROUPS:
        lines.append(f"| **{group}** | | |")
        lines += [f"| `{a.name}` | {a.title} | {a.claim} |" for a in attacks() if a.group == group]
    return lines


def _read(file: Path) -> Attack:
    script = file.read_text()
    title, _, rest = (ast.get_docstring(ast.parse(script)) or "").partition("\n")
    said = dict(line.split(": ", 1) for line in rest.splitlines() if line)
    if not title or not {"group", "claim"} <= said.keys():
        msg = f"{file}: the docstring needs a title, `group: ` and `claim: `"
        raise ValueError(msg)
    return Attack(
        name=file.stem,
        title=title,
        group=said["group"],
        claim=said["claim"],
        outcomes=frozenset(said.get("outcomes", "failed").split()),
        timeout_s=int(said.get("timeout", "25")),
        slow=said.get("slow", ""),
        script=script,
    )
