import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.errors import StoreError, UsageError
from codingagentbench.site import parallel
from codingagentbench.site.build import SiteReport, build_site
from codingagentbench.store.attempts import read_attempt
from codingagentbench.sweep.journal import Journal
from codingagentbench.sweep.plan import PlannedCell

Seal = Callable[..., Path]
PAGE = "cell/free-20260527/aider/stepfun-ai/step-3.5-flash/polyglot/rust-error-handling/index.html"

# Every name that the reference page prints, section by section.
REFERENCE_NAMES = (
    "Skip to main content", "CodingAgentBench", "aider × stepfun-ai/step-3.5-flash", "polyglot",
    "polyglot/rust-error-handling", "Per-axis scores", "Pass", "Tokens/correct", "Wall", "Blast", "Refusal",
    "Integrity", "Composite v1", "Composite v0.1", "Run identity", "cell_id", "sweep_id", "container_image",
    "image_digest", "model_build_id", "exit_code", "Timing", "started_at", "ended_at", "duration", "prompt_tokens",
    "completion_tokens", "tokens source", "Scorer breakdown", "Axis", "Keys", "Values", "pass_rate", "tokens",
    "latency", "blast_radius", "refusal", "integrity", "Trace replay", "play/pause", "step span", "step 100 ms",
    "t = 0 ms / ", "Terminal playback", "Run it yourself", "Image", "Results vary", "Explore with your own model",
    "BYO endpoint wiring", "# Published cell used model: stepfun-ai/step-3.5-flash", "# provisional score",
    "Trace spans (", "Span", "Kind", "Name", "Duration", "Attrs / Error", "↳", "Model calls (4)", "Timestamp",
    "Request hash", "Prompt", "Completion", "Latency", "Finish",
    "TUI-reported session totals: 1,200 prompt + 1,600 completion tokens.", "Other CLIs on this task",
    "Other models with this CLI", "Other tasks in this category", "Embed this result", "README / Markdown",
    "HTML / iframe", "Fidelity", "Constraint results",
)  # fmt: skip


def build(results: Path, out: Path, assets: Path, **more: object) -> SiteReport:
    return build_site(results, out, catalog=open_catalog(), assets=assets, log=lambda _: None, **more)  # type: ignore[arg-type]  # base_url only


def test_every_name_of_the_reference_page_is_on_ours(results: Path, tmp_path: Path, no_assets: Path) -> None:
    build(results, tmp_path / "out", no_assets)
    page = (tmp_path / "out" / PAGE).read_text()
    page = page.replace("&#x2f;", "/").replace("&#x27;", "'").replace("&quot;", '"')
    assert [name for name in REFERENCE_NAMES if name not in page] == []


def test_every_cell_has_page_badge_and_its_raw_files(results: Path, tmp_path: Path, no_assets: Path) -> None:
    report = build(results, tmp_path / "out", no_assets)
    for record in results.glob("*/cells/**/record.json"):
        cell_id = read_attempt(record.parent).record.cell_id
        folder = tmp_path / "out" / "cell" / cell_id
        assert (tmp_path / "out" / f"badge/{cell_id}.svg").is_file()
        for file in record.parent.iterdir():
            assert (folder / file.name).read_bytes() == file.read_bytes()
    assert report.cells == len(list(results.glob("*/cells/**/record.json")))


def test_every_link_on_every_page_leads_somewhere(results: Path, tmp_path: Path, no_assets: Path) -> None:
    from html.parser import HTMLParser  # noqa: PLC0415  # only here
    from urllib.parse import unquote  # noqa: PLC0415  # only here

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update(v for k, v in attrs if k in {"href", "src", "data-cast", "data-player", "data-styles"} and v)

    out = tmp_path / "out"
    build(results, out, no_assets)
    for page in out.rglob("*.html"):
        if page.name == "404.html":
            continue
        found: set[str] = set()
        Links().feed(page.read_text())
        for link in found:
            path = unquote(link.partition("#")[0])
            assert not path or (page.parent / path).is_file(), f"{page}: {link}"


def test_a_second_build_writes_nothing(results: Path, tmp_path: Path, no_assets: Path) -> None:
    first = build(results, tmp_path / "out", no_assets)
    second = build(results, tmp_path / "out", no_assets)
    assert first.pages_written == first.pages == second.pages
    assert (second.pages_written, second.pages_removed) == (0, 0)


def test_a_new_cell_writes_its_own_page_and_those_that_link_to_it(
    results: Path, tmp_path: Path, no_assets: Path, seal: Seal
) -> None:
    out = tmp_path / "out"
    build(results, out, no_assets)
    untouched = out / "cell/demo/aider/control/oracle/polyglot/rust-error-handling/index.html"
    before = untouched.stat().st_mtime_ns
    seal(results, tui="zed")
    report = build(results, out, no_assets)
    assert 1 < report.pages_written < report.pages / 2
    assert "zed" in (out / PAGE).read_text()
    assert untouched.stat().st_mtime_ns == before


