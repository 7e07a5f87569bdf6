"""Methodology versions: each stays computable for ever; a record states the one that it was scored by."""

from collections.abc import Callable
from dataclasses import dataclass

from codingagentbench.errors import unknown_name
from codingagentbench.scoring.composite import Inputs, composite_v01, composite_v1
from codingagentbench.store.axes import Composite

DEFAULT = "v1"


@dataclass(frozen=True, slots=True)
class Methodology:
    """How one version makes a composite, and whether it counts a CLI's own droppings as blast radius."""

    composite: Callable[[Inputs], Composite]
    counts_droppings: bool


METHODOLOGIES = {
    "v0.1": Methodology(composite_v01, counts_droppings=True),
    "v1": Methodology(composite_v1, counts_droppings=False),
}


def methodology(version: str) -> Methodology:
    """A version by name. Raises UsageError where it is unknown."""
    if version not in METHODOLOGIES:
        raise unknown_name("methodology", version, METHODOLOGIES)
    return METHODOLOGIES[version]
