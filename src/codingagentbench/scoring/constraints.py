"""The kinds of constraints, each a deterministic check of the agent's changes.

What a CLI drops and what builds leave is not the agent's work, so no constraint sees it.
"""

from collections.abc import Iterator

from codingagentbench.catalog.agents_md import constraint_text
from codingagentbench.catalog.task import (
    Constraint,
    FileNotTouched,
    FilePatternRequired,
    MaxFilesChanged,
    NoCommentsAdded,
    NoNewDependency,
    NoNewFiles,
)
from codingagentbench.globs import matches
from codingagentbench.scoring.comments import LANGUAGES, count_comments
from codingagentbench.scoring.evidence import Evidence
from codingagentbench.scoring.manifests import MANIFESTS, dependencies
from codingagentbench.store.axes import ConstraintResult
from codingagentbench.store.record import Change


def check(constraint: Constraint, evidence: Evidence) -> ConstraintResult:
    """Whether the constraint was honoured, with the paths or counts that say so; None where it cannot be decided."""
    changes = [c for c in evidence.changes.changes if not (c.dropping or c.build_output)]
    honoured, found = _check(constraint, changes, evidence)
    return ConstraintResult(kind=constraint.kind, text=constraint_text(constraint), honoured=honoured, evidence=found)


def _check(  # one return a kind is the table
    constraint: Constraint, changes: list[Change], evidence: Evidence
) -> tuple[bool | None, list[str]]:
    match constraint:
        case FileNotTouched(paths=globs):
            return _none_of([f"{c.change}: {c.path}" for c in changes if matches(c.path, globs)])
        case FilePatternRequired(paths=globs):
            missing = [g for g in globs if not any(matches(c.path, [g]) and c.change != "removed" for c in changes)]
            return _none_of([f"nothing in the diff matches {g}" for g in missing])
        case MaxFilesChanged(max_files=most):
            return len(changes) <= most, [f"{len(changes)} files changed, {most} allowed"]
        case NoNewFiles(allow=allow):
            return _none_of([c.path for c in changes if c.change == "added" and not matches(c.path, allow)])
        case NoNewDependency():
            return _new_dependencies(changes, evidence)
        case NoCommentsAdded(max_added=most):
            return _comments_added(changes, evidence, most)


def _none_of(violations: list[str]) -> tuple[bool, list[str]]:
    return not violations, violations


def _new_dependencies(changes: list[Change], evidence: Evidence) -> tuple[bool | None, list[str]]:
    added: list[str] = []
    for change in (c for c in changes if c.path.rsplit("/", 1)[-1] in MANIFESTS):
        pair = evidence.sources.get(change.path)
        before = dependencies(change.path, pair.before if pair else None)
        after = dependencies(change.path, pair.after if pair else None)
        if before is None or after is None:
            return None, [f"{change.path} cannot be read as a manifest"]
        added += [f"{change.path}: {name}" for name in sorted(after - before)]
    return _none_of(added)


def _comments_added(changes: list[Change], evidence: Evidence, most: int) -> tuple[bool | None, list[str]]:
    counts = list(_comment_counts(changes, evidence))
    unknown = [path for path, added in counts if added is None]
    if unknown:
        return None, [f"{path}: comments cannot be counted" for path in unknown]
    total = sum(added for _, added in counts if added is not None)
    return total <= most, [f"{total} comments added, {most} allowed"]


def _comment_counts(changes: list[Change], evidence: Evidence) -> Iterator[tuple[str, int | None]]:
    """Path and how many comments it gained (never negative: a comment taken from one file excuses none in another)."""
    for change in changes:
        suffix = "." + change.path.rsplit(".", 1)[-1] if "." in change.path else ""
        if suffix not in LANGUAGES or change.change == "removed":
            continue
        pair = evidence.sources.get(change.path)
        if pair is None or pair.after is None:
            yield change.path, None
        else:
            yield change.path, max(0, count_comments(suffix, pair.after) - count_comments(suffix, pair.before or ""))
