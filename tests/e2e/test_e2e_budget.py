"""Budgets through real CLIs: a spent one ends the cell as a result, a sweep's leaves cells unrun and says so."""

import json
import subprocess
from pathlib import Path

import pytest

from e2e.conftest import PYTHON_TASK, Cab, serving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
KEY = "sk-test-0123456789abcdef"


def _sweep(
    cab: Cab, url: str, *more: str, tui: str = "direct", code: int | None = 0
) -> subprocess.CompletedProcess[str]:
    model = ["--model", "my/model", "--endpoint", url, "--task", PYTHON_TASK]
    return cab("sweep", "--tui", tui, *model, *more, code=code, CAB_KEY=KEY)


def _ended_by_itself(cab: Cab, cell_id: str) -> bool:
    """A sandbox that had to be stopped, because its CLI went on asking, has no exit code."""
    return json.loads(cab("show", cell_id, "--json").stdout)["exit_code"] is not None


@pytest.mark.parametrize("tui", ["pi", "codex"])
@pytest.mark.xdist_group("clis")
def test_a_cell_whose_calls_are_spent_is_a_graded_result_and_its_cli_ends(cab: Cab, tui: str) -> None:
    with serving(PYTHON_TASK, tui, model="my/model", key=KEY) as endpoint:
        _sweep(cab, endpoint.base_url, "--cell-max-calls", "1", tui=tui, code=None)
        (row,) = cab.cells()
        assert len(endpoint.received) == row["model_calls"] == 1
    assert (row["outcome"], row["scored"]) == ("budget_exhausted", True)
    assert row["pass_rate"] in {0, 1}, "graded, whatever one call was good for"
    assert _ended_by_itself(cab, row["cell_id"])


@pytest.mark.parametrize("tui", ["aider", "pi", "codex"])
@pytest.mark.xdist_group("clis")
def test_a_budget_too_small_for_the_first_call_is_no_result(cab: Cab, tmp_path: Path, tui: str) -> None:
    spec = tmp_path / "small.toml"
    text = f'id = "small"\ntuis = ["{tui}"]\nmodels = ["my/model"]\ntasks = ["{PYTHON_TASK}"]\n'
    spec.write_text(text + "[budget.cell]\nmax_tokens = 100\n")
    with serving(PYTHON_TASK, tui, model="my/model", key=KEY) as endpoint:
        cab("sweep", str(spec), "--endpoint", endpoint.base_url, code=1, CAB_KEY=KEY)
        assert endpoint.received == []
    (row,) = cab.cells()
    assert (row["outcome"], row["scored"], row["model_calls"]) == ("no_model_calls", False, 0)
    assert _ended_by_itself(cab, row["cell_id"])


def test_a_spent_sweep_leaves_cells_unrun_and_a_larger_budget_runs_them(cab: Cab) -> None:
    with serving(PYTHON_TASK, "direct", model="my/model", key=KEY) as endpoint:
        one = ["--repetitions", "3", "--workers", "1"]
        _sweep(cab, endpoint.base_url, "--repetitions", "1")
        calls = len(endpoint.received)
        done = _sweep(cab, endpoint.base_url, *one, "--max-calls", str(calls + 1), code=1)
        assert len(endpoint.received) == calls + 1, "what the first command spent counts"
        assert "1 not started: sweep_budget_spent: the budget of the sweep is spent: max_calls" in done.stdout
        assert "1 without score: sweep_budget_spent" in done.stdout
        rows = cab.cells()
        assert [r["outcome"] for r in rows] == ["passed", "sweep_budget_spent", "sweep_budget_spent"]
        assert "the budget of the sweep is spent: max_calls" in rows[2]["outcome_detail"]
        assert [r.get("pass_rate") for r in rows] == [1, None, None]
        _sweep(cab, endpoint.base_url, *one, "--max-calls", str(calls + 1), "--retry", "infra", code=1)
        assert len(endpoint.received) == calls + 1, "a spent budget stays spent"
        _sweep(cab, endpoint.base_url, *one, "--max-calls", "1000", "--retry", "infra")
    assert [r["outcome"] for r in cab.cells()] == ["passed"] * 3


def test_a_budget_in_dollars_needs_a_price_and_holds_with_one(cab: Cab, tmp_path: Path) -> None:
    prices = tmp_path / "mine" / "prices"
    prices.mkdir(parents=True)
    with serving(PYTHON_TASK, "direct", model="my/model", key=KEY) as endpoint:
        refused = _sweep(cab, endpoint.base_url, "--max-cost-usd", "1", code=2)
        assert "the price of 'my/model' is not known" in refused.stderr
        assert endpoint.received == []
        (prices / "mine.toml").write_text(
            'name = "mine"\nversion = 2025-01-01\nsource = "a test"\n'
            '[[price]]\nmodel = "my/*"\ninput = 1.0\ncache_read = 0.1\noutput = 4.0\n'
        )
        mine = ["--catalog", str(tmp_path / "mine")]
        _sweep(cab, endpoint.base_url, *mine, "--max-cost-usd", "1")
    (row,) = cab.cells()
    tokens = row["prompt_tokens"] + 4 * row["completion_tokens"]
    assert row["cost_usd"] == pytest.approx(tokens / 1e6)
    assert row["price"] == "mine@2025-01-01"
    record = cab("show", row["cell_id"], "--json").stdout
    assert '"prices":"sha256:' in record
