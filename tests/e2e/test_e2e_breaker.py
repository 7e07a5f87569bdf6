"""A dead endpoint is paused after a few equal failures; the cells that wait for it are missing data, not zeros."""

from pathlib import Path

import pytest

from codingagentbench.gateway.controls.endpoint import Fault
from e2e.conftest import PYTHON_TASK, Cab, serving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
KEY = "sk-test-0123456789abcdef"


def _catalog(folder: Path, url: str) -> Path:
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "models" / "flaky.toml").write_text(
        f'[endpoint]\nname = "flaky"\nbase_url = "{url}"\nkey_env = "CAB_KEY"\nmax_tries = 1\n'
        'breaker_failures = 3\nbreaker_pause_s = 0.3\nbreaker_probes = 2\n[[model]]\nid = "flaky/m"\n'
    )
    return folder


def test_a_dead_endpoint_is_paused_given_up_and_run_again_when_it_is_back(cab: Cab, tmp_path: Path) -> None:
    with serving(PYTHON_TASK, "direct", model="flaky/m", key=KEY, fault=Fault.SERVER_ERROR) as endpoint:
        mine = _catalog(tmp_path / "mine", endpoint.base_url)
        cells = [
            "--tui",
            "direct",
            "--model",
            "flaky/m",
            "--task",
            PYTHON_TASK,
            "--repetitions",
            "12",
            "--workers",
            "2",
        ]
        sweep = ["sweep", *cells, "--catalog", str(mine)]
        done = cab(*sweep, code=1, CAB_KEY=KEY)
        asked = len(endpoint.received)
        assert asked <= 3 + 2 + 1, "three failures, two probes, and one call that was under way"
        rows = cab.cells()
        assert len(rows) == 12
        assert {row["outcome"] for row in rows} == {"endpoint_error"}
        unrun = [row for row in rows if row["attempt"] is None]
        assert len(unrun) >= 5
        assert all(row.get("pass_rate") is None for row in rows)
        assert all("the endpoint 'flaky' is paused: " in row["outcome_detail"] for row in unrun)
        assert "endpoint flaky is paused: 3 calls in a row failed with endpoint_error" in done.stderr + done.stdout
        assert f"{len(unrun)} not started: endpoint_error: the endpoint 'flaky' is paused" in done.stdout
        endpoint.fault = None
        cab(*sweep, "--retry", "infra", CAB_KEY=KEY)
        assert {row["outcome"] for row in cab.cells()} == {"passed"}


def test_an_endpoint_that_comes_back_in_time_is_used_again(cab: Cab, tmp_path: Path) -> None:
    with serving(PYTHON_TASK, "direct", model="flaky/m", key=KEY, fault=Fault.RATE_LIMITED) as endpoint:
        endpoint.times = 3
        mine = _catalog(tmp_path / "mine", endpoint.base_url)
        cells = ["--tui", "direct", "--model", "flaky/m", "--task", PYTHON_TASK, "--repetitions", "6", "--workers", "1"]
        done = cab("sweep", *cells, "--catalog", str(mine), code=1, CAB_KEY=KEY)
    assert "endpoint flaky answers again" in done.stderr + done.stdout
    assert [row["outcome"] for row in cab.cells()] == ["endpoint_rate_limited"] * 3 + ["passed"] * 3
