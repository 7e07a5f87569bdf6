"""The page about the engines says what the code holds."""

from pathlib import Path

import pytest

from codingagentbench.catalog.load import Catalog, own_root
from codingagentbench.sandbox.base import Limits
from codingagentbench.sandbox.capabilities import CAPABILITIES
from codingagentbench.sandbox.engines import ENGINES
from codingagentbench.sandbox.limits import NOFILE
from codingagentbench.sandbox.view import SHM_BYTES, TMP_BYTES

PAGE = (Path(__file__).parents[2] / "docs/engines.md").read_text()
LIMITS = Limits(wall_s=0)


@pytest.mark.parametrize("name", [*CAPABILITIES, *ENGINES])
def test_every_engine_and_everything_that_can_be_required_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", Catalog([own_root()]).images)
def test_every_image_of_the_catalogue_is_on_the_page(name: str) -> None:
    assert name in PAGE or f"-{name.removeprefix('base-')}" in PAGE


def test_the_limits_on_the_page_are_those_of_a_cell() -> None:
    assert None not in (LIMITS.memory_bytes, LIMITS.file_bytes, LIMITS.disk_bytes)
    for words in (
        f"| {(LIMITS.memory_bytes or 0) >> 30} GiB of memory",
        f"| {LIMITS.pids:,} processes",
        f"| {LIMITS.cpus:g} cores",
        f"| {(LIMITS.file_bytes or 0) >> 30} GiB in any one file",
        f"| {(LIMITS.disk_bytes or 0) >> 30} GiB and {LIMITS.files:,} files in /work and HOME",
        f"| {NOFILE:,} open files",
        f"| {TMP_BYTES >> 30} GiB in /tmp, {SHM_BYTES >> 20} MiB in /dev/shm",
    ):
        assert words in PAGE
