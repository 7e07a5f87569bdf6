"""A cell's neighbours: the same task with other CLIs, the same CLI with other models, and so on."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from codingagentbench.site.cells import CellSummary

Key = tuple[object, ...]

SECTIONS: tuple[tuple[str, str], ...] = (
    ("other_clis", "Other CLIs on this task"),
    ("other_models", "Other models with this CLI"),
    ("other_tasks", "Other tasks in this category"),
    ("other_runs", "Other repetitions and plugin stacks"),
)


class Neighbourhood:
    """Cells grouped four ways, each group with a digest of what its links show."""

    def __init__(self, cells: Iterable[CellSummary]) -> None:
        self._groups: dict[Key, list[CellSummary]] = defaultdict(list)
        for cell in cells:
            for key in _keys(cell):
                self._groups[key].append(cell)
        self._digests = {key: _digest(group) for key, group in self._groups.items()}

    def of(self, cell: CellSummary) -> list[tuple[str, Sequence[CellSummary]]]:
        """(heading, cells) for each of SECTIONS; the cell itself is in none."""
        groups = zip(SECTIONS, _keys(cell), strict=True)
        return [(heading, [c for c in self._groups[key] if c is not cell]) for (_, heading), key in groups]

    def digest(self, cell: CellSummary) -> str:
        """Changes when any link that `of` gives does."""
        return "".join(self._digests[key] for key in _keys(cell))


def _keys(cell: CellSummary) -> tuple[Key, ...]:
    # Controls are nobody's neighbours but other controls': they would read as if they were ranked.
    of_its_kind = (cell.sweep_id, cell.control is not None)
    return (
        (0, *of_its_kind, cell.model, cell.task_id, cell.variant),
        (1, *of_its_kind, cell.tui, cell.task_id, cell.variant),
        (2, *of_its_kind, cell.tui, cell.model, cell.family, cell.variant),
        (3, *of_its_kind, cell.tui, cell.model, cell.task_id),
    )


def _digest(group: Iterable[CellSummary]) -> str:
    total = hashlib.blake2b(digest_size=8)
    for cell in group:
        total.update(f"{cell.cell_id}\0{cell.outcome}\0{cell.verdict}\n".encode())
    return total.hexdigest()
