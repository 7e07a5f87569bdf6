import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.catalog.load import open_catalog
from codingagentbench.runner.launch import command_of, fill

VALUES = {"base_url": "http://127.0.0.1:31415/v1", "prompt": "say {key}", "key": "secret"}


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    text = 'providers.cab={name="cab",base_url="{base_url}"} {unknown} {'
    assert fill(text, VALUES) == 'providers.cab={name="cab",base_url="http://127.0.0.1:31415/v1"} {unknown} {'


def test_a_brace_in_a_value_is_no_placeholder() -> None:
    assert fill("{prompt}", VALUES) == "say {key}"


@given(st.text())
def test_text_without_known_placeholders_is_unchanged(text: str) -> None:
    assert fill(text, {}) == text


@given(st.text(), st.text(), st.text())
def test_exactly_the_placeholder_is_replaced(before: str, value: str, after: str) -> None:
    if not before.endswith("{") and "{x}" not in before + after:
        assert fill(f"{before}{{x}}{after}", {"x": value}) == before + value + after


def test_commands_before_argv_run_in_order_and_one_that_fails_ends_the_run(tmp_path: Path) -> None:
    note = f"{tmp_path}/it's {{key}}"
    tui = (
        open_catalog()
        .tui("direct")
        .tui.model_copy(
            update={"before": [["touch", note], ["test", "{prompt}", "=", "go"]], "argv": ["echo", "{prompt} 'on'"]}
        )
    )
    for prompt, expected in (("go", (0, "go 'on'\n")), ("stay", (1, ""))):
        done = subprocess.run(
            command_of(tui, {"prompt": prompt, "key": "k"}), capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == expected
    assert (tmp_path / "it's k").exists()
