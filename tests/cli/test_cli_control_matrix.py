"""The matrix of a calibration says what is right, what ran, and what deviates first."""

import io
from collections.abc import Sequence
from typing import cast

import pytest
from rich.console import Console

from codingagentbench.cli.control_matrix import Cells, print_control_matrix
from codingagentbench.store.record import ControlVerdict, Record
from codingagentbench.sweep.plan import PlannedCell


class _Record:
    """What the matrix reads of a record."""

    def __init__(self, task: str, deviations: Sequence[str]) -> None:
        self.control, self.task_id, self.outcome = "oracle", task, "failed"
        self.control_verdict = ControlVerdict(as_expected=not deviations, deviations=list(deviations))
        self.axes = self.latency = self
        self.wall_clock_ms = 2_000.0


def _cell(tui: str, model: str, task: str, *deviations: str, ran: bool = True) -> tuple[PlannedCell, Record | None]:
    plan = PlannedCell(
        cell_id=f"s/{tui}/{model}/{task}",
        sweep_id="s",
        tui=tui,
        model=model,
        task_id=task,
        plugin_stack=(),
        repetition=1,
        timeout_s=1,
        digests=None,
    )
    return plan, cast("Record", _Record(task, deviations)) if ran else None


@pytest.fixture
def cells() -> Cells:
    return [
        _cell("pi", "control/oracle", "a/1"),
        _cell("pi", "control/oracle", "a/2"),
        _cell("pi", "control/noop", "a/1", "pass_rate is 1, expected == 0"),
        _cell("pi", "control/noop", "a/2", "integrity is 0, expected == 1"),
        _cell("codex", "control/oracle", "a/1"),
        _cell("codex", "control/oracle", "a/2", ran=False),
        _cell("codex", "control/noop", "a/1"),
        _cell("codex", "control/noop", "a/2"),
    ]


def test_every_place_says_right_of_run_and_what_did_not_run(cells: Cells) -> None:
    out = io.StringIO()
    print_control_matrix(Console(file=out, width=160), cells, "docker")
    split = [line.replace("\u2502", " ").split() for line in out.getvalue().splitlines()]
    lines = {words[0]: words[1:] for words in split if words}
    assert "Controls in docker" in out.getvalue()
    assert lines["pi"] == ["2/2", "0/2", "2/4", "2.0", "s"]
    assert lines["codex"] == ["1/1", "of", "2", "2/2", "3/3", "of", "4", "2.0", "s"]
    assert lines["all"] == ["3/3", "of", "4", "2/4", "5/7", "of", "8", "2.0", "s"]
    said = "pi x control/noop: 2 deviate, first a/1: pass_rate is 1, expected == 0 (failed)"
    assert out.getvalue().count("control deviates") == 1
    assert said in out.getvalue()
