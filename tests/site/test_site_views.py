import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.site.cast import MAX_CAST_BYTES, view_cast
from codingagentbench.site.cell_view import RECEIPT_OF, receipt, timing
from codingagentbench.site.cells import CellSummary, read_cells, summarise
from codingagentbench.site.commands import CatalogFacts, run_it_yourself
from codingagentbench.site.diff import MAX_LINE_CHARS, MAX_LINES, view_diff
from codingagentbench.site.embed import badge, badge_value, embed
from codingagentbench.site.matrix import calibration, matrix, square
from codingagentbench.site.related import Neighbourhood
from codingagentbench.site.render import Renderer, read_asset_names
from codingagentbench.site.sweeps import Sweep
from codingagentbench.site.text import UNKNOWN
from codingagentbench.site.trace import MAX_ROWS, traffic, view_calls, view_trace
from codingagentbench.store.attempts import read_attempt
from codingagentbench.store.record import Receipt, Record, Span

Seal = Callable[..., Path]


def cell(seal: Seal, results: Path, **changes: object) -> CellSummary:
    return summarise(read_attempt(seal(results, **changes)))


def test_a_square_counts_only_scored_cells_and_says_what_is_missing(tmp_path: Path, seal: Seal) -> None:
    cells = [
        cell(seal, tmp_path, repetition=1),
        cell(seal, tmp_path, repetition=2, outcome="failed"),
        cell(seal, tmp_path, repetition=3, outcome="endpoint_rate_limited"),
    ]
    shown = square(cells, skipped=4)
    assert (shown.shown[0].text, shown.no_score, shown.skipped) == ("1/2", 1, 4)
    composite = next(s for s in shown.shown if s.axis == "composite")
    assert composite.note == "n = 2"


def test_every_digest_of_a_receipt_says_what_it_is_of() -> None:
    assert set(RECEIPT_OF) == {field.name for field in msgspec.structs.fields(Receipt)}


def test_a_square_without_any_score_shows_a_dash_and_no_rate(tmp_path: Path, seal: Seal) -> None:
    shown = square([cell(seal, tmp_path, outcome="sandbox_failed")])
    assert {s.text for s in shown.shown} == {"–"}  # the dash that the page shows
    assert {s.tint for s in shown.shown} == {0}


def test_controls_are_in_the_calibration_and_never_in_the_matrix(results: Path) -> None:
    cells = list(read_cells(results))
    assert not any(model.startswith("control/") for model in matrix(cells).columns)
    assert calibration(cells).columns == ["control/noop", "control/oracle", "control/tamper"]
    off = [s for _, squares in calibration(cells).rows for s in squares if s and s.as_expected < s.judged]  # type: ignore[attr-defined]  # a grid of Calibration
    assert [s.deviations for s in off] == [["polyglot/rust-error-handling: integrity: 1, not 0"]]  # type: ignore[attr-defined]  # as above


def test_a_sweeps_counts_tell_infrastructure_from_failure(results: Path) -> None:
    sweep = Sweep("s", [c for c in read_cells(results) if c.control is None], planned=None)
    counts = sweep.counts
    assert counts["planned"] is None
    assert counts["run"] == counts["scored"] + counts["infrastructure"] + counts["other_no_score"]  # type: ignore[operator]  # only planned and skipped are None
    assert counts["infrastructure"] == 2


def test_neighbours_share_all_but_one_dimension(results: Path) -> None:
    cells = list(read_cells(results))
    me = next(
        c for c in cells if c.cell_id == "free-20260527/aider/stepfun-ai/step-3.5-flash/polyglot/python-reverse-string"
    )
    found = {heading: {link.text for link in links} for heading, links in Neighbourhood(cells).of(me)}
    assert found == {
        "Other CLIs on this task": {"codex", "pi"},
        "Other models with this CLI": {"openai/gpt-oss-120b"},
        "Other tasks in this category": {"polyglot/rust-error-handling", "polyglot/go-http-handler-fix"},
        "Other repetitions and plugin stacks": {"#2", "+plan-first+docs"},
    }


def test_controls_and_models_are_not_neighbours(tmp_path: Path, seal: Seal) -> None:
    cells = [cell(seal, tmp_path), cell(seal, tmp_path, model="control/oracle", control="oracle")]
    assert [links for _, links in Neighbourhood(cells).of(cells[0])] == [[], [], [], []]


def test_a_neighbours_new_outcome_changes_the_digest(tmp_path: Path, seal: Seal) -> None:
    me = cell(seal, tmp_path / "a")
    before = Neighbourhood([me, cell(seal, tmp_path / "a", tui="pi")]).digest(me)
    after = Neighbourhood([me, cell(seal, tmp_path / "b", tui="pi", outcome="failed")]).digest(me)
    assert before != after


