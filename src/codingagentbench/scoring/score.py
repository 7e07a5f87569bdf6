"""All axes of a cell from its evidence, and the composites from its axes. Pure: no clock, no file, no process."""

from codingagentbench.scoring.blast_radius import blast_radius
from codingagentbench.scoring.composite import inputs_of
from codingagentbench.scoring.evidence import Evidence
from codingagentbench.scoring.fidelity import fidelity
from codingagentbench.scoring.integrity import integrity
from codingagentbench.scoring.latency import latency
from codingagentbench.scoring.methodology import METHODOLOGIES
from codingagentbench.scoring.pass_rate import pass_rate
from codingagentbench.scoring.refusal import refusal
from codingagentbench.scoring.tokens import tokens
from codingagentbench.store.axes import Axes, Composite


def score(evidence: Evidence) -> Axes:
    """The seven axes."""
    passed = pass_rate(evidence)
    return Axes(
        pass_rate=passed,
        tokens=tokens(evidence, passed.pass_),
        latency=latency(evidence),
        blast_radius=blast_radius(evidence),
        refusal=refusal(evidence),
        integrity=integrity(evidence),
        fidelity=fidelity(evidence),
    )


def composites(axes: Axes) -> dict[str, Composite]:
    """By methodology version, for a cell that was graded; a cell without a grade has none."""
    if axes.pass_rate.pass_ is None:
        return {}
    return {
        version: method.composite(inputs_of(axes, droppings=method.counts_droppings))
        for version, method in METHODOLOGIES.items()
    }
