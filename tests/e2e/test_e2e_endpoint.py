"""A real HTTP endpoint, well and ill: calls are metered, faults are typed, the key stays where it belongs."""

import subprocess

import pytest

from codingagentbench.gateway.controls.endpoint import Fault
from e2e.conftest import PYTHON_TASK, Cab, serving

pytestmark = [pytest.mark.e2e]
KEY = "sk-test-0123456789abcdef"


def _sweep(cab: Cab, url: str, *more: str, tui: str = "direct", code: int = 0) -> subprocess.CompletedProcess[str]:
    return cab(
        "sweep",
        "--tui",
        tui,
        "--model",
        "my/model",
        "--endpoint",
        url,
        "--task",
        PYTHON_TASK,
        *more,
        code=code,
        CAB_KEY=KEY,
    )


@pytest.mark.parametrize("tui", ["direct", "pi", "codex"])
def test_a_real_endpoint_is_metered_and_scored(cab: Cab, tui: str) -> None:
    with serving(PYTHON_TASK, tui, model="my/model", key=KEY) as endpoint:
        _sweep(cab, endpoint.base_url, tui=tui)
    (row,) = cab.cells()
    assert (row["outcome"], row["pass_rate"], row["control"], row["as_expected"]) == ("passed", 1, None, None)
    assert row["model_calls"] == len(endpoint.received)
    assert row["tokens"] > 0


def test_the_key_is_in_nothing_that_is_stored(cab: Cab) -> None:
    with serving(PYTHON_TASK, "direct", model="my/model", key=KEY) as endpoint:
        _sweep(cab, endpoint.base_url)
    files = [p for p in cab.results.rglob("*") if p.is_file()]
    assert len(files) > 5
    assert not [p for p in files if KEY.encode() in p.read_bytes()]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.UNAUTHORIZED, "endpoint_unauthorized"),
        (Fault.RATE_LIMITED, "endpoint_rate_limited"),
        (Fault.SERVER_ERROR, "endpoint_error"),
        (Fault.REJECTED, "endpoint_rejected"),
        (Fault.CUT, "endpoint_stream_cut"),
    ],
)
def test_a_failing_endpoint_is_missing_data_with_its_cause(cab: Cab, fault: Fault, outcome: str) -> None:
    with serving(PYTHON_TASK, "direct", model="my/model", key=KEY, fault=fault) as endpoint:
        done = _sweep(cab, endpoint.base_url, code=1)
    (row,) = cab.cells()
    assert (row["outcome"], row["scored"], row["pass_rate"], row["cause"]) == (outcome, False, None, "model_endpoint")
    assert row["composite"] == {}
    assert "1 without score" in done.stdout


def test_a_dead_endpoint_is_missing_data_and_retry_infra_runs_it_again(cab: Cab) -> None:
    done = _sweep(cab, "http://127.0.0.1:9/v1", code=1)
    assert "endpoint_unreachable" in done.stdout
    with serving(PYTHON_TASK, "direct", model="my/model", key=KEY) as endpoint:
        _sweep(cab, endpoint.base_url, code=1)
        assert endpoint.received == [], "a sealed cell ran again without being asked to"
        _sweep(cab, endpoint.base_url, "--retry", "infra")
    (row,) = cab.cells()
    assert (row["outcome"], row["attempt"]) == ("passed", 2)


def test_without_its_key_nothing_runs(cab: Cab) -> None:
    done = cab(
        "sweep",
        "--tui",
        "direct",
        "--model",
        "my/model",
        "--endpoint",
        "http://127.0.0.1:9/v1",
        "--task",
        PYTHON_TASK,
        code=4,
    )
    assert "CAB_KEY" in done.stderr
    assert not list(cab.results.rglob("record.json"))