def test_a_diffs_lines_are_told_apart_by_their_place() -> None:
    head = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f\n"
    text = head + "--- gone\n+++ come\n same\n\\ No newline at end of file\n"
    shown = view_diff(text)
    assert [kind for kind, _ in shown.runs] == ["file", "meta", "file", "hunk", "del", "add", "ctx", "meta"]
    assert (shown.files, shown.added, shown.removed, shown.omitted) == (1, 1, 1, 0)


def test_a_huge_diff_is_cut_and_says_so() -> None:
    shown = view_diff("@@ -0,0 +1 @@\n" + "+x\n" * (MAX_LINES + 10) + "+" + "y" * (MAX_LINE_CHARS + 5) + "\n")
    assert (shown.omitted, shown.added) == (12, MAX_LINES + 11)
    long = view_diff("@@ -0,0 +1 @@\n+" + "y" * MAX_LINE_CHARS)
    assert long.runs[1][1].endswith("[1 more characters in diff.patch]")


@given(st.text())
def test_any_text_can_be_viewed_as_a_diff(text: str) -> None:
    shown = view_diff(text)
    assert sum(run.count("\n") + 1 for _, run in shown.runs) + shown.omitted == len(
        text.removesuffix("\n").split("\n") if text else []
    )


def span(key: str, parent: str | None, start: float = 0.0, duration: float = 1.0) -> Span:
    return Span(span_id=key, parent_id=parent, kind="container", name=key, start_ms=start, duration_ms=duration)


def test_a_trace_whose_spans_are_each_others_parents_still_ends() -> None:
    assert [row.depth for row in view_trace([span("a", "b"), span("b", "a"), span("c", "c")]).rows] == [1, 1, 0]


def test_bars_stay_inside_the_timeline() -> None:
    rows = view_trace([span("a", None, 0, 0), span("b", "a", 90, 10), span("c", "a", 100, 0)]).rows
    assert all(float(r.x) >= 0 and float(r.x) + float(r.width) <= 1000 for r in rows)
    assert all(float(r.width) >= 2 for r in rows)


def test_a_very_long_trace_is_cut_and_counted() -> None:
    shown = view_trace([span(str(i), None, i) for i in range(MAX_ROWS + 7)])
    assert (len(shown.rows), shown.count, shown.omitted) == (MAX_ROWS, MAX_ROWS + 7, 7)


def test_a_recording_becomes_one_call_with_one_string(tmp_path: Path) -> None:
    cast = '{"version": 2, "width": 120, "height": 40}\n[0.5, "o", "</script>\\u2028 hi"]\n'
    (tmp_path / "terminal.cast").write_text(cast)
    shown = view_cast(tmp_path / "terminal.cast")
    assert json.loads(shown.script.decode().removeprefix("cabCast(").removesuffix(");\n")) == cast.strip()
    assert (shown.columns, shown.rows, shown.seconds) == (120, 40, 0.5)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json\n",
        b"\xff\xfe\n",
        b'{"version": 2, "width": 0, "height": 1}\n[0, "o", ""]\n',
        b'{"version": 2, "width": 9, "height": 9}\n',
        b'{"version": 2, "width": 9, "height": 9}\n[1, "o"\n',
    ],
)
def test_a_recording_that_cannot_be_played_is_said_and_not_played(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "terminal.cast").write_bytes(content)
    shown = view_cast(tmp_path / "terminal.cast")
    assert shown.script == b""
    assert shown.note


