"""A task's `[[history]]`: the same objects wherever it is made, and nothing of it in the work tree."""

from dataclasses import replace
from pathlib import Path

import pytest

from codingagentbench.catalog.load import TaskFolder, open_catalog
from codingagentbench.catalog.task import HistoryCommit
from codingagentbench.runner.commits import committed_texts
from codingagentbench.runner.git import git
from codingagentbench.runner.prepare import make_template, prepare

ANSWER = "def reverse(text):\n    return 'the answer of later'\n"
TEXT = "planted-0123456789"


@pytest.fixture
def task(tmp_path: Path) -> TaskFolder:
    base = open_catalog().task("polyglot/python-reverse-string")
    folder = tmp_path / "task"
    for overlay, text in (("early", "# before\n"), ("later", ANSWER)):
        (folder / "history" / overlay / "src").mkdir(parents=True)
        (folder / "history" / overlay / "src/reverse.py").write_text(text)
    (folder / "workdir").symlink_to(base.workdir)
    history = [
        HistoryCommit(place="before", overlay="early", message="Begin", removes=["README.md"]),
        HistoryCommit(place="branch", overlay="later", message="Finish", branch="release"),
        HistoryCommit(place="branch", removes=["README.md"], message="Tidy", branch="release"),
        HistoryCommit(place="stash", overlay="later", message="half done"),
        HistoryCommit(place="dangling", overlay="later", message="amended away"),
    ]
    return replace(base, folder=folder, task=base.task.model_copy(update={"history": history}))


def refs(tree: Path) -> str:
    return git(tree, "for-each-ref", "--format=%(objectname) %(refname)")


def test_two_makings_have_the_same_refs(task: TaskFolder, tmp_path: Path) -> None:
    first, second = (make_template(task, [], tmp_path / name) for name in ("a", "b"))
    assert refs(first.tree) == refs(second.tree)
    assert [line.split()[1] for line in refs(first.tree).splitlines()] == [
        "refs/heads/main",
        "refs/heads/release",
        "refs/stash",
    ]


def test_what_is_where(task: TaskFolder, tmp_path: Path) -> None:
    tree = make_template(task, [], tmp_path / "a").tree
    assert git(tree, "log", "--format=%s", "main").splitlines() == [f"{task.task.id}: as handed out", "Begin"]
    assert git(tree, "show", "main~1:src/reverse.py") == "# before"
    assert "README.md" not in git(tree, "ls-tree", "-r", "--name-only", "main~1").splitlines()
    assert git(tree, "show", "release:src/reverse.py") == ANSWER.strip()
    assert "README.md" not in git(tree, "ls-tree", "-r", "--name-only", "release").splitlines()
    assert git(tree, "show", "stash@{0}:src/reverse.py") == ANSWER.strip()
    assert git(tree, "stash", "list").endswith("half done")
    assert "dangling commit" in git(tree, "fsck", "--no-reflogs")


def test_the_work_tree_is_what_is_handed_out_and_clean(task: TaskFolder, tmp_path: Path) -> None:
    tree = make_template(task, [], tmp_path / "a").tree
    assert git(tree, "status", "--porcelain") == ""
    assert (tree / "src/reverse.py").read_text() == (task.workdir / "src/reverse.py").read_text()


def test_a_text_in_a_commit_is_found_and_one_that_the_task_holds_is_not(task: TaskFolder, tmp_path: Path) -> None:
    prepared = prepare(make_template(task, [], tmp_path / "a"), tmp_path / "cell")
    assert committed_texts(prepared, [TEXT, ANSWER.strip()]) == []
    (prepared.work / "config.py").write_text(f"KEY = '{TEXT}'\n")
    git(prepared.work, "add", "config.py")
    git(prepared.work, "commit", "--quiet", "--message", "oops")
    git(prepared.work, "rm", "--quiet", "config.py")
    git(prepared.work, "commit", "--quiet", "--message", "never happened")
    assert committed_texts(prepared, [TEXT, ANSWER.strip()]) == [TEXT]


@pytest.mark.parametrize("junk", [b"", b"no zlib", b"x\x9c" + b"\0" * 50])
def test_hostile_objects_are_no_error(junk: bytes, task: TaskFolder, tmp_path: Path) -> None:
    prepared = prepare(make_template(task, [], tmp_path / "a"), tmp_path / "cell")
    place = prepared.work / ".git/objects/ab"
    place.mkdir(exist_ok=True)
    (place / ("0" * 38)).write_bytes(junk)
    (prepared.work / ".git/objects/cd").symlink_to("/")
    assert committed_texts(prepared, [TEXT]) == []
