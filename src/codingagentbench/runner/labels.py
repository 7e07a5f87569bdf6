"""What a run in a sandbox belongs to, for engines whose objects can carry it."""

from typing import Literal


def cell_labels(cell_id: str, phase: Literal["agent", "grade"]) -> dict[str, str]:
    """`sweep`, `cell` and `phase`; a cell's id begins with its sweep's."""
    return {"sweep": cell_id.partition("/")[0], "cell": cell_id, "phase": phase}
