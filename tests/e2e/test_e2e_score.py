"""`cab score` on sealed cells: evidence gives the figures again, and an older record is held to what it has."""

import json
from pathlib import Path
from typing import Any

import pytest

from e2e.conftest import PYTHON_TASK, Cab

pytestmark = pytest.mark.e2e
YOUNGER = {
    "tokens": ("cost_usd", "known_cost_usd", "unpriced_calls", "price", "estimated_calls"),
    "latency": ("tool_ms", "harness_ms"),
    "refusal": ("refusal_reasons", "refusal_signals"),
    "blast_radius": ("build_outputs",),
}
"""Fields that axes gained after the first records were sealed."""


def _rewrite(results: Path, change: Any) -> None:
    (path,) = results.glob("*/cells/**/record.json")
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


def _older(record: dict[str, Any]) -> None:
    for axis, names in YOUNGER.items():
        for name in names:
            del record["axes"][axis][name]
    del record["tui_verified"], record["receipt"]["tui_entry"], record["receipt"]["trajectory"]
    (version,) = [v for v in record["composite"] if v != "v0.1"]
    del record["composite"][version]


def _falsified(record: dict[str, Any]) -> None:
    record["axes"]["tokens"]["total_tokens"] += 1


def test_an_older_record_is_scored_again_shown_and_rendered_and_a_false_one_is_found(cab: Cab) -> None:
    cab("sweep", "--tui", "direct", "--model", "control/oracle", "--task", PYTHON_TASK)
    assert ": 0 differ" in cab("score").stdout
    _rewrite(cab.results, _older)
    assert ": 0 differ" in cab("score").stdout
    (row,) = cab.cells()
    assert (row["outcome"], row["cost_usd"]) == ("passed", None)
    cab("show", row["cell_id"])
    cab("site", "build", "--out", str(cab.folder / "site"))
    assert (cab.folder / "site" / "cell" / row["cell_id"] / "index.html").is_file()
    _rewrite(cab.results, _falsified)
    done = cab("score", code=1)
    assert "$.axes.tokens.total_tokens" in done.stdout
