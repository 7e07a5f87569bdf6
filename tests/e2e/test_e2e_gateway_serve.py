"""`cab gateway serve` as a process: started, asked, measured, stopped."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from e2e.conftest import CAB, PYTHON_TASK, Cab, serving

TOKEN = "a-token-of-the-test-alone"  # noqa: S105  # of a server on loopback that lives for a test
pytestmark = pytest.mark.e2e


def test_it_serves_records_and_stops_when_told(cab: Cab) -> None:
    with serving(PYTHON_TASK, "direct", model="vendor", key="sk-upstream-key") as endpoint:
        (cab.folder / "gateway.toml").write_text(
            f'listen = "127.0.0.1:0"\nrecord = "calls"\n[[endpoint]]\nname = "e"\nbase_url = "{endpoint.base_url}"\n'
            'key_env = "UPSTREAM_KEY"\n[[endpoint.model]]\nid = "m"\nendpoint_id = "vendor"\n'
            '[[token]]\nname = "me"\nenv = "MY_TOKEN"\n'
        )
        process = subprocess.Popen(
            [*CAB, "gateway", "serve", "--config", "gateway.toml"],
            cwd=cab.folder,
            env={**cab.env, "UPSTREAM_KEY": "sk-upstream-key", "MY_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        address = process.stdout.readline().split()[2].rstrip(",")
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hello"}]}).encode()
        asked = urllib.request.Request(  # noqa: S310  # the address is our own, on loopback
            f"{address}/v1/chat/completions", body, {"Authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(asked, timeout=20) as reply:  # noqa: S310
            assert "choices" in json.load(reply)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 0, said
    assert "1 call recorded, 0 of them failed" in said
    (line,) = next((cab.folder / "calls").rglob("model_calls.jsonl")).read_text().splitlines()
    assert json.loads(line)["prompt_tokens"] is not None


def test_a_wrong_file_or_a_missing_token_ends_it_with_words(cab: Cab) -> None:
    good = 'record = "c"\n[[endpoint]]\nname = "e"\nbase_url = "http://127.0.0.1:1/v1"\n[[endpoint.model]]\nid = "m"\n'
    (cab.folder / "bad.toml").write_text(good + "min_free_mib = 3\n")
    assert (
        "bad.toml:7: endpoint.0.model.0.min_free_mib" in cab("gateway", "serve", "--config", "bad.toml", code=2).stderr
    )
    (cab.folder / "good.toml").write_text(good + '[[token]]\nname = "me"\nenv = "NOT_THERE"\n')
    assert "NOT_THERE is not set" in cab("gateway", "serve", "--config", "good.toml", code=4).stderr
    (cab.folder / "taken.toml").write_text('listen = "127.0.0.1:1"\nrecord = "/proc/x"\n' + good.split("\n", 1)[1])
    assert cab("gateway", "serve", "--config", "taken.toml", code=4).stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ten_thousand_calls_leave_memory_flat_and_every_one_recorded() -> None:
    benchmark = Path(__file__).parents[2] / "benchmarks" / "gateway.py"
    command = [sys.executable, str(benchmark), "--only", "ours", "--requests", "20", "--calls", "10000", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=800, env=dict(os.environ))
    flat = json.loads(done.stdout)["subjects"]["ours"]["flat"]
    assert flat["recorded"] == flat["calls"] == 10_000
    sizes = flat["rss_mib_by_tenth"]
    assert sizes[-1] - sizes[2] < 8, sizes  # 7,000 calls; keeping their records alone would be 20 MiB
