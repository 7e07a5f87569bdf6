import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codingagentbench.catalog.load import open_catalog
from codingagentbench.runner.collect import MAX_FILE_BYTES, Collected, _change, _differences, collect
from codingagentbench.runner.grade import apply_patch, lay_over
from codingagentbench.runner.prepare import Prepared, Template, make_template, prepare
from codingagentbench.runner.tree import walk
from codingagentbench.store.record import Change

TASK = "polyglot/python-reverse-string"
DROPPINGS = [".aider*", ".aider.tags.cache.v*/**"]
OUTPUTS = ["**/__pycache__/**"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return make_template(open_catalog().task(TASK), [], tmp_path_factory.mktemp("template") / "tree")


@pytest.fixture
def prepared(template: Template, tmp_path: Path) -> Prepared:
    return prepare(template, tmp_path / "cell")


def _collect(prepared: Prepared, *, since: int | None = None) -> Collected:
    return collect(prepared, droppings=DROPPINGS, build_outputs=OUTPUTS, let_loose_ns=since)


def _changed(collected: Collected) -> dict[str, str]:
    return {c.path: c.change for c in collected.changes.changes}


def test_an_untouched_work_directory_has_no_changes_and_an_empty_patch(prepared: Prepared) -> None:
    found = _collect(prepared)
    assert (found.changes.changes, found.patch, found.changes.git_dir_modified) == ([], b"", False)


def test_additions_removals_and_modifications_are_told_apart(prepared: Prepared) -> None:
    (prepared.work / "new.txt").write_text("new\n")
    (prepared.work / "README.md").unlink()
    (prepared.work / "src/reverse.py").write_text("changed\n")
    assert _changed(_collect(prepared)) == {"new.txt": "added", "README.md": "removed", "src/reverse.py": "modified"}


def test_a_file_with_its_old_time_and_size_is_still_seen_as_changed(prepared: Prepared) -> None:
    file = prepared.work / "src/reverse.py"
    before, since = file.stat(), time.time_ns()
    time.sleep(0.03)
    file.write_bytes(file.read_bytes()[::-1])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert _changed(_collect(prepared, since=since)) == {"src/reverse.py": "modified"}


def test_droppings_and_build_outputs_are_listed_but_in_no_patch(prepared: Prepared) -> None:
    (prepared.work / ".aider.chat.history.md").write_text("chat\n")
    (prepared.work / "src/__pycache__").mkdir()
    (prepared.work / "src/__pycache__/x.pyc").write_bytes(b"\0")
    (prepared.work / "kept.txt").write_text("kept\n")
    found = _collect(prepared)
    flags = {c.path: (c.dropping, c.build_output) for c in found.changes.changes}
    assert flags == {
        ".aider.chat.history.md": (True, False),
        "src/__pycache__/x.pyc": (False, True),
        "kept.txt": (False, False),
    }
    assert b"kept.txt" in found.patch
    assert b"aider" not in found.patch
    assert b"pycache" not in found.patch


def test_a_file_of_the_task_is_no_dropping_whatever_its_name_is(template: Template, tmp_path: Path) -> None:
    known = {**template.snapshot, b".aider.conf": next(iter(template.snapshot.values()))}
    prepared = prepare(Template(template.tree, template.image, known, template.git_snapshot), tmp_path / "cell")
    assert [(c.path, c.change, c.dropping) for c in _collect_changes(prepared)] == [(".aider.conf", "removed", False)]


def _collect_changes(prepared: Prepared) -> list[Change]:
    found = {n.path: n for n in walk(prepared.work)}
    paths = _differences(prepared.work, found, prepared.template.snapshot, None)
    return [_change(p, prepared.template, found, prepared.work, DROPPINGS, OUTPUTS)[1] for p in paths]


def test_what_git_cannot_hold_is_listed_with_the_reason(prepared: Prepared) -> None:
    os.mkfifo(prepared.work / "pipe")
    (prepared.work / "large").write_bytes(b"\0" * (MAX_FILE_BYTES + 1))
    (prepared.work / "sub/.git").mkdir(parents=True)
    (prepared.work / "sub/.git/config").write_text("[core]\n")
    Path(os.fsdecode(os.fsencode(prepared.work) + b"/\xff\xfe")).write_text("x")
    notes = {c.path: c.note for c in _collect(prepared).changes.changes}
    assert set(notes) == {"pipe", "large", "sub/.git/config", "\\xff\\xfe"}
    assert all(notes.values())


def test_links_are_kept_as_links_and_never_followed(prepared: Prepared, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("host secret")
    (prepared.work / "link").symlink_to(secret)
    found = _collect(prepared)
    assert _changed(found) == {"link": "added"}
    assert b"host secret" not in found.patch


def test_what_an_agent_made_unreadable_is_read_all_the_same(prepared: Prepared) -> None:
    hidden = prepared.work / "hidden"
    hidden.mkdir()
    (hidden / "file").write_text("found\n")
    (hidden / "file").chmod(0)
    hidden.chmod(0)
    assert _changed(_collect(prepared)) == {"hidden/file": "added"}


def test_a_change_in_git_is_seen_and_nothing_in_it_runs(prepared: Prepared, tmp_path: Path) -> None:
    hook = prepared.work / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    (prepared.work / ".git/config").write_text(f'[filter "x"]\nclean = touch {tmp_path}/ran\n')
    (prepared.work / ".gitattributes").write_text("* filter=x diff=x\n")
    found = _collect(prepared)
    assert found.changes.git_dir_modified
    assert _changed(found) == {".gitattributes": "added"}
    assert not (tmp_path / "ran").exists()


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda n: n not in {".", ".."} and len(n.encode()) < 200
)
CONTENT = st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace")))


@given(files=st.dictionaries(NAMES, st.tuples(CONTENT, st.booleans()), max_size=6), rewrite=CONTENT)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_patch_rebuilds_exactly_what_the_agent_left(
    template: Template,
    tmp_path_factory: pytest.TempPathFactory,
    files: dict[str, tuple[bytes, bool]],
    rewrite: bytes,
) -> None:
    place = tmp_path_factory.mktemp("roundtrip")
    prepared = prepare(template, place / "cell")
    (prepared.work / "src/reverse.py").write_bytes(rewrite)
    (prepared.work / "README.md").unlink()
    for name, (content, executable) in files.items():
        file = prepared.work / "sub" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o755 if executable else 0o644)
    found = collect(prepared, droppings=[], build_outputs=[], let_loose_ns=None)
    patched = apply_patch(template, found.changes, found.patch, place / "tree")
    assert patched.error is None
    left_out = {c.path for c in found.changes.changes if c.note}
    assert _tree(patched.tree) == {p: c for p, c in _tree(prepared.work).items() if p not in left_out}


