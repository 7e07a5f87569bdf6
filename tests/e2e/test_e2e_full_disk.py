"""A disk that gets full while a sweep records: no unrecorded call is served, no cell is started, and it is said."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from codingagentbench.gateway.controls.endpoint import Received
from e2e.conftest import PYTHON_TASK, Cab, serving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs with just enough room for a sweep to start."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=280m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


class _Filling(list[Received]):
    """Fills the disk when the first request comes."""

    def __init__(self, disk: Path) -> None:
        super().__init__()
        self.disk = disk

    def append(self, item: Received) -> None:
        super().append(item)
        if len(self) == 1:
            with suppress(OSError), (self.disk / "ballast").open("wb", buffering=0) as ballast:
                while ballast.write(b"x" * (1 << 16)):
                    pass


def test_a_disk_that_gets_full_ends_the_sweep_and_leaves_no_half_record(cab: Cab, small_disk: Path) -> None:
    results = small_disk / "results"
    model = ["--model", "my/model", "--task", PYTHON_TASK, "--repetitions", "4", "--workers", "1", "--tui", "direct"]
    with serving(PYTHON_TASK, "direct", model="my/model", key=KEY) as endpoint:
        command = ["sweep", *model, "--endpoint", endpoint.base_url, "--results", str(results)]
        endpoint.received = _Filling(small_disk)
        done = cab(*command, code=4, CAB_KEY=KEY)
        assert "No space left on device" in done.stderr
        assert len([line for line in done.stderr.splitlines() if "No space left" in line]) == 1
        assert "Traceback" not in done.stderr
        assert len(endpoint.received) <= 3, "no further cell was started, and no call served that cannot be recorded"
        assert not list(results.rglob("record.json"))
        (small_disk / "ballast").unlink()
        endpoint.received = []
        cab(*command, CAB_KEY=KEY)
    assert len(list(results.rglob("record.json"))) == 4
