"""Arguments that name nothing: exit code 2 and one line, whatever the verb."""

import io
from pathlib import Path

import pytest

from codingagentbench.cli.app import run

TASK = "polyglot/python-reverse-string"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sweep", "--tui", "", "--model", "control/oracle", "--task", TASK], "unknown TUI ''"),
        (["sweep", "--tui", "direct", "--model", "../x", "--task", TASK], "unknown model '../x'"),
        (["sweep", "--tui", "direct", "--model", "control/oracle", "--task", "A B"], "unknown task 'A B'"),
        (["score", "--sweep", "nothing"], "no sweep 'nothing'"),
        (["score", "a/b"], "no sealed cell 'a/b'"),
        (["cells", "--sweep", "nothing"], "no sweep 'nothing'"),
        (["show", "../../etc"], "is no cell id"),
        (["composite", "--methodology", "v9"], "unknown methodology 'v9'"),
        (["tui", "install", "adier"], "did you mean aider"),
    ],
)
def test_a_name_that_is_none_exits_2_and_is_named(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CAB_RESULTS", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(arguments) == 2
    assert said in capsys.readouterr().err
