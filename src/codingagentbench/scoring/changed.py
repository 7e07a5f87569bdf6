"""The agent's own changes and their texts on both sides, as far as the evidence bears them."""

from codingagentbench.scoring.evidence import Evidence
from codingagentbench.store.record import Change


def own_changes(evidence: Evidence) -> list[Change]:
    """The changes that are the agent's own work: neither the CLI's droppings nor build outputs."""
    return [c for c in evidence.changes.changes if not (c.dropping or c.build_output)]


def before_text(change: Change, evidence: Evidence) -> str | None:
    """The text that the task handed out, empty for a file that the agent added; None where it is not known."""
    if change.change == "added":
        return ""
    pair = evidence.sources.get(change.path)
    return pair.before if pair else None


def after_text(change: Change, evidence: Evidence) -> str | None:
    """The text that the agent left, empty for a file that it removed; None where it is not known.

    `sources` is rebuilt from the patch: what is not in it (the change has a note), or all of it when the patch did not
    apply, stands there as it was before, which says nothing.
    """
    if change.change == "removed":
        return ""
    patched = evidence.grade is None or evidence.grade.patch_applied
    pair = evidence.sources.get(change.path)
    return pair.after if pair and patched and change.note is None and change.type == "file" else None
