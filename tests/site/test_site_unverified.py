"""A CLI that nobody ran is called unverified wherever it is shown: on every page that names it, badges, `cab show`."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.cli.app import run
from codingagentbench.site.build import build_site
from codingagentbench.site.cells import CellSummary, summarise
from codingagentbench.site.embed import badge, embed
from codingagentbench.site.render import Renderer, read_asset_names
from codingagentbench.store.attempts import read_attempt
from codingagentbench.store.record import Record
from codingagentbench.sweep.journal import Journal
from codingagentbench.sweep.plan import PlannedCell

Seal = Callable[..., Path]
TASK = "polyglot/rust-error-handling"


def sealed(seal: Seal, results: Path, *, verified: bool, **changes: object) -> Path:
    folder = seal(results, **changes)
    record: Record = read_attempt(folder).record
    (folder / "record.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(record, tui_verified=verified)))
    return folder


@pytest.fixture
def two(tmp_path: Path, seal: Seal) -> Path:
    """Results of two CLIs on one task: goose, which nobody ran, and aider."""
    sealed(seal, tmp_path / "results", verified=False, tui="goose", sweep="s")
    sealed(seal, tmp_path / "results", verified=True, tui="aider", sweep="s")
    return tmp_path / "results"


def pages(results: Path, out: Path, assets: Path) -> dict[str, str]:
    build_site(results, out, catalog=open_catalog(), assets=assets, log=lambda _: None)
    return {str(p.relative_to(out)): p.read_text() for p in out.rglob("*") if p.suffix in {".html", ".svg"}}


def test_every_page_that_names_it_marks_it(two: Path, tmp_path: Path, no_assets: Path) -> None:
    made = pages(two, tmp_path / "out", no_assets)
    named = {path for path, text in made.items() if "goose" in text}
    assert {path.split("/")[0] for path in named} >= {"index.html", "sweep", "task", "cell", "badge"}
    assert [path for path in sorted(named) if "unverified" not in made[path]] == []


def test_in_a_list_of_a_tasks_cells_only_its_rows_are_marked(two: Path, tmp_path: Path, no_assets: Path) -> None:
    page = pages(two, tmp_path / "out", no_assets)[f"task/{TASK}/index.html"]
    rows = [line for line in page.splitlines() if line.startswith("<tr><td>")]
    assert [("goose" in row, "unverified" in row) for row in rows if "goose" in row or "aider" in row] in (
        [(True, True), (False, False)],
        [(False, False), (True, True)],
    )


def test_a_neighbour_of_a_cell_is_marked(two: Path, tmp_path: Path, no_assets: Path) -> None:
    made = pages(two, tmp_path / "out", no_assets)
    (of_aider,) = [text for path, text in made.items() if path.startswith("cell/s/aider/") and TASK in path]
    assert ">goose unverified</a>" in of_aider


def test_a_skipped_cell_of_a_sweep_is_marked(two: Path, tmp_path: Path, no_assets: Path) -> None:
    plan = PlannedCell(
        cell_id=f"s/goose/my/model/{TASK}",
        sweep_id="s",
        tui="goose",
        model="my/model",
        task_id=TASK,
        plugin_stack=(),
        repetition=1,
        timeout_s=1,
        digests=None,
        skip="it cannot be installed",
        skip_outcome="skipped_tui_unavailable",
        tui_verified=False,
    )
    journal = Journal(two / "s" / "journal.sqlite")
    journal.plan([plan])
    journal.mark(plan.cell_id, "skipped", outcome="skipped_tui_unavailable")
    journal.close()
    page = pages(two, tmp_path / "out", no_assets)["sweep/s/index.html"]
    (row,) = [line for line in page.splitlines() if "it cannot be installed" in line]
    assert "unverified" in row


def summary(seal: Seal, results: Path, *, verified: bool) -> CellSummary:
    return summarise(read_attempt(sealed(seal, results, verified=verified, tui="goose")))


@pytest.mark.parametrize("verified", [True, False])
def test_a_badge_shows_it_and_a_snippet_says_it(tmp_path: Path, seal: Seal, no_assets: Path, verified: bool) -> None:
    cell = summary(seal, tmp_path, verified=verified)
    picture = Renderer(read_asset_names(no_assets)).page("badge.svg", "b.svg", {"b": badge(cell)})
    shown = [e.text or "" for e in ET.fromstring(picture).iter() if e.tag.endswith("text")]  # noqa: S314  # our own
    assert ("unverified" in " ".join(shown)) is not verified
    for text in (embed(cell, None).markdown, embed(cell, None).html, embed(cell, None).text):
        assert ("goose unverified" in text) is not verified


def test_show_marks_it_and_rounds_for_people(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for tui in ("goose", "aider"):
        assert run(["show", f"s/{tui}/stepfun-ai/step-3.5-flash/{TASK}", "--results", str(two)]) == 0
        shown = capsys.readouterr().out
        assert (f"/{TASK} unverified" in shown) is (tui == "goose")
        figures = [word.partition("=")[2] for word in shown.split() if "=" in word]
        assert [figure for figure in figures if len(figure.partition(".")[2]) > 5] == []  # digits
