"""fidelity (L15): honoured / declared constraints of the task's AGENTS.md."""

from codingagentbench.scoring.constraints import check
from codingagentbench.scoring.evidence import Evidence
from codingagentbench.store.axes import Fidelity


def fidelity(evidence: Evidence) -> Fidelity:
    """honoured / declared; None where the task declares no constraint or where one of them cannot be decided.

    `honoured` counts those that were seen to be, so it stands also where the quotient is unknown.
    """
    results = [check(constraint, evidence) for constraint in evidence.task.constraints]
    honoured = sum(r.honoured is True for r in results)
    decided = bool(results) and all(r.honoured is not None for r in results)
    return Fidelity(
        fidelity=honoured / len(results) if decided else None,
        not_applicable=not results,
        declared=len(results),
        honoured=honoured,
        constraints=results,
    )