def _tree(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(p.relative_to(root)): (p.read_bytes(), p.stat().st_mode & 0o100)
        for p in root.rglob("*")
        if p.is_file() and ".git" not in p.relative_to(root).parts[:1]
    }


def test_laying_over_replaces_links_instead_of_writing_through_them(tmp_path: Path) -> None:
    outside, tree, hidden = tmp_path / "outside", tmp_path / "tree", tmp_path / "hidden"
    for folder in (outside, tree, hidden / "tests"):
        folder.mkdir(parents=True)
    (hidden / "tests/hidden.py").write_text("hidden\n")
    (tree / "tests").symlink_to(outside)
    lay_over(hidden, tree)
    assert list(outside.iterdir()) == []
    assert (tree / "tests/hidden.py").read_text() == "hidden\n"


def test_a_patch_that_does_not_apply_is_said_and_nothing_is_half_applied(template: Template, tmp_path: Path) -> None:
    bad = b"diff --git a/nowhere b/nowhere\n--- a/nowhere\n+++ b/nowhere\n@@ -1 +1 @@\n-a\n+b\n"
    patched = apply_patch(template, _collect(prepare(template, tmp_path / "c")).changes, bad, tmp_path / "tree")
    assert patched.error is not None
    assert "nowhere" in patched.error


@pytest.mark.parametrize("path", ["../outside", ".git/hooks/pre-commit", "/etc/passwd"])
def test_a_patch_that_climbs_is_refused(template: Template, tmp_path: Path, path: str) -> None:
    patch = f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"
    changes = _collect(prepare(template, tmp_path / "c")).changes
    assert apply_patch(template, changes, patch.encode(), tmp_path / "tree").error is not None
    assert not (tmp_path / "outside").exists()