def test_a_later_attempt_supersedes_page_and_raw_files(tmp_path: Path, no_assets: Path, seal: Seal) -> None:
    results, out = tmp_path / "results", tmp_path / "out"
    seal(results, outcome="failed")
    build(results, out, no_assets)
    seal(results, outcome="endpoint_unreachable", attempt=2)
    build(results, out, no_assets)
    folder = (out / PAGE).parent
    assert "No score: endpoint unreachable" in (out / PAGE).read_text()
    assert json.loads((folder / "record.json").read_text())["attempt"] == 2
    assert not (folder / "grade.json").exists()


def test_a_cell_that_is_gone_leaves_nothing_behind(tmp_path: Path, no_assets: Path, seal: Seal) -> None:
    results, out = tmp_path / "results", tmp_path / "out"
    seal(results)
    attempt = seal(results, tui="zed", model="m/x")
    build(results, out, no_assets)
    for file in attempt.iterdir():
        file.unlink()
    attempt.rmdir()
    report = build(results, out, no_assets)
    assert report.pages_removed == 2
    assert not list(out.glob("*/free-20260527/zed"))
    assert (out / PAGE).exists()


def test_an_endpoints_failure_has_no_score_and_says_why_at_the_top(
    results: Path, tmp_path: Path, no_assets: Path
) -> None:
    build(results, tmp_path / "out", no_assets)
    name = "free-20260527/pi/meta/llama-3.3-70b-instruct/polyglot/rust-error-handling"
    page = (tmp_path / "out" / f"cell/{name}/index.html").read_text()
    words = "provider rate limit, infrastructure, not capability"
    assert page.index(words) < page.index("Per-axis scores</h2>")
    assert "no score" in (tmp_path / "out" / f"badge/{name}.svg").read_text()
    composite = page[page.index("Composite v1") :][:200]
    assert "unknown" in composite


def test_no_unknown_figure_is_printed_as_zero(results: Path, tmp_path: Path, no_assets: Path) -> None:
    build(results, tmp_path / "out", no_assets)
    name = "cell/free-20260527/codex/meta/llama-3.3-70b-instruct/polyglot/rust-error-handling/index.html"
    page = (tmp_path / "out" / name).read_text()
    tokens = page[page.index("Tokens&#x2f;correct" if "Tokens&#x2f;correct" in page else "Tokens/correct") :][:300]
    assert "unknown" in tokens
    assert "usage unknown" in tokens


def test_planned_and_skipped_come_from_the_journal(results: Path, tmp_path: Path, no_assets: Path) -> None:
    journal = Journal(results / "free-20260527" / "journal.sqlite")
    cells = [
        PlannedCell(
            cell_id=f"free-20260527/aider/m/polyglot/t{i}",
            sweep_id="free-20260527",
            tui="aider",
            model="stepfun-ai/step-3.5-flash",
            task_id=f"polyglot/t{i}",
            plugin_stack=(),
            repetition=1,
            timeout_s=60,
            digests=None,
            skip_outcome="skipped_toolchain_missing",
            skip="no <b>rustc</b> here",
        )
        for i in range(41)
    ]
    journal.plan(cells)
    journal.mark(cells[0].cell_id, "skipped", outcome="skipped_toolchain_missing")
    journal.close()
    build(results, tmp_path / "out", no_assets)
    page = (tmp_path / "out" / "sweep/free-20260527/index.html").read_text()
    assert ">41<" in page
    assert "no &lt;b&gt;rustc" in page
    assert "1 skipped" in page


def test_a_sweep_without_a_journal_says_that_its_plan_is_unknown(
    results: Path, tmp_path: Path, no_assets: Path
) -> None:
    build(results, tmp_path / "out", no_assets)
    page = (tmp_path / "out" / "sweep/demo/index.html").read_text()
    assert "journal is not here" in page


def test_an_unverified_cli_is_called_so_wherever_it_stands(tmp_path: Path, no_assets: Path, seal: Seal) -> None:
    folder = seal(tmp_path / "results", tui="crush")
    seal(tmp_path / "results", tui="aider")
    record = read_attempt(folder).record
    (folder / "record.json").write_bytes(msgspec.json.encode(msgspec.structs.replace(record, tui_verified=False)))
    build(tmp_path / "results", tmp_path / "out", no_assets)
    for page in (tmp_path / "out").rglob("index.html"):
        text, place = page.read_text(), page.relative_to(tmp_path / "out").as_posix()
        named = "/aider/" not in place and (not place.startswith("task/") or record.task_id in place)
        assert ((">unverified<" in text), place) == (named, place)


def test_a_damaged_journal_costs_one_figure_and_not_the_site(results: Path, tmp_path: Path, no_assets: Path) -> None:
    (results / "demo" / "journal.sqlite").write_bytes(b"no database" * 1000)
    assert build(results, tmp_path / "out", no_assets).problems == ()


