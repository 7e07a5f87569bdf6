"""A plugin that cannot be had here costs only the cells whose CLI would take it."""

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.sandbox.unsandboxed import Unsandboxed
from codingagentbench.sweep.plan import plan_cells

WHY = "filesystem starts this machine's own /usr/bin/node, and the images of docker have another"


def test_a_missing_server_skips_the_clis_that_would_take_it_with_the_reason() -> None:
    spec = SweepSpec(
        id="s",
        title="S",
        tuis=["codex", "aider"],
        models=["control/apprentice"],
        tasks=["polyglot/python-reverse-string"],
        stacks=[[], ["filesystem"], ["house-rules", "filesystem"]],
    )
    cells = plan_cells(spec, open_catalog(), {}, {}, {}, engine=Unsandboxed(), missing_plugins={"filesystem": WHY})
    skipped = {(c.tui, c.plugin_stack): (c.skip_outcome, c.skip) for c in cells if c.skip is not None}
    reason = ("skipped_plugin_unavailable", WHY)
    assert skipped == {("codex", ("filesystem",)): reason, ("codex", ("house-rules", "filesystem")): reason}
