"""The commits of a task's `[[history]]`: ancestors, branches, stashes and objects without a name, the same everywhere.

Made with git's plumbing on an index of its own, so that the work tree never holds what a commit holds.
"""

import tempfile
from pathlib import Path

from codingagentbench.catalog.load import TaskFolder
from codingagentbench.catalog.task import HistoryCommit
from codingagentbench.runner.git import git


def make_ancestors(folder: Path, task: TaskFolder) -> None:
    """Commits before the one that is handed out: `workdir/` under each overlay. `main` ends at the last of them."""
    parent = None
    for commit in (c for c in task.task.history if c.place == "before"):
        parent = _commit(folder, task, commit, tree=None, parents=[parent] if parent else [])
    if parent is not None:
        git(folder, "update-ref", "refs/heads/main", parent)


def make_descendants(folder: Path, task: TaskFolder) -> None:
    """Commits after it. What is stashed last is `stash@{0}`, as with git itself."""
    head = git(folder, "rev-parse", "HEAD") if task.task.history else ""
    tips: dict[str, str] = {}
    for commit in task.task.history:
        match commit.place:
            case "branch":
                name = commit.branch or ""
                parent = tips.get(name, head)
                tips[name] = _commit(folder, task, commit, tree=parent, parents=[parent])
                git(folder, "update-ref", f"refs/heads/{name}", tips[name])
            case "stash":
                index = git(folder, "commit-tree", f"{head}^{{tree}}", "-p", head, "-m", "index on main")
                made = _commit(folder, task, commit, tree=head, parents=[head, index])
                git(folder, "stash", "store", "--quiet", "--message", commit.message, made)
            case "dangling":
                _commit(folder, task, commit, tree=head, parents=[head])


def _commit(folder: Path, task: TaskFolder, commit: HistoryCommit, *, tree: str | None, parents: list[str]) -> str:
    """Its object name. `tree` None: the files as they lie in the work tree."""
    with tempfile.TemporaryDirectory(prefix="cab-index-") as scratch:
        env = {"GIT_INDEX_FILE": str(Path(scratch) / "index"), "GIT_DIR": str(folder / ".git")}
        if tree is None:
            git(folder, "--work-tree", str(folder), "add", "--all", "--force", env=env)
        else:
            git(folder, "read-tree", tree, env=env)
        if commit.overlay is not None:
            overlay = task.folder / "history" / commit.overlay
            git(overlay, "--work-tree", str(overlay), "add", "--ignore-removal", "--force", ".", env=env)
        if commit.removes:
            git(folder, "--work-tree", str(folder), "rm", "--quiet", "--cached", "--", *commit.removes, env=env)
        written = git(folder, "write-tree", env=env)
    options = [word for parent in parents for word in ("-p", parent)]
    return git(folder, "commit-tree", written, *options, "-m", commit.message)
