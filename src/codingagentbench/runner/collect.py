"""collect: what the agent did to its work directory, as `changes.json` and a patch that git can apply.

The agent's own `.git` is hostile (hooks, filters, config), so git never runs in its tree: contents are read here and
the patch is made by libgit2 between two trees in the template's repository, which no agent has seen.

A file is read only when its inode changed after the agent was let loose: ctime cannot be set by a process, mtime can.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import DiffOption, FileMode

from codingagentbench.globs import matches
from codingagentbench.runner.prepare import Prepared, Template
from codingagentbench.runner.tree import Known, Node, digest_node, make_accessible, read_node, walk
from codingagentbench.scrub import Scrubber
from codingagentbench.store.record import Change, Changes

MAX_CHANGES = 20_000
MAX_FILE_BYTES = 4 << 20
MAX_PATCH_BYTES = 64 << 20
MAX_PATCHED_BYTES = 4 * MAX_PATCH_BYTES
"""Contents that are read for the patch; links and sparse files make more of them than a disk holds."""
MAX_DIGESTED_BYTES = 1 << 30
"""Contents that are read for their digests, smaller files first."""
# Kernel timestamps lag the clock by up to one tick; a file too many is only hashed in vain.
_TICK_NS = 20_000_000


@dataclass(frozen=True, slots=True)
class Collected:
    """`patch` holds the changes that are the agent's work: droppings and build outputs are listed, not in it."""

    changes: Changes
    patch: bytes


def collect(
    prepared: Prepared,
    *,
    droppings: Sequence[str],
    build_outputs: Sequence[str],
    let_loose_ns: int | None,
    scrubber: Scrubber | None = None,
) -> Collected:
    """Compare the work directory with its template. `let_loose_ns`: when the agent's process could first write.

    Secrets that `scrubber` knows are taken out of the contents before the patch is made: in a binary patch, which is
    compressed, they could not be found any more.
    """
    make_accessible(prepared.work)
    template = prepared.template
    found = {n.path: n for n in walk(prepared.work)}
    changed = _differences(prepared.work, found, template.snapshot, let_loose_ns)
    digested = _within([found[p] for p in changed[:MAX_CHANGES] if p in found], MAX_DIGESTED_BYTES)
    listed = [
        _change(path, template, found, prepared.work, droppings, build_outputs, digest=path in digested)
        for path in changed[:MAX_CHANGES]
    ]
    work = [c for c in listed if not (c[1].dropping or c[1].build_output)]
    patch, notes = _patch(prepared, work, found, scrubber or Scrubber())
    git_dir = prepared.work / ".git"
    git_found = {n.path: n for n in walk(git_dir)} if git_dir.is_dir() and not git_dir.is_symlink() else {}
    changes = Changes(
        changes=[_with_note(change, notes.get(path)) for path, change in listed],
        extra_git_dir=True,  # the tasks of the catalogue carry no .git of their own: the harness makes it for the TUI
        git_dir_modified=any(
            path != b"index" for path in _differences(git_dir, git_found, template.git_snapshot, let_loose_ns)
        ),
        truncated=len(changed) > MAX_CHANGES,
    )
    return Collected(changes, patch)


def _differences(
    root: Path, found: Mapping[bytes, Node], known: Mapping[bytes, Known], since_ns: int | None
) -> list[bytes]:
    """Paths that were added, removed or differ, sorted."""
    gone = [path for path in known if path not in found]
    other = [p for p, node in found.items() if p not in known or _differs(root, node, known[p], since_ns)]
    return sorted(gone + other)


def _differs(root: Path, node: Node, known: Known, since_ns: int | None) -> bool:
    if since_ns is not None and node.ctime_ns < since_ns - _TICK_NS:
        return False
    if (node.type, node.executable, node.size) != (known.type, known.executable, known.size):
        return True
    return node.type == "other" or digest_node(root, node) != known.digest


