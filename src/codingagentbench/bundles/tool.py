"""Running pip's and npm's kind of tool: their failure becomes one SetupError with their own last words."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from codingagentbench.errors import SetupError
from codingagentbench.sandbox.recording import plain_text

_TIMEOUT_S = 1200
_LAST_LINES = 8


def run_tool(
    command: Sequence[str], *, what: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> None:
    """Run `command` to its end. `what` begins the error's text, e.g. "aider-chat 0.86.2 cannot be installed"."""
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False, timeout=_TIMEOUT_S)
    except FileNotFoundError as error:
        msg = f"{what}: {command[0]} is not there"
        raise SetupError(msg) from error
    except subprocess.TimeoutExpired as error:
        msg = f"{what}: {Path(command[0]).name} did not end within {_TIMEOUT_S} s: is the registry reachable?"
        raise SetupError(msg) from error
    if done.returncode != 0:
        words = plain_text(done.stdout + done.stderr).strip().splitlines()[-_LAST_LINES:]
        msg = f"{what}: {Path(command[0]).name} ended with {done.returncode}: " + " | ".join(words)
        raise SetupError(msg)