def test_an_overlong_recording_plays_up_to_the_cap(tmp_path: Path) -> None:
    event = json.dumps([1.0, "o", "x" * 10_000])
    lines = [json.dumps({"version": 2, "width": 80, "height": 24}), *[event] * (MAX_CAST_BYTES // 10_000 + 10)]
    (tmp_path / "terminal.cast").write_text("\n".join(lines))
    shown = view_cast(tmp_path / "terminal.cast")
    assert 0 < len(shown.script) < MAX_CAST_BYTES + 100_000
    assert "4 MiB" in shown.note


def test_commands_quote_every_name(tmp_path: Path, seal: Seal) -> None:
    record = read_attempt(seal(tmp_path)).record
    hostile = msgspec.structs.replace(record, tui="a;rm -rf ~", model="m$(id)", container_image="x\nrm -rf ~")
    text = run_it_yourself(hostile, CatalogFacts()).exact
    assert "cab tui install 'a;rm -rf ~'" in text
    assert "--model 'm$(id)'" in text
    assert not any(line.startswith("rm") for line in text.splitlines())


def test_a_control_is_run_again_without_an_endpoint_or_key(tmp_path: Path, seal: Seal) -> None:
    text = run_it_yourself(
        read_attempt(seal(tmp_path, model="control/oracle", control="oracle")).record, CatalogFacts()
    ).exact
    assert "YOUR_ENDPOINT" not in text
    assert "YOUR_KEY" not in text


def test_the_key_comes_from_the_models_own_variable(tmp_path: Path, seal: Seal) -> None:
    text = run_it_yourself(read_attempt(seal(tmp_path)).record, CatalogFacts(key_env="MY_KEY")).exact
    assert 'export MY_KEY="$YOUR_KEY"' in text
    assert "--key" not in text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "pass 83%"),
        ({"outcome": "failed"}, "fail 20%"),
        ({"tokens": None}, "pass"),
        ({"outcome": "endpoint_rate_limited"}, "no score"),
        ({"model": "control/noop", "control": "noop"}, "control: as expected"),
        ({"model": "control/noop", "control": "noop", "as_expected": False}, "control: deviates"),
    ],
)
def test_a_badge_says_the_verdict(tmp_path: Path, seal: Seal, changes: dict[str, object], says: str) -> None:
    assert badge_value(cell(seal, tmp_path, **changes)) == says


def test_a_badge_is_a_well_formed_picture(tmp_path: Path, seal: Seal, no_assets: Path) -> None:
    made = Renderer(read_asset_names(no_assets)).page("badge.svg", "b.svg", {"b": badge(cell(seal, tmp_path))})
    root = ET.fromstring(made)  # noqa: S314  # our own output
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "pass 83%" in [e.text for e in root.iter()]


def test_snippets_carry_the_base_url_or_say_that_it_is_missing(tmp_path: Path, seal: Seal) -> None:
    me = cell(seal, tmp_path)
    assert "(https://cab.example/badge/free-20260527/aider/" in embed(me, "https://cab.example/").markdown
    assert 'href="https://YOUR-SITE/cell/free-20260527/aider/' in embed(me, None).html
    assert embed(me, None).markdown.startswith(
        "[![CodingAgentBench: aider × stepfun-ai/step-3.5-flash pass 83%"
    )  # as on the page


def test_a_name_cannot_break_out_of_a_snippet(tmp_path: Path, seal: Seal) -> None:
    record: Record = read_attempt(seal(tmp_path)).record
    folder = tmp_path / "x"
    folder.mkdir()
    evil = msgspec.structs.replace(record, model='](javascript:1)"><script>')
    (folder / "record.json").write_bytes(msgspec.json.encode(evil))
    made = embed(summarise(read_attempt(folder)), None)
    assert "](javascript" not in made.markdown
    assert "<script" not in made.html


def test_a_receipt_field_without_words_of_its_own_is_shown_by_its_name(
    tmp_path: Path, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = read_attempt(seal(tmp_path)).record
    monkeypatch.delitem(RECEIPT_OF, "harness")
    rows = {name: of for name, _, of, _ in receipt(record, set())}
    assert rows["harness"] == "harness"
    assert set(record.receipt.__struct_fields__) - RECEIPT_OF.keys() == {"harness"}, "the others have words"


def test_a_record_with_a_field_of_the_future_and_without_newer_ones_is_read(tmp_path: Path, seal: Seal) -> None:
    folder = seal(tmp_path)
    record = json.loads((folder / "record.json").read_text())
    record["receipt"]["of_the_future"] = "sha256:0"
    del record["receipt"]["tui_entry"], record["receipt"]["replay_of"], record["axes"]["latency"]["tool_ms"]
    (folder / "record.json").write_text(json.dumps(record))
    read = read_attempt(folder).record
    assert ("tool_ms (CLI and its tools)", UNKNOWN) in timing(read)
    assert receipt(read, set())


def test_what_the_gateway_did_to_calls_is_said_of_each_and_of_all(tmp_path: Path, seal: Seal) -> None:
    call = read_attempt(seal(tmp_path)).model_calls()[0]
    odd = msgspec.structs.replace(
        call, tries=3, throttled_ms=250.0, stripped_tools=["web_search"], endpoint_wire="messages", refusal="refusal"
    )
    (row,) = view_calls([odd]).rows
    assert (row.tries.text, row.throttled.text) == ("3", "250 ms")
    assert row.notes == ["refused: refusal", "translated to messages", "taken out: web_search"]
    said = {name: figure.text for name, figure in traffic([odd, call])}
    assert (said["requests sent"], said["throttled_ms"], said["translated"]) == ("4", "250 ms", "chat to messages")
    assert "refusals" not in {name for name, _ in traffic([call])}