def _change(
    path: bytes,
    template: Template,
    found: Mapping[bytes, Node],
    root: Path,
    droppings: Sequence[str],
    build_outputs: Sequence[str],
    *,
    digest: bool = True,
) -> tuple[bytes, Change]:
    before, after = template.snapshot.get(path), found.get(path)
    name = path.decode("utf-8", "backslashreplace")
    shown = after or before
    return path, Change(
        path=name,
        change="added" if before is None else "removed" if after is None else "modified",
        type=shown.type if shown else "file",
        # A path that the task itself holds is the task's, whatever its name looks like.
        dropping=before is None and matches(name, droppings),
        build_output=before is None and matches(name, build_outputs),
        size_before=before.size if before else None,
        size_after=after.size if after else None,
        digest_before=before.digest if before else None,
        digest_after=digest_node(root, after) if after and digest and after.type != "other" else None,
    )


def _within(nodes: Sequence[Node], budget: int) -> set[bytes]:
    """Paths of the files and links that may be read: the small ones first, as many as `budget` bytes hold."""
    chosen, total = set[bytes](), 0
    for node in sorted(nodes, key=lambda n: n.size):
        total += node.size
        if total > budget:
            break
        if node.type != "other":
            chosen.add(node.path)
    return chosen


def _patch(
    prepared: Prepared, changes: Sequence[tuple[bytes, Change]], found: Mapping[bytes, Node], scrubber: Scrubber
) -> tuple[bytes, dict[bytes, str]]:
    """The patch, and for every path that is not in it the reason."""
    too_large = {path: f"the whole patch is over {MAX_PATCH_BYTES >> 20} MiB" for path, _ in changes}
    if sum(n.size for path, _ in changes if (n := found.get(path)) and n.size <= MAX_FILE_BYTES) > MAX_PATCHED_BYTES:
        return b"", too_large
    repository = pygit2.Repository(str(prepared.template.tree / ".git"))
    pristine = repository[repository.head.target].peel(pygit2.Tree)
    index, notes = pygit2.Index(), dict[bytes, str]()
    index.read_tree(pristine)
    for path, change in changes:
        if change.change != "added":
            index.remove(change.path)
        if (node := found.get(path)) is not None:
            note = _add(repository, index, prepared.work, node, scrubber)
            if note:
                notes[path] = note
                if change.change == "modified":  # left as it was, so that the patch does not claim a removal
                    index.add(_entry(pristine, change.path))
    after = repository[index.write_tree(repository)].peel(pygit2.Tree)
    difference = pristine.diff_to_tree(after, flags=DiffOption.SHOW_BINARY)
    patch = b"".join(p.data for p in difference if p is not None)
    if len(patch) > MAX_PATCH_BYTES:
        return b"", too_large
    return patch, notes


def _add(repository: pygit2.Repository, index: pygit2.Index, root: Path, node: Node, scrubber: Scrubber) -> str | None:
    """Put the file as it is now, secrets out, into the index; the reason where that cannot be."""
    if node.type == "other":
        return "neither a file nor a link"
    if node.size > MAX_FILE_BYTES:
        return f"larger than {MAX_FILE_BYTES >> 20} MiB"
    try:
        name = node.path.decode("utf-8")
    except UnicodeDecodeError:
        return "a name that is not UTF-8"
    mode = FileMode.LINK if node.type == "symlink" else FileMode.BLOB_EXECUTABLE if node.executable else FileMode.BLOB
    blob = repository.create_blob(scrubber.clean(read_node(root, node)))
    try:
        index.add(pygit2.IndexEntry(name, blob, mode))
    except (pygit2.GitError, ValueError, OSError) as error:
        return f"a name that git does not hold: {error}"
    return None


def _entry(tree: pygit2.Tree, path: str) -> pygit2.IndexEntry:
    item = tree[path]
    return pygit2.IndexEntry(path, item.id, FileMode(item.filemode))


def _with_note(change: Change, note: str | None) -> Change:
    if note is None:
        return change
    return Change(**{f: getattr(change, f) for f in change.__struct_fields__ if f != "note"}, note=note)
