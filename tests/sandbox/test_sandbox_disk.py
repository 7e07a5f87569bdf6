"""What a run may hold on disk: whoever goes past it is stopped, however it hides what it wrote."""

from dataclasses import replace
from pathlib import Path

import pytest

from codingagentbench.removal import remove_tree
from codingagentbench.sandbox.base import Limits
from codingagentbench.sandbox.disk import DiskWatch
from sandbox.place import Place, place

MIB = 1 << 20
LIMITS = Limits(wall_s=30, disk_bytes=64 * MIB, files=4_000, file_bytes=None)
GREEDY = {
    "in one file": "f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()",
    "in many files": "n = 0\nwhile True: open(f'{n}', 'w').write('x'); n += 1",
    "in HOME": "f = open(os.environ['HOME'] + '/big', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()",
    "in a deleted file": "f = open('big', 'wb'); os.unlink('big')\nwhile True: f.write(bytes(1 << 20)); f.flush()",
    "below what no path reaches": (
        "for _ in range(1200): os.mkdir('dddd'); os.chdir('dddd')\n"
        "f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()"
    ),
}


@pytest.fixture(params=["bubblewrap", "docker"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place(request.param, tmp_path)


@pytest.mark.xdist_group("docker")
@pytest.mark.parametrize("greedy", GREEDY)
async def test_what_goes_past_its_limit_is_stopped(here: Place, greedy: str) -> None:
    ended = await here.python(f"import os\n{GREEDY[greedy]}", limits=LIMITS)
    try:
        assert (ended.disk_full, ended.timed_out, ended.stopped, ended.exit_code) == (True, False, False, None)
        assert "64 MiB" in ended.enforced["disk"]
    finally:
        remove_tree(here.work)
    assert not here.work.exists(), "however deep it is"


@pytest.mark.xdist_group("docker")
async def test_what_stays_within_its_limit_is_left_alone(here: Place) -> None:
    code = "for n in range(40): open('again', 'wb').write(bytes(16 << 20))"
    ended = await here.python(code, limits=replace(LIMITS, files=None))
    assert (ended.disk_full, ended.exit_code) == (False, 0)


def test_a_file_counts_once_and_a_sparse_one_with_the_size_that_it_shows(tmp_path: Path) -> None:
    here = Place(None, tmp_path)  # type: ignore[arg-type]  # nothing is run
    here.work.mkdir()
    here.home.mkdir()
    with (here.work / "sparse").open("wb") as file:
        file.truncate(10 * MIB)
    for number in range(5):
        (here.work / f"link-{number}").hardlink_to(here.work / "sparse")
    held = DiskWatch(here.spec(["true"])).measure()
    assert (held.files, held.bytes) == (1, 10 * MIB)
