"""Whether a sealed cell is still what the plan says: what of its digests is another now, by name."""

from codingagentbench.store.record import Record
from codingagentbench.sweep.plan import PlannedCell


def changed_since(cell: PlannedCell, record: Record) -> tuple[str, ...]:
    """What the record was made of otherwise than is planned now; nothing where it need not run again.

    What is None on one side was not known then, or is nothing that the engine has (bubblewrap has no images), and
    decides nothing.
    """
    planned, receipt = cell.digests, record.receipt
    if planned is None:
        return ()
    pairs = {
        "task": (record.task_digest, planned.task),
        "TUI bundle": (receipt.tui_bundle, planned.tui_bundle),
        "TUI version": (record.tui_version, planned.tui_version),
        "way of starting the TUI": (receipt.tui_entry, planned.tui_entry),
        "model build": (record.model_build_id, planned.model_build),
        "plugin": (tuple((receipt.plugins or {}).values()), planned.plugins),
        "sandbox engine": (record.sandbox.engine, planned.engine),
    }
    if record.sandbox.engine == planned.engine:  # another engine has another image anyway
        pairs["image"] = (receipt.image, planned.image)
    return tuple(name for name, (then, now) in pairs.items() if None not in (then, now) and then != now)
