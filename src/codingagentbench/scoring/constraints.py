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
    TestsAdded,
)
from codingagentbench.globs import matches
from codingagentbench.scoring.api import public_signatures
from codingagentbench.scoring.changed import after_text, before_text, own_changes
from codingagentbench.scoring.commands import begins_like, simple_commands
from codingagentbench.scoring.comments import count_comments
from codingagentbench.scoring.counted_tests import count_tests
from codingagentbench.scoring.evidence import Evidence
from codingagentbench.scoring.grammars import LANGUAGES, OTHER_SOURCES, suffix_of
from codingagentbench.scoring.lines import changed_lines
from codingagentbench.scoring.manifests import dependencies, manifest_kind
from codingagentbench.scoring.style import style_faults
from codingagentbench.store.axes import ConstraintResult
from codingagentbench.store.record import Change

CUT = "the listing of changes was cut"
Verdict = tuple[bool | None, list[str]]


def check(constraint: Constraint, evidence: Evidence) -> ConstraintResult:
    """Whether the constraint was honoured, with the paths or counts that say so; None where it cannot be decided."""
    honoured, found = _check(constraint, own_changes(evidence), evidence)
    return ConstraintResult(kind=constraint.kind, text=constraint_text(constraint), honoured=honoured, evidence=found)


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
        case MaxLinesChanged(max_lines=most):
            return _lines_changed(changes, evidence, most)
        case ApiUnchanged(paths=globs, may_grow=may_grow):
            return _api_unchanged(_matching(changes, globs), evidence, may_grow=may_grow)
        case CommandRequired(commands=patterns):
            return _command_required(patterns, evidence)
        case CommandForbidden(commands=patterns):
            return _command_forbidden(patterns, evidence)
        case StylePreserved(paths=globs):
            return _style_preserved(_matching(changes, globs), evidence)
        case TestsAdded(paths=globs, min_tests=least):
            return _tests_added(_matching(changes, globs), evidence, least)


def _matching(changes: Sequence[Change], globs: Sequence[str]) -> list[Change]:
    return [c for c in changes if matches(c.path, globs)]


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
        before = _sides(manifests, evidence, before_text, kind)
        after = _sides(manifests, evidence, after_text, kind)
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
                _gain(_count(suffix, before_text(change, evidence)), _count(suffix, after_text(change, evidence))),
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


def _lines_changed(changes: Sequence[Change], evidence: Evidence, most: int) -> Verdict:
    """A file whose text is not known changed by at least no line and at most by any number."""
    counts = [_changed_lines(change, evidence) for change in changes]
    low = sum(count or 0 for count in counts)
    return _at_most(low, math.inf if evidence.changes.truncated or None in counts else low, most, "changed lines")


def _changed_lines(change: Change, evidence: Evidence) -> int | None:
    before, after = before_text(change, evidence), after_text(change, evidence)
    return None if before is None or after is None else changed_lines(before, after)


def _api_unchanged(changes: Sequence[Change], evidence: Evidence, *, may_grow: bool) -> Verdict:
    """All files together: a declaration that moves to another file of the same language is still there."""
    before, after, unread = dict[tuple[str, str], str](), dict[tuple[str, str], str](), list[str]()
    for change in changes:
        suffix = suffix_of(change.path)
        if suffix not in LANGUAGES:
            unread += [f"{change.path}: no grammar for its language"] if suffix in OTHER_SOURCES else []
            continue
        for found, text in ((before, before_text(change, evidence)), (after, after_text(change, evidence))):
            signatures = None if text is None else public_signatures(suffix, text)
            if signatures is None:
                unread.append(f"{change.path}: cannot be read on both sides")
                break
            found.update({(LANGUAGES[suffix], signature): change.path for signature in signatures})
    if unread:
        return None, unread
    gone = [f"{before[key]}: gone or changed: {key[1]}" for key in sorted(before.keys() - after.keys())]
    new = [f"{after[key]}: new: {key[1]}" for key in sorted(after.keys() - before.keys())]
    return _none_of([*gone, *([] if may_grow else new)], evidence.changes.truncated)


UNRECORDED = "not every reply of the model is stored, so what it asked to run is not known"


def _command_required(patterns: Sequence[str], evidence: Evidence) -> Verdict:
    if evidence.commands is None:
        return None, [UNRECORDED]
    found = _runs(patterns, evidence)
    return (True, found[:1]) if found else (False, [f"no command begins like {' or '.join(patterns)}"])


def _command_forbidden(patterns: Sequence[str], evidence: Evidence) -> Verdict:
    if evidence.commands is None:
        return None, [UNRECORDED]
    found = _runs(patterns, evidence)
    return not found, found


def _runs(patterns: Sequence[str], evidence: Evidence) -> list[str]:
    return [
        f"model call {command.call}: {' '.join(words)[:200]}"
        for command in evidence.commands or ()
        for words in simple_commands(command.line)
        if any(begins_like(words, pattern) for pattern in patterns)
    ]


def _style_preserved(changes: Sequence[Change], evidence: Evidence) -> Verdict:
    """Only files that were there before and still are have a style to keep."""
    faults, unread = list[str](), list[str]()
    for change in (c for c in changes if c.change == "modified"):
        before, after = before_text(change, evidence), after_text(change, evidence)
        if before is None or after is None:
            unread.append(f"{change.path}: not known as text on both sides")
        else:
            faults += [f"{change.path}: {fault}" for fault in style_faults(before, after)]
    if faults:
        return False, faults
    return (None, unread) if unread else _none_of([], evidence.changes.truncated)


def _tests_added(changes: Sequence[Change], evidence: Evidence, least: int) -> Verdict:
    """The gain over all the files: a test that moves is none that was added."""
    gain, unread = 0, list[str]()
    for change in (c for c in changes if suffix_of(c.path) in LANGUAGES):
        suffix = suffix_of(change.path)
        before, after = (_tests(suffix, side(change, evidence)) for side in (before_text, after_text))
        if before is None or after is None:
            unread.append(f"{change.path}: its tests cannot be counted")
        else:
            gain += after - before
    if unread or evidence.changes.truncated:
        return None, [*unread, *([CUT] if evidence.changes.truncated else [])]
    return gain >= least, [f"added tests: {gain}, asked for: {least}"]


def _tests(suffix: str, text: str | None) -> int | None:
    return None if text is None else count_tests(suffix, text) if text else 0
