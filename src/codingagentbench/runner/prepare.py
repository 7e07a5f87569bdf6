"""prepare: the work directory from the task, git-initialised, AGENTS.md in place; what it holds is the snapshot.

The tree of a task is made once a sweep (its template, with git's own three processes) and written for each cell from
memory (copies.py): that takes 3 ms, `git init`, `add` and `commit` about fifteen.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codingagentbench.catalog.load import TaskFolder
from codingagentbench.catalog.plugin import Plugin
from codingagentbench.errors import SetupError
from codingagentbench.runner.copies import TreeImage, read_image
from codingagentbench.runner.git import git
from codingagentbench.runner.history import make_ancestors, make_descendants
from codingagentbench.runner.tree import Known, snapshot

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
    if task.agents_md:
        (folder / "AGENTS.md").write_text(task.agents_md)
    for plugin in plugins:
        _hand_out(plugin, task, folder)
    git(folder, "init", "--quiet", "--initial-branch=main", "--template=")
    make_ancestors(folder, task)
    git(folder, "add", "--all", "--force")
    git(folder, "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", f"{task.task.id}: as handed out")
    make_descendants(folder, task)
    return Template(folder, read_image(folder), snapshot(folder), snapshot(folder / ".git"))


def _hand_out(plugin: Plugin, task: TaskFolder, folder: Path) -> None:
    """The files that a plugin puts into the work directory; none of them may stand for one of the task's."""
    for path, text in plugin.files.items():
        file = folder / path
        if file.exists() or file.is_symlink():
            msg = f"plugin {plugin.name}: files: {path!r} is in the work directory of {task.task.id} already"
            raise SetupError(msg)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def prepare(template: Template, scratch: Path) -> Prepared:
    """A fresh work directory and an empty private HOME below `scratch`."""
    work, home = scratch / "work", scratch / "home"
    home.mkdir(parents=True)
    (home / ".gitconfig").write_text(AGENT_GITCONFIG)
    template.image.write(work)
    return Prepared(work, home, template)
