from pathlib import Path

import pytest

from codingagentbench.errors import StoreError
from codingagentbench.runner.seal import open_attempt
from codingagentbench.store.attempts import sealed_attempts


def test_attempts_are_numbered_after_the_sealed_ones(tmp_path: Path) -> None:
    cell = tmp_path / "cell"
    partial, number = open_attempt(cell)
    assert (number, sealed_attempts(cell)) == (1, [])
    partial.rename(cell / "attempt-001")
    assert open_attempt(cell)[1] == 2


def test_half_an_attempt_is_thrown_away(tmp_path: Path) -> None:
    partial, _ = open_attempt(tmp_path / "cell")
    (partial / "record.json").write_text("half")
    again, number = open_attempt(tmp_path / "cell")
    assert (again, number, list(again.iterdir())) == (partial, 1, [])


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cell").write_text("a file where a folder belongs")
    with pytest.raises(StoreError, match="cell"):
        open_attempt(tmp_path / "cell")
