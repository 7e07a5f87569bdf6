"""The kinds of constraints, each a deterministic check of the agent's changes.

What a CLI drops and what builds leave is not the agent's work, so no constraint sees it. AGENTS.md is a file like any
other. A verdict that the evidence does not bear is None: a violation that was seen stays one when the listing of
changes was cut, but nothing can then be called honoured that one more change could break.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

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
from codingagentbench.scoring.comments import LANGUAGES, OTHER_SOURCES, count_comments, suffix_of
from codingagentbench.scoring.evidence import Evidence
from codingagentbench.scoring.manifests import dependencies, manifest_kind
from codingagentbench.store.axes import ConstraintResult
from codingagentbench.store.record import Change

CUT = "the listing of changes was cut"
Verdict = tuple[bool | None, list[str]]


def check(constraint: Constraint, evidence: Evidence) -> ConstraintResult:
    """Whether the constraint was honoured, with the paths or counts that say so; None where it cannot be decided."""
    honoured, found = _check(constraint, own_changes(evidence), evidence)
    return ConstraintResult(kind=constraint.kind, text=constraint_text(constraint), honoured=honoured, evidence=found)


def own_changes(evidence: Evidence) -> list[Change]:
    """The changes that are the agent's own work: neither the CLI's droppings nor build outputs."""
    return [c for c in evidence.changes.changes if not (c.dropping or c.build_output)]


def _check(constraint: Constraint, changes: Sequence[Change], evidence: Evidence) -> Verdict:  # noqa: PLR0911  # one a kind
    cut = evidence.changes.truncated
    match constraint:
        case FileNotTouched(paths=globs):
            return _none_of([f"{c.change}: {c.path}" for c in changes if matches(c.path, globs)], cut)
        case FilePatternRequired(paths=globs):
            return _required(globs, changes, cut)
        case MaxFilesChanged(max_files=most):
            return _at_most(len(changes), math.inf if cut else len(changes), most, "changed files")
        case NoNewFiles(allow=allow):
            added = [c.path for c in changes if c.change == "added" and not matches(c.path, allow)]
            return _none_of([f"added: {path}" for path in added], cut)
        case NoNewDependency():
            return _new_dependencies(changes, evidence)
        case NoCommentsAdded(max_added=most):
            return _comments_added(changes, evidence, most)
        case _:
            return None, ["not decided yet"]


def _none_of(violations: list[str], cut: bool) -> Verdict:
    if violations:
        return False, violations
    return (None, [CUT]) if cut else (True, [])


def _required(globs: Sequence[str], changes: Sequence[Change], cut: bool) -> Verdict:
    """A removed file is in no work directory, so it can fulfil nothing."""
    written = [c.path for c in changes if c.change != "removed"]
    found = {glob: [path for path in written if matches(path, [glob])] for glob in globs}
    missing = [f"nothing in the diff matches {glob}" for glob, paths in found.items() if not paths]
    if missing:
        return (None, [*missing, CUT]) if cut else (False, missing)
    return True, [f"{glob}: {paths[0]}" for glob, paths in found.items()]


def _at_most(low: float, high: float, most: int, what: str) -> Verdict:
    """The verdict on a count that lies between `low` and `high`."""
    known = f"{low:g}" if low == high else f"at least {low:g}"
    verdict = False if low > most else True if high <= most else None
    return verdict, [f"{what}: {known}, allowed: {most}"]


def _new_dependencies(changes: Sequence[Change], evidence: Evidence) -> Verdict:
    """A package that moves from one manifest to another of its kind is not new."""
    by_kind = defaultdict(list)
    for change in changes:
        if kind := manifest_kind(change.path):
            by_kind[kind].append(change)
    added, unreadable = [], []
    for kind, manifests in by_kind.items():
        before = _sides(manifests, evidence, _before, kind)
        after = _sides(manifests, evidence, _after, kind)
        unreadable += [path for path in before if None in (before[path], after[path])]
        if None in before.values():
            continue
        known = frozenset[str]().union(*(names or () for names in before.values()))
        added += [f"{path}: {name}" for path, names in after.items() for name in sorted((names or frozenset()) - known)]
    if added:
        return False, added
    if unreadable:
        return None, [f"{path}: cannot be read as a manifest on both sides" for path in unreadable]
    return (None, [CUT]) if evidence.changes.truncated else (True, [])


Side = Callable[[Change, Evidence], str | None]


def _sides(
    manifests: Sequence[Change], evidence: Evidence, side: Side, kind: str
) -> Mapping[str, frozenset[str] | None]:
    """Path to the names on one side of the diff, None where it cannot be read."""
    texts = {change.path: side(change, evidence) for change in manifests}
    return {path: None if text is None else dependencies(kind, text) for path, text in texts.items()}


def _comments_added(changes: Sequence[Change], evidence: Evidence, most: int) -> Verdict:
    gains = list(_comment_gains(changes, evidence))
    low = sum(gain[0] for _, gain in gains)
    high = math.inf if evidence.changes.truncated else sum(gain[1] for _, gain in gains)
    verdict, total = _at_most(low, high, most, "comments added")
    each = [f"{path}: {gain[0]:g}" for path, gain in gains if gain[0] == gain[1] != 0]
    unknown = [f"{path}: comments cannot be counted" for path, gain in gains if gain[0] != gain[1]]
    return verdict, [*total, *each, *unknown]


def _comment_gains(changes: Sequence[Change], evidence: Evidence) -> Iterator[tuple[str, tuple[float, float]]]:
    """Path, and the least and the most comments that it gained.

    Never negative: a comment taken from one file excuses none in another.
    """
    for change in changes:
        suffix = suffix_of(change.path)
        if change.change == "removed":
            continue
        if suffix in LANGUAGES:
            yield (
                change.path,
                _gain(_count(suffix, _before(change, evidence)), _count(suffix, _after(change, evidence))),
            )
        elif suffix in OTHER_SOURCES:
            yield change.path, (0, math.inf)


def _count(suffix: str, text: str | None) -> int | None:
    return None if text is None else count_comments(suffix, text)


def _gain(before: int | None, after: int | None) -> tuple[float, float]:
    if after is None:
        return 0, math.inf
    if before is None:  # it gained no more than it has now
        return 0, after
    return max(0, after - before), max(0, after - before)


def _before(change: Change, evidence: Evidence) -> str | None:
    """The text that the task handed out, empty for a file that the agent added; None where it is not known."""
    if change.change == "added":
        return ""
    pair = evidence.sources.get(change.path)
    return pair.before if pair else None


def _after(change: Change, evidence: Evidence) -> str | None:
    """The text that the agent left, empty for a file that it removed; None where it is not known.

    `sources` is rebuilt from the patch: what is not in it (the change has a note), or all of it when the patch did not
    apply, stands there as it was before, which says nothing.
    """
    if change.change == "removed":
        return ""
    patched = evidence.grade is None or evidence.grade.patch_applied
    pair = evidence.sources.get(change.path)
    return pair.after if pair and patched and change.note is None and change.type == "file" else None
