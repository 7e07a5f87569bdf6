"""fidelity (L15): honoured / declared constraints of the task's AGENTS.md."""

from codingagentbench.scoring.constraints import check
from codingagentbench.scoring.evidence import Evidence
from codingagentbench.store.axes import Fidelity


def fidelity(evidence: Evidence) -> Fidelity:
    """None where the task declares no constraint, where one cannot be decided, or where the changes are not known."""
    declared = evidence.task.constraints
    if evidence.changes.truncated or not declared:
        return Fidelity(fidelity=None, not_applicable=not declared, declared=len(declared), honoured=0)
    results = [check(c, evidence) for c in declared]
    honoured = sum(r.honoured is True for r in results)
    decided = all(r.honoured is not None for r in results)
    return Fidelity(
        fidelity=honoured / len(results) if decided else None,
        not_applicable=False,
        declared=len(declared),
        honoured=honoured,
        constraints=results,
    )
