"""Whether a cell may start: is there budget left, and is its model's endpoint not paused?"""

from collections.abc import Callable
from dataclasses import dataclass, field

from codingagentbench.gateway.backends import EndpointBackend
from codingagentbench.gateway.endpoint.line import EndpointLine
from codingagentbench.runner.kit import Kit
from codingagentbench.sweep.executors.local import Left, Wait
from codingagentbench.sweep.plan import PlannedCell

_LOOK_AGAIN_S = 0.25


@dataclass
class Admission:
    """Asked for every cell before it starts. While an endpoint is paused, one cell at a time is let go as its probe."""

    kit: Kit
    paused: Callable[[str, str | None], None]
    """Told an endpoint's name and why it is paused, None when it is so no more."""
    _lines: dict[str, EndpointLine | None] = field(default_factory=dict)
    _probes: dict[str, str] = field(default_factory=dict)
    """Endpoint to the cell that tries it."""

    def __call__(self, cell: PlannedCell) -> Left | Wait | None:
        """None: go."""
        if reason := self.kit.budgets.spent(cell):
            return Left("sweep_budget_spent", reason)
        line = self._line(cell)
        if line is None or not line.breaker.is_open:
            return None
        breaker = line.breaker
        if breaker.given_up:
            return Left(breaker.cause or "endpoint_error", f"the endpoint {line.name!r} is paused: {breaker.words()}")
        if breaker.wait_s() > 0 or line.name in self._probes:
            return Wait(max(_LOOK_AGAIN_S, min(breaker.wait_s(), 1.0)))
        self._probes[line.name] = cell.cell_id
        return None

    def ended(self, cell: PlannedCell) -> None:
        """A cell is over, and with it its probing."""
        self._probes = {name: prober for name, prober in self._probes.items() if prober != cell.cell_id}

    def _line(self, cell: PlannedCell) -> EndpointLine | None:
        if cell.model not in self._lines:
            backend = self.kit.backend(cell, self.kit.catalog.task(cell.task_id))
            line = self.kit.gateway.line(backend) if isinstance(backend, EndpointBackend) else None
            if line is not None:
                name = line.name
                line.breaker.told = lambda words: self.paused(name, words)
            self._lines[cell.model] = line
        return self._lines[cell.model]
