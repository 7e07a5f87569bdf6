"""AGENTS.md, generated from a task's constraints so that what the agent is told and what is checked cannot drift."""

from collections.abc import Sequence

from codingagentbench.catalog.plugin import Plugin
from codingagentbench.catalog.task import (
    Constraint,
    FileNotTouched,
    FilePatternRequired,
    MaxFilesChanged,
    NoCommentsAdded,
    NoNewDependency,
    NoNewFiles,
    Task,
)


def agents_md(task: Task, plugins: Sequence[Plugin] = ()) -> str:
    """The text of AGENTS.md; empty where the task has no constraint and no plugin adds an instruction."""
    parts = []
    if task.constraints:
        rules = "\n".join(f"- {constraint_text(c)}" for c in task.constraints)
        parts.append(f"# Rules for this work directory\n\n{rules}\n")
    parts += [f"# {p.title}\n\n{p.text.strip()}\n" for p in plugins]
    return "\n".join(parts)


def constraint_text(constraint: Constraint) -> str:  # noqa: PLR0911  # one return a kind is the table
    """One sentence, as it stands in AGENTS.md and beside the check's result."""
    match constraint:
        case FileNotTouched(paths=paths):
            return f"Do not add, change or remove files matching {_listed(paths)}."
        case NoNewDependency():
            return "Do not add a dependency to any manifest."
        case NoCommentsAdded(max_added=0):
            return "Do not add comments to the source."
        case NoCommentsAdded(max_added=most):
            return f"Add at most {most} {'comment' if most == 1 else 'comments'} to the source."
        case FilePatternRequired(paths=paths):
            return f"Your change has to include a file matching each of: {_listed(paths)}."
        case MaxFilesChanged(max_files=most):
            return f"Change at most {most} {'file' if most == 1 else 'files'}."
        case NoNewFiles(allow=[]):
            return "Do not add files."
        case NoNewFiles(allow=allow):
            return f"Do not add files, except {_listed(allow)}."


def _listed(globs: Sequence[str]) -> str:
    return ", ".join(f"`{g}`" for g in globs)
