"""git on trees that no agent has touched: fixed identity and date, and no configuration of the user's."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from codingagentbench.errors import SetupError

# Fixed, so that the same task gives the same commit everywhere; and no configuration of the user's is read.
GIT_ENV = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "CodingAgentBench",
    "GIT_AUTHOR_EMAIL": "task@codingagentbench.invalid",
    "GIT_COMMITTER_NAME": "CodingAgentBench",
    "GIT_COMMITTER_EMAIL": "task@codingagentbench.invalid",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "LC_ALL": "C.UTF-8",
}


def git(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """What git prints. Raises SetupError where it is missing or fails."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env={**GIT_ENV, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except FileNotFoundError as error:
        msg = "git is not installed: CAB gives every agent a git repository (Debian/Ubuntu: apt-get install git)"
        raise SetupError(msg) from error
    if done.returncode != 0:
        msg = f"git {arguments[0]} failed with exit code {done.returncode}: {done.stderr.strip()}"
        raise SetupError(msg)
    return done.stdout.strip()
