"""A cell's neighbours: the same task with other CLIs, the same CLI with other models, and so on."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from codingagentbench.site.cells import CellSummary
from codingagentbench.wording import marked

Key = tuple[object, ...]

SECTIONS: tuple[tuple[str, Callable[[CellSummary], str]], ...] = (
    ("Other CLIs on this task", lambda c: marked(c.tui, verified=c.tui_verified)),
    ("Other models with this CLI", lambda c: c.model),
    ("Other tasks in this category", lambda c: c.task_id),
    ("Other repetitions and plugin stacks", lambda c: c.variant or "factory, first repetition"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another cell with its outcome; `href` from the site's root."""

    href: str
    text: str
    verdict: str
    label: str


class Neighbourhood:
    """Cells grouped four ways, each group with a digest of what its links show."""

    def __init__(self, cells: Iterable[CellSummary]) -> None:
        self._groups: dict[Key, list[Link]] = defaultdict(list)
        for cell in cells:
            for key, (_, text) in zip(_keys(cell), SECTIONS, strict=True):
                self._groups[key].append(Link(cell.href, text(cell), cell.verdict, cell.label))
        self._digests = {key: _digest(group) for key, group in self._groups.items()}

    def of(self, cell: CellSummary) -> list[tuple[str, Sequence[Link]]]:
        """(heading, links) for each of SECTIONS; the cell itself is in none."""
        href = cell.href
        return [
            (heading, [link for link in self._groups[key] if link.href != href])
            for (heading, _), key in zip(SECTIONS, _keys(cell), strict=True)
        ]

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


def _digest(group: Iterable[Link]) -> str:
    total = hashlib.blake2b(digest_size=8)
    for link in group:
        total.update(f"{link.href}\0{link.text}\0{link.label}\0{link.verdict}\n".encode())
    return total.hexdigest()
