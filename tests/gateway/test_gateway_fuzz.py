import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

RUNS = 20_000
SEEDS = [
    b'\x03data: {"choices":[{"delta":{"content":"\xc3\xa9"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}\n\n',
    b'\x05event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{}}\r\n\r\n',
    b'\x02[{"candidates":[{"content":{"parts":[{"text":"a\\"}"}]},"finishReason":"STOP"}],"usageMetadata":{}}]',
]


def test_no_bytes_break_the_readers_of_streams(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed")
    for number, seed in enumerate(SEEDS):
        (tmp_path / f"seed-{number}").write_bytes(seed)
    script = Path(__file__).with_name("fuzz_sse.py")
    command = [sys.executable, str(script), f"-runs={RUNS}", "-seed=1", "-max_len=400", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Done {RUNS} runs" in done.stderr