@pytest.mark.parametrize(
    "cell_id", ["demo/../../evil", "free-20260527/a/b/polyglot/../../../../x", "/etc/x", "demo/.hidden/m/polyglot/t"]
)
def test_a_record_does_not_choose_where_the_site_writes(
    tmp_path: Path, no_assets: Path, seal: Seal, cell_id: str
) -> None:
    results, out = tmp_path / "results", tmp_path / "out"
    attempt = seal(results)
    record = msgspec.structs.replace(read_attempt(attempt).record, cell_id=cell_id)
    (attempt / "record.json").write_bytes(msgspec.json.encode(record))
    report = build(results, out, no_assets)
    assert report.cells == 0
    assert "cell_id" in report.problems[0]
    assert not (out / "cell").exists()


def test_a_damaged_file_costs_its_own_page_only(results: Path, tmp_path: Path, no_assets: Path) -> None:
    trace = next(results.glob("free-20260527/cells/aider/**/trace.jsonl"))
    trace.write_text("{no json\n")
    report = build(results, tmp_path / "out", no_assets)
    assert len(report.problems) == 1
    assert "trace.jsonl: damaged" in report.problems[0]
    assert report.pages_written == report.pages > 30


def test_a_damaged_record_is_an_error_that_names_it(results: Path, tmp_path: Path, no_assets: Path) -> None:
    record = next(results.glob("demo/cells/**/record.json"))
    record.write_text("{}")
    with pytest.raises(StoreError, match=r"record\.json: damaged"):
        build(results, tmp_path / "out", no_assets)


def test_a_folder_with_other_peoples_files_is_refused(results: Path, tmp_path: Path, no_assets: Path) -> None:
    out = tmp_path / "home"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match="not empty"):
        build(results, out, no_assets)
    assert [f.name for f in out.iterdir()] == ["thesis.tex"]


def test_a_manifest_cannot_name_files_outside_the_site(tmp_path: Path, no_assets: Path, seal: Seal) -> None:
    results, out, precious = tmp_path / "results", tmp_path / "out", tmp_path / "precious.html"
    seal(results)
    precious.write_text("mine")
    out.mkdir()
    (out / ".cab-site.json").write_text(
        json.dumps({"version": 1, "pages": {"../precious.html": "x", str(precious): "x"}})
    )
    build(results, out, no_assets)
    assert precious.exists()


def test_an_empty_results_folder_still_has_an_index(tmp_path: Path, no_assets: Path) -> None:
    report = build(tmp_path / "nothing", tmp_path / "out", no_assets)
    assert report.cells == 0
    assert "No cell of a real model" in (tmp_path / "out" / "index.html").read_text()


def test_a_page_that_is_missing_is_written_again(results: Path, tmp_path: Path, no_assets: Path) -> None:
    out = tmp_path / "out"
    build(results, out, no_assets)
    (out / PAGE).unlink()
    assert build(results, out, no_assets).pages_written == 1
    assert (out / PAGE).exists()


def test_a_base_url_reaches_snippets_and_the_page_for_missing_pages(
    results: Path, tmp_path: Path, no_assets: Path
) -> None:
    build(results, tmp_path / "out", no_assets, base_url="https://cab.example/bench")
    assert "cab.example" in (tmp_path / "out" / PAGE).read_text()
    missing = (tmp_path / "out" / "404.html").read_text().replace("&#x2f;", "/")
    assert 'href="https://cab.example/bench/assets/site.css"' in missing


def test_every_page_has_the_policy_and_no_script_of_its_own(results: Path, tmp_path: Path, no_assets: Path) -> None:
    build(results, tmp_path / "out", no_assets)
    for page in (tmp_path / "out").rglob("*.html"):
        text = page.read_text()
        assert "default-src &#x27;none&#x27;" in text
        assert text.count("<script") == 1
        assert "<style" not in text
        assert " style=" not in text


def test_task_pages_show_prompt_rules_and_budget(results: Path, tmp_path: Path, no_assets: Path) -> None:
    build(results, tmp_path / "out", no_assets)
    task = open_catalog().task("polyglot/rust-error-handling")
    page = (tmp_path / "out" / "task/polyglot/rust-error-handling/index.html").read_text()
    for text in ("task_added_date", "max_turns", "timeout_s", "scorer.kind", "ground_truth_files", "expected_refusal"):
        assert text in page
    assert task.prompt.splitlines()[0].replace("/", "&#x2f;") in page
    assert "AGENTS.md" in page


def test_jobs_come_back_in_order_from_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "WORTH_IT", 2)
    jobs = [lambda i=i: f"job {i}" for i in range(23)]
    assert parallel.run_jobs(jobs) == [f"job {i}" for i in range(23)]


def test_a_full_disk_in_any_process_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(parallel, "WORTH_IT", 2)
    for place in range(4):
        with pytest.raises(OSError, match="No space"):
            parallel.run_jobs([fail if i == place else (lambda: None) for i in range(4)])
