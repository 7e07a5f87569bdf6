"""Recorded cells of real CLIs replay offline to the same grade, and a divergence is never a wrong score."""

import json
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from e2e.conftest import PYTHON_TASK, Cab

ALL = ["aider", "codex", "pi", "opencode", "qwen-code", "mini-swe-agent", "claude-code"]
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900), pytest.mark.xdist_group("clis")]


def record_one(cab: Cab, tui: str, control: str = "oracle", task: str = PYTHON_TASK) -> str:
    cab("sweep", "--tui", tui, "--model", f"control/{control}", "--task", task, code=None)
    (row,) = cab.cells()
    assert row["outcome"] in {"passed", "failed"}, row
    return str(row["cell_id"])


def replay(cab: Cab, *arguments: str, code: int = 0) -> dict[str, object]:
    (line,) = cab("replay", *arguments, "--json", code=code).stdout.splitlines()
    return dict(json.loads(line))


def test_a_cell_replays_to_the_same_grade_and_its_record_is_not_touched(cab: Cab) -> None:
    cell = record_one(cab, "codex")
    sealed = cab.results / cell.split("/")[0]
    before = {f: f.read_bytes() for f in sealed.rglob("attempt-*/*") if f.is_file()}
    for number in (1, 2):
        row = replay(cab, cell)
        assert row["same"], row
        assert str(row["folder"]).endswith(f"attempt-{number:03d}")
    assert {f: f.read_bytes() for f in sealed.rglob("attempt-*/*") if f.is_file()} == before
    record = json.loads((Path(cab.folder, str(row["folder"])) / "record.json").read_bytes())
    assert record["receipt"]["replay_of"].startswith("sha256:")
    assert not record["citable"]
    facts = json.loads((Path(cab.folder, str(row["folder"])) / "replay.json").read_bytes())
    assert (facts["of_cell"], facts["of_record"]) == (cell, record["receipt"]["replay_of"])


def test_a_cell_replays_from_one_file_without_the_results(cab: Cab) -> None:
    cell = record_one(cab, "direct", "vandal")
    cab("cassette", "export", cell, "cell.cassette")
    assert cell in cab("cassette", "check", "cell.cassette").stdout
    (cab.results).rename(cab.folder / "elsewhere")
    row = replay(cab, "--from", "cell.cassette", "--timing", "original")
    assert row["same"], row
    assert row["cell_id"] == cell


def test_a_divergence_is_named_and_gives_no_score(cab: Cab) -> None:
    cell = record_one(cab, "direct")
    (folder,) = (cab.results / cell.split("/")[0]).rglob("attempt-001")
    calls = (folder / "model_calls.jsonl").read_text().splitlines()
    first = json.loads(calls[0])
    first["request_body"] = json.loads(calls[1])["request_body"]  # as if the CLI had begun in another way
    forged = "\n".join([json.dumps(first), *calls[1:]]) + "\n"
    (folder / "model_calls.jsonl").write_text(forged)
    refused = cab("replay", cell, code=4)
    assert "its digest is not the one in the record's receipt" in refused.stderr
    record = json.loads((folder / "record.json").read_bytes())
    record["receipt"]["transcript"] = _digest(folder / "model_calls.jsonl")
    (folder / "record.json").write_text(json.dumps(record))
    said = cab("replay", cell, code=1).stdout
    assert "request #1 is none that was recorded" in said
    row = replay(cab, cell, code=1)
    assert (row["same"], row["outcome"]) == (False, "replay_diverged")
    shown = json.loads(cab("show", cell, "--results", str(cab.results / "replays"), "--json").stdout)
    assert (shown["outcome"], shown["cause"]) == ("replay_diverged", "harness")
    assert "request #1" in shown["outcome_detail"]
    assert shown["axes"]["pass_rate"]["pass"] is None


def test_another_task_or_an_unknown_cell_is_refused_before_anything_runs(cab: Cab) -> None:
    assert "no sealed cell" in cab("replay", "a/b/c/d/e", code=2).stderr
    assert "nothing to replay" in cab("replay", code=2).stderr
    assert "not a file" in cab("replay", "--from", "nowhere", code=2).stderr


@pytest.mark.slow
@pytest.mark.parametrize("tui", ALL)
def test_every_cli_replays_three_times_in_a_row(cab: Cab, tui: str) -> None:
    cell = record_one(cab, tui)
    for _ in range(3):
        row = replay(cab, cell)
        assert row["same"], row


def test_each_entry_says_what_changes_in_its_requests() -> None:
    for tui in ALL:
        entry = tomllib.loads((Path(__file__).parents[2] / "catalog/tuis" / f"{tui}.toml").read_text())
        assert entry.get("volatile") or tui in {"aider", "mini-swe-agent"}, tui


def _digest(file: Path) -> str:
    return f"sha256:{sha256(file.read_bytes()).hexdigest()}"
