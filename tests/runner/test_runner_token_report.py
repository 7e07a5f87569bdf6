import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.tui import TokenReport
from codingagentbench.errors import CatalogError
from codingagentbench.runner.token_report import read_token_report

TUIS = open_catalog().tuis
AIDER = TUIS["aider"].tui.token_report
CODEX = TUIS["codex"].tui.token_report
PI = TUIS["pi"].tui.token_report


def pi_message(role: str, usage: str) -> str:
    return f'{{"type":"message_end","message":{{"role":"{role}","content":"\u2028",{usage}}}}}'


def test_aiders_figures_are_added_up_over_its_messages() -> None:
    output = "text\nTokens: 1.2k sent, 56 received.\nTokens: 13k sent, 999 received. Cost: $0.01 message.\n"
    assert read_token_report(AIDER, output) == (14_200, 1_055)


def test_aiders_figures_are_read_with_cache_figures_between_them() -> None:
    assert read_token_report(AIDER, "Tokens: 5.1k sent, 3.0k cache write, 1.2k cache hit, 200 received.") == (
        5_100,
        200,
    )


def test_codexs_turn_is_read_and_its_other_events_are_not() -> None:
    output = (
        '{"type":"turn.started","usage":{"input_tokens":9,"output_tokens":9}}\n'
        '{"type":"turn.completed","usage":{"input_tokens":2469,"cached_input_tokens":68,"output_tokens":113}}\n'
    )
    assert read_token_report(CODEX, output) == (2469, 113)


def test_pis_assistant_messages_are_added_up_with_what_came_from_its_cache() -> None:
    usage = '"usage":{"input":1234,"output":56,"cacheRead":10,"cacheWrite":1,"totalTokens":1301}'
    output = "\n".join([pi_message("assistant", usage), pi_message("user", usage), pi_message("assistant", usage)])
    assert read_token_report(PI, output) == (2490, 112)


def test_only_the_last_match_counts_where_the_entry_says_so() -> None:
    report = AIDER.model_copy(update={"combine": "last"})
    assert read_token_report(report, "Tokens: 1 sent, 2 received.\nTokens: 3 sent, 4 received.") == (3, 4)


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("1.2k", 1_200), ("3.4M", 3_400_000), ("1,234", 1_234), ("1.25k", 1_250), ("0", 0)],
)
def test_figures_are_read_with_their_unit(text: str, value: int) -> None:
    assert read_token_report(AIDER, f"Tokens: {text} sent, {text} received.") == (value, value)


@pytest.mark.parametrize("text", ["1.2.3", ".", ",", "9" * 400, "9999999M", "1..k", ""])
def test_a_figure_that_is_none_is_unknown(text: str) -> None:
    assert read_token_report(AIDER, f"Tokens: {text} sent, {text} received.") == (None, None)


@pytest.mark.parametrize("value", ["-1", "1.5", '"12"', "true", "null", "[]", "99999999999999999999"])
def test_a_count_that_is_no_count_is_unknown(value: str) -> None:
    line = f'{{"type":"turn.completed","usage":{{"input_tokens":{value},"output_tokens":7}}}}'
    assert read_token_report(CODEX, line) == (None, 7)


def test_what_is_not_said_is_unknown_and_not_zero() -> None:
    assert read_token_report(AIDER, "nothing of the kind") == (None, None)
    assert read_token_report(CODEX, '{"type":"turn.completed"}') == (None, None)
    assert read_token_report(TokenReport(format="none"), "Tokens: 1 sent, 2 received.") == (None, None)


def test_a_pattern_that_is_no_regular_expression_is_named() -> None:
    with pytest.raises(CatalogError, match=r"token_report.pattern: bad value '\('"):
        read_token_report(TokenReport(format="regex", pattern="("), "")


@given(
    st.text()
    | st.lists(st.sampled_from(["Tokens: ", "1.2k", " sent,", " ", "9" * 30, " received.", "\n"])).map("".join)
)
def test_no_output_breaks_the_reading_of_patterns(output: str) -> None:
    for value in read_token_report(AIDER, output):
        assert value is None or value >= 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["usage", "input_tokens", "message"]), inner)
    ),
    max_leaves=8,
)


@given(JSON)
def test_no_event_breaks_the_reading_of_lines(usage: object) -> None:
    line = json.dumps({"type": "turn.completed", "usage": usage})
    for value in read_token_report(CODEX, line):
        assert value is None or value >= 0


def test_a_huge_hostile_output_is_read_in_one_pass() -> None:
    hostile = [
        "Tokens: " * 300_000,
        "Tokens: 1 sent," + " " * 3_000_000,
        "\n".join(["Tokens: 1 sent," + "1" * 100] * 20_000),
        '{"type":' + "[" * 2_000_000,
        "{" * 2_000_000,
    ]
    for output in hostile:  # anything worse than linear does not end within the test's limit
        assert read_token_report(AIDER, output) == (None, None)
        assert read_token_report(CODEX, output) == (None, None)


def test_every_shipped_pattern_names_both_figures() -> None:
    for entry in TUIS.values():
        report = entry.tui.token_report
        if report.format == "regex":
            assert report.pattern is not None
            assert "(?P<prompt_tokens>" in report.pattern, Path(entry.file).name
            assert "(?P<completion_tokens>" in report.pattern
