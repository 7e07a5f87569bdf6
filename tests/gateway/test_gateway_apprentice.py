"""The apprentice does the work only where the marks of one of the cell's plugins stand in its request."""

from pathlib import Path
from typing import Any

import pytest

from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.controls.apprentice import taught
from gateway.cells import SHELL, make_task

REQUEST: dict[str, Any] = {
    "messages": [{"role": "system", "content": 'Say "yes" first.\nRules.'}],
    "tools": [{"type": "function", "function": {"name": "get_time"}}],
    "reasoning": {"effort": "high"},
}


def apprentice(*marks: list[str]) -> ControlBackend:
    return ControlBackend("apprentice", make_task(), Path("workdir"), Path("solution"), [SHELL], marks)


@pytest.mark.parametrize(
    "marks",
    [
        [["get_time"]],
        [['Say "yes" first.']],
        [['"effort": "high"']],
        [["nowhere"], ["Rules."]],
    ],
    ids=["tool", "text with quotes", "setting", "one plugin of two"],
)
def test_it_is_taught_by_a_tool_a_text_or_a_setting(marks: list[list[str]]) -> None:
    assert taught(apprentice(*marks), REQUEST).behaviour == "oracle"


@pytest.mark.parametrize("marks", [[], [["nowhere"]], [["get_time", "nowhere"]]])
def test_it_is_not_taught_by_less_than_all_marks_of_a_plugin(marks: list[list[str]]) -> None:
    assert taught(apprentice(*marks), REQUEST).behaviour == "noop"
