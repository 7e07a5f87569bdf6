"""The calibration of every commit: a few real CLIs, every control, each verdict as the control says."""

import pytest

from e2e.conftest import Cab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200), pytest.mark.xdist_group("clis")]


def test_the_small_calibration_prints_a_matrix_with_every_verdict_right(cab: Cab) -> None:
    said = cab("sweep", "calibration-ci", timeout=1100).stdout
    rows = cab.cells("calibration-ci")
    assert len(rows) == 3 * 8 * 2
    for row in rows:
        assert row["as_expected"], row
        assert row["scored"], row
        assert row["model_calls"] > 0, row
        assert row["tokens"] > 0, row
        assert row["citable"], row
    assert "Controls in bubblewrap: verdicts as they must be / cells run" in said
    rows_said = [line.replace("│", " ").split() for line in said.splitlines() if "16/16" in line]
    lines = {name: figures for name, *figures in rows_said}
    assert set(lines) == {"codex", "pi", "claude-code"}
    for figures in lines.values():
        assert figures[:9] == ["2/2"] * 8 + ["16/16"], figures
    assert "control deviates" not in said
