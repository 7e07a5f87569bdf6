"""The oracle behind a real endpoint, through each real CLI: three counts of the same tokens.

The endpoint counts what it reports, the gateway meters what passes, and the CLI says what it says. The first two are
equal to the token; the third stands beside them in the record, with its difference.
"""

from pathlib import Path

import pytest

from codingagentbench.catalog.load import open_catalog
from codingagentbench.store.attempts import Attempt, read_attempt
from codingagentbench.store.axes import Tokens
from e2e.conftest import PYTHON_TASK, Cab, serving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
KEY = "sk-test-0123456789abcdef"
CLIS = ["aider", "codex", "pi", "opencode", "qwen-code", "mini-swe-agent", "claude-code"]
SAMPLE = {"pi"}
EXACT = {"codex", "pi", "qwen-code", "claude-code"}
"""These report the very tokens. The others: aider rounds, opencode leaves out its call for the session's title,
mini-swe-agent says nothing."""
MODEL = """
[endpoint]
name = "theirs"
key_env = "CAB_KEY"
base_url = "{url}"
wires = ["chat", "responses", "messages", "gemini"]

[[model]]
id = "their/model"
"""


def run(cab: Cab, tmp_path: Path, tui: str, url: str) -> Attempt:
    (tmp_path / "theirs" / "models").mkdir(parents=True)
    (tmp_path / "theirs" / "models" / "theirs.toml").write_text(MODEL.format(url=url))
    catalog = ["--catalog", str(tmp_path / "theirs")]
    cab("sweep", "--tui", tui, "--model", "their/model", "--task", PYTHON_TASK, *catalog, CAB_KEY=KEY)
    (record,) = cab.results.rglob("record.json")
    return read_attempt(record.parent)


@pytest.mark.parametrize("tui", [n if n in SAMPLE else pytest.param(n, marks=pytest.mark.slow) for n in CLIS])
@pytest.mark.xdist_group("clis")
def test_the_gateways_totals_are_the_endpoints_own(cab: Cab, tmp_path: Path, tui: str) -> None:
    with serving(PYTHON_TASK, tui, model="their/model", key=KEY) as endpoint:
        attempt = run(cab, tmp_path, tui, endpoint.base_url)
    calls, tokens = attempt.model_calls(), attempt.record.axes.tokens
    assert attempt.record.outcome == "passed"
    assert [(c.prompt_tokens, c.completion_tokens) for c in calls if c.operation == "generate"] == endpoint.reported
    assert tokens.prompt_tokens == sum(prompt for prompt, _ in endpoint.reported)
    assert tokens.completion_tokens == sum(completion for _, completion in endpoint.reported)
    assert tokens.total_tokens is not None
    assert tokens.total_tokens > 0
    assert {c.wire for c in calls} == {open_catalog().tui(tui).tui.wire}
    assert not any(c.estimated or c.endpoint_wire not in {None, c.wire} for c in calls)
    check_what_the_cli_says(tui, tokens)


def check_what_the_cli_says(tui: str, tokens: Tokens) -> None:
    """Its own figures stand beside the metered ones, with the difference; nothing stands for what it does not say."""
    said = (tokens.tui_reported_prompt_tokens, tokens.tui_reported_completion_tokens)
    if open_catalog().tui(tui).tui.token_report.format == "none":
        assert (*said, tokens.tui_report_difference) == (None, None, None)
        return
    assert None not in said
    assert tokens.total_tokens is not None
    assert tokens.tui_report_difference == sum(count or 0 for count in said) - tokens.total_tokens
    if tui in EXACT:
        assert said == (tokens.prompt_tokens, tokens.completion_tokens)
