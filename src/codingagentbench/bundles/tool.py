"""Running pip's and npm's kind of tool: their failure becomes one SetupError with their own last words."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from codingagentbench.errors import SetupError
from codingagentbench.sandbox.recording import plain_text

_TIMEOUT_S = 1200
_LAST_LINES = 8
_LINE = 300


def run_tool(
    command: Sequence[str],
    *,
    what: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    accepted: Sequence[int] = (0,),
) -> None:
    """Run `command` to its end. `what` begins the error's text, e.g. "aider-chat 0.86.2 cannot be installed".

    Raises SetupError unless it ends with one of the `accepted` exit codes within 20 minutes.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False, timeout=_TIMEOUT_S)
    except OSError as error:
        msg = f"{what}: {command[0]} cannot be started: {error.strerror}"
        raise SetupError(msg) from error
    except subprocess.TimeoutExpired as error:
        msg = f"{what}: {name} did not end within {_TIMEOUT_S} s: is the package registry reachable from here?"
        raise SetupError(msg) from error
    if done.returncode not in accepted:
        msg = f"{what}: {name} ended with {done.returncode}: {last_words(done.stdout + done.stderr)}"
        raise SetupError(f"{msg} (nothing was kept; when its cause is gone, the same command starts afresh)")


def last_words(output: bytes) -> str:
    """The last lines of a tool's output in one line, without control characters."""
    lines = [line.strip()[:_LINE] for line in plain_text(output).splitlines() if line.strip()]
    return " | ".join(lines[-_LAST_LINES:]) or "it said nothing"
