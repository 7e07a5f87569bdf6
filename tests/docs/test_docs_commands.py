"""Pages that a newcomer follows by hand say how the shell finds `cab`."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLLOWED = ["README.md", "CONTRIBUTING.md", "docs/add-a-task.md", "docs/add-a-tui.md", "docs/import.md"]
COMMAND = re.compile(r"^(cab|uv) |\| *(cab|uv) ", re.MULTILINE)
ACTIVATION = ". .venv/bin/activate"


@pytest.mark.parametrize("page", FOLLOWED)
def test_cab_is_made_known_to_the_shell_before_it_is_first_called(page: str) -> None:
    text = (ROOT / page).read_text()
    blocks = re.finditer(r"^```sh\n.*?^```", text, re.MULTILINE | re.DOTALL)
    first = next(block for block in blocks if COMMAND.search(block.group()))
    before = text[: first.start() + next(COMMAND.finditer(first.group())).start()]
    assert ACTIVATION in before, f"{page} calls cab and does not say how the shell finds it"
