"""Whole cells in containers: real CLIs, real images, verdicts as the controls say."""

import json
from pathlib import Path

import pytest

from codingagentbench.errors import SetupError
from codingagentbench.sandbox.engines import engine
from e2e.conftest import PYTHON_TASK, Cab

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900), pytest.mark.xdist_group("docker")]


@pytest.fixture(scope="module")
def _docker() -> None:
    try:
        engine("docker").preflight()
    except SetupError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("_docker")
def test_cells_get_their_verdicts_in_containers_and_say_what_they_ran_in(cab: Cab) -> None:
    models = [o for c in ("oracle", "noop", "tamper") for o in ("--model", f"control/{c}")]
    cab("sweep", "--sandbox", "docker", "--tui", "direct", "--tui", "pi", *models, "--task", PYTHON_TASK)
    rows = cab.cells()
    assert len(rows) == 6
    for row in rows:
        assert row["as_expected"], row
        record = json.loads(Path(next(cab.results.glob(f"**/{row['tui']}/{row['model']}/**/record.json"))).read_text())
        assert record["sandbox"]["engine"] == "docker"
        assert record["container_image"].startswith("codingagentbench/base:r")
        assert record["image_digest"] == record["receipt"]["image"] != record["receipt"]["tui_bundle"]
        assert record["sandbox"]["toolchains"]["python"]


def test_what_an_engine_cannot_enforce_is_refused_before_anything_runs(cab: Cab) -> None:
    spec = cab.folder / "strict.toml"
    spec.write_text(
        f'id = "strict"\ntuis = ["direct"]\nmodels = ["control/noop"]\ntasks = ["{PYTHON_TASK}"]\nrequire = ["image"]\n'
    )
    done = cab("sweep", str(spec), code=4)
    assert "the sweep requires image (the system's folders come from a pinned image)" in done.stderr
    assert not cab.results.exists()
