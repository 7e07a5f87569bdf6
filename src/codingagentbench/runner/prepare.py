"""prepare: the work directory from the task, git-initialised, AGENTS.md in place; what it holds is the snapshot.

The tree of a task is made once a sweep (its template, with git's own three processes) and written for each cell from
memory (copies.py): that takes 3 ms, `git init`, `add` and `commit` about fifteen.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.catalog.agents_md import agents_md
from codingagentbench.catalog.load import TaskFolder
from codingagentbench.catalog.plugin import Plugin
from codingagentbench.errors import SetupError
from codingagentbench.runner.copies import TreeImage, read_image
from codingagentbench.runner.tree import Known, snapshot

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
# A developer's machine has an identity; without one some CLIs stop to ask for it.
AGENT_GITCONFIG = "[user]\n\tname = Agent\n\temail = agent@codingagentbench.invalid\n[init]\n\tdefaultBranch = main\n"


@dataclass(frozen=True, slots=True)
class Template:
    """The pristine tree of a task with a plugin stack. Never shown to an agent: its `.git` can be trusted."""

    tree: Path
    image: TreeImage
    snapshot: Mapping[bytes, Known]
    git_snapshot: Mapping[bytes, Known]
    """The same for what is in `.git`, relative to it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One cell's own folders, and the template that its work directory was copied from."""

    work: Path
    home: Path
    template: Template


def make_template(task: TaskFolder, plugins: Sequence[Plugin], folder: Path) -> Template:
    """The template in `folder`, which must not exist. Raises SetupError where git is missing or fails."""
    shutil.copytree(task.workdir, folder, symlinks=True)
    text = agents_md(task.task, plugins)
    if text:
        (folder / "AGENTS.md").write_text(text)
    _git(folder, "init", "--quiet", "--initial-branch=main", "--template=")
    _git(folder, "add", "--all", "--force")
    _git(folder, "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", f"{task.task.id}: as handed out")
    return Template(folder, read_image(folder), snapshot(folder), snapshot(folder / ".git"))


def prepare(template: Template, scratch: Path) -> Prepared:
    """A fresh work directory and an empty private HOME below `scratch`."""
    work, home = scratch / "work", scratch / "home"
    home.mkdir(parents=True)
    (home / ".gitconfig").write_text(AGENT_GITCONFIG)
    template.image.write(work)
    return Prepared(work, home, template)


def _git(folder: Path, *arguments: str) -> None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=GIT_ENV, capture_output=True, text=True, check=False, timeout=60
        )
    except FileNotFoundError as error:
        msg = "git is not installed: CAB gives every agent a git repository (Debian/Ubuntu: apt-get install git)"
        raise SetupError(msg) from error
    if done.returncode != 0:
        msg = f"git {arguments[0]} failed with exit code {done.returncode}: {done.stderr.strip()}"
        raise SetupError(msg)
