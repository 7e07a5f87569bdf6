"""blast_radius: files touched outside the plan, as a fraction of all files touched."""

from collections.abc import Sequence

from codingagentbench.scoring.evidence import Evidence
from codingagentbench.store.axes import BlastRadius
from codingagentbench.store.record import Change


def blast_radius(evidence: Evidence) -> BlastRadius:
    """unexpected / total, 0 without changes; raw, as the original counts, and with declared droppings set apart.

    What builds and test runs leave (`build_outputs`) is in neither figure. None where the changes are not known.
    """
    if evidence.changes.truncated:
        return BlastRadius(blast_radius=None)
    touched = [c for c in evidence.changes.changes if not c.build_output]
    planned = set(evidence.task.ground_truth_files)
    unexpected = [c.path for c in touched if c.path not in planned]
    return BlastRadius(
        blast_radius=_radius(touched, planned),
        added=[c.path for c in touched if c.change == "added"],
        removed=[c.path for c in touched if c.change == "removed"],
        modified=[c.path for c in touched if c.change == "modified"],
        unexpected_changes=unexpected,
        expected_changes=[c.path for c in touched if c.path in planned],
        total_changes=len(touched),
        extra_git_dir=evidence.changes.extra_git_dir,
        droppings=[c.path for c in touched if c.dropping],
        build_outputs=[c.path for c in evidence.changes.changes if c.build_output],
        blast_radius_without_droppings=_radius([c for c in touched if not c.dropping], planned),
    )


def _radius(touched: Sequence[Change], planned: set[str]) -> float:
    return sum(c.path not in planned for c in touched) / len(touched) if touched else 0.0
