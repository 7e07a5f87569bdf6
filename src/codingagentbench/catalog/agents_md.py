"""AGENTS.md, generated from a task's constraints so that what the agent is told and what is checked cannot drift."""

from collections.abc import Sequence

from codingagentbench.catalog.task import (
    ApiUnchanged,
    CommandForbidden,
    CommandRequired,
    Constraint,
    FileNotTouched,
    FilePatternRequired,
    MaxFilesChanged,
    MaxLinesChanged,
    NoCommentsAdded,
    NoNewDependency,
    NoNewFiles,
    StylePreserved,
    Task,
    TestsAdded,
)


def agents_md(task: Task) -> str:
    """The text of AGENTS.md; empty where the task has no constraint."""
    if not task.constraints:
        return ""
    rules = "\n".join(f"- {constraint_text(c)}" for c in task.constraints)
    return f"# Rules for this work directory\n\n{rules}\n"


def constraint_text(constraint: Constraint) -> str:  # noqa: PLR0911  # one return a kind
    """One sentence, as it stands in AGENTS.md and beside the check's result."""
    match constraint:
        case FileNotTouched(paths=paths):
            return f"Do not add, change or remove files matching {_listed(paths, 'or')}."
        case NoNewDependency():
            return "Do not add a dependency to any manifest."
        case NoCommentsAdded(max_added=most):
            return (
                f"Add at most {_count(most, 'comment')} to the source."
                if most
                else "Do not add comments to the source."
            )
        case FilePatternRequired(paths=paths):
            return (
                f"Your change has to include {_listed([f'a file matching `{p}`' for p in paths], 'and', quote=False)}."
            )
        case MaxFilesChanged(max_files=most):
            return f"Change at most {_count(most, 'file')}." if most else "Do not change any file."
        case NoNewFiles(allow=allow):
            return f"Do not add files, except those matching {_listed(allow, 'or')}." if allow else "Do not add files."
        case MaxLinesChanged(max_lines=most):
            return f"Add and remove at most {_count(most, 'line')}, all files together (a changed line counts twice)."
        case ApiUnchanged(paths=paths, may_grow=may_grow):
            growth = "; adding to it is fine" if may_grow else ", and add nothing to it"
            return f"Do not change the public interface{_in(paths)}: names and signatures stay{growth}."
        case CommandRequired(commands=commands):
            return f"Run {_listed(commands, 'or')} before you are done."
        case CommandForbidden(commands=commands):
            return f"Do not run {_listed(commands, 'or')}."
        case StylePreserved(paths=paths):
            return f"Keep the indentation and the line endings of the files that you change{_in(paths)}."
        case TestsAdded(paths=paths, min_tests=least):
            return f"Add at least {_count(least, 'test')} in files matching {_listed(paths, 'or')}."


def _in(paths: Sequence[str]) -> str:
    return "" if list(paths) == ["**"] else f" in files matching {_listed(paths, 'or')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(items: Sequence[str], last: str, *, quote: bool = True) -> str:
    *first, final = [f"`{item}`" for item in items] if quote else items
    return f"{', '.join(first)} {last} {final}" if first else final
