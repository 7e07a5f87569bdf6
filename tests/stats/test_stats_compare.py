from dataclasses import replace

import pytest

from codingagentbench.errors import UsageError
from codingagentbench.stats.compare import Cell, compare, sides
from codingagentbench.stats.gate import read_gate

BASE = Cell("s", "pi", "my/model", "factory", "polyglot/a", 1, 0, tokens=100, latency=10, blast_radius=0)


def cell(stack: str, task: str, passed: float | None, **changes: object) -> Cell:
    return replace(BASE, plugin_stack=stack, task=task, passed=passed, **changes)  # type: ignore[arg-type]


CELLS = [
    *(cell("factory", t, p) for t, p in (("a", 0), ("b", 0), ("c", 1), ("d", 1), ("e", None), ("f", 1))),
    *(cell("plan", t, p, tokens=150) for t, p in (("a", 1), ("b", 1), ("c", 1), ("d", 0), ("e", 1), ("g", None))),
]


def test_pairs_are_counted_by_what_became_of_them() -> None:
    found = compare(CELLS, "plugin_stack", "factory", "plan")
    assert (found.pairs, found.tasks, found.wins, found.losses, found.ties) == (4, 4, 2, 1, 1)
    assert (found.missing_a, found.missing_b, found.missing_both) == (1, 1, 1)
    assert (found.both_passed, found.neither_passed) == (1, 0)
    assert found.pass_rate.difference == 0.25
    assert found.mcnemar_p == found.mcnemar_p_by_task == 1.0
    assert (found.tokens.n, found.tokens.ratio, found.tokens.ratio_interval) == (4, 1.5, (1.5, 1.5))


def test_a_pair_whose_cli_does_not_take_the_stack_is_left_out_and_counted() -> None:
    cells = [*CELLS, cell("factory", "h", 1), cell("plan", "h", 1, plugins_skipped=True)]
    found = compare(cells, "plugin_stack", "factory", "plan")
    assert (found.pairs, found.plugins_skipped) == (4, 1)


def test_an_unknown_figure_is_not_zero() -> None:
    cells = [cell("factory", "a", 1, tokens=None), cell("plan", "a", 1)]
    found = compare(cells, "plugin_stack", "factory", "plan").tokens
    assert (found.n, found.mean_a, found.mean_b, found.ratio, found.difference) == (0, None, None, None, None)


def test_every_dimension_can_be_compared() -> None:
    cells = [BASE, replace(BASE, sweep="t"), replace(BASE, tui="aider"), replace(BASE, model="my/other")]
    assert compare(cells, "sweep", "s", "t").pairs == 1
    assert compare(cells, "tui", "pi", "aider").pairs == 1
    assert compare(cells, "model", "my/model", "my/other").pairs == 1


def test_factory_comes_first() -> None:
    cells = [replace(BASE, plugin_stack=name) for name in ("zeta", "alpha", "factory")]
    assert sides(cells, "plugin_stack") == ["factory", "alpha", "zeta"]


def test_a_side_that_is_not_there_and_sides_without_a_pair_are_refused() -> None:
    with pytest.raises(UsageError, match="no cell has plugin_stack 'plam': accepted: factory, plan"):
        compare(CELLS, "plugin_stack", "factory", "plam")
    with pytest.raises(UsageError, match="have no pair"):
        compare([BASE, replace(BASE, tui="aider", task="z")], "tui", "pi", "aider")


@pytest.mark.parametrize(
    ("gate", "certain", "passes"),
    [
        ("pass_rate=0", False, True),
        ("tokens=0.5", False, True),
        ("tokens=0.49", False, False),
        ("tokens=0.49", True, False),
        ("latency=0", False, True),
        ("blast_radius=0", False, True),
    ],
)
def test_a_gate_lets_through_what_is_worse_by_no_more_than_its_margin(gate: str, certain: bool, passes: bool) -> None:
    found = compare(CELLS, "plugin_stack", "factory", "plan")
    assert (read_gate(gate).fault(found, certain=certain) is None) == passes


def test_a_drop_fails_the_estimates_gate_and_not_the_certain_one() -> None:
    found = compare(CELLS, "plugin_stack", "plan", "factory")
    assert read_gate("pass_rate=0.2").fault(found) == ("factory: pass_rate -0.250 against plan (n=4): allowed is 0.2")
    assert read_gate("pass_rate=0.2").fault(found, certain=True) is None


def test_what_is_not_known_fails_its_gate() -> None:
    found = compare([cell("factory", "a", 1, tokens=None), cell("plan", "a", 1)], "plugin_stack", "factory", "plan")
    assert "no figure over 0 pairs" in (read_gate("tokens=9").fault(found) or "")
    assert "no interval" in (read_gate("latency=9").fault(found, certain=True) or "")


@pytest.mark.parametrize("text", ["speed=1", "tokens", "tokens=x", "tokens=-1", "tokens=nan", "tokens=inf"])
def test_a_gate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="accepted: AXIS=MARGIN"):
        read_gate(text)
