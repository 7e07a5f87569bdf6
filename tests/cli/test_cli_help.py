import subprocess
import sys

import pytest

from codingagentbench.cli.app import VERBS, run


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = capsys.readouterr().out
    for verb, line in VERBS.items():
        assert verb in text
        assert line in text


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_of_its_own(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    assert f"Usage: cab {verb}" in capsys.readouterr().out


def test_an_unknown_verb_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["swep"]) == 2
    assert "sweep" in capsys.readouterr().err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("cab ")


HEAVY = {"aiohttp", "sqlalchemy", "opentelemetry", "numpy", "scipy", "pygit2", "msgspec", "tree_sitter", "uvloop"}


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from codingagentbench.cli.app import run; run(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.splitlines()[-1].split()) == set()
