"""Comments in source text, counted by tree-sitter, so that a `#` in a string is none."""

from functools import cache
from pathlib import PurePosixPath

import tree_sitter_cpp
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_rust
from tree_sitter import Language, Node, Parser

MAX_SOURCE_BYTES = 512 << 10
"""Larger ones are not parsed: the worst input found (`{[(` over and over) takes 5 s a MiB."""

_GRAMMARS = {
    "python": tree_sitter_python.language,
    "rust": tree_sitter_rust.language,
    "javascript": tree_sitter_javascript.language,
    "cpp": tree_sitter_cpp.language,
}
LANGUAGES = {
    **dict.fromkeys((".py", ".pyi"), "python"),
    ".rs": "rust",
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "javascript"),
    **dict.fromkeys((".cpp", ".cc", ".cxx", ".c", ".hpp", ".hh", ".hxx", ".h", ".ipp"), "cpp"),
}
"""File suffix to language, for the languages whose comments can be counted."""

_OTHER = """
.ts .tsx .mts .cts .go .java .kt .kts .scala .groovy .cs .fs .vb .swift .m .mm .rb .php .pl .pm .lua .r .jl .dart .sh
.bash .zsh .fish .ps1 .sql .ex .exs .erl .hs .ml .mli .clj .lisp .el .zig .nim .d .pas .f90 .s .asm .vue .svelte .css
.scss .less .cu .cmake .mk .gradle .tf .proto .sol .v
"""
OTHER_SOURCES = frozenset(_OTHER.split())
"""Suffixes of source files that may hold comments and for which there is no grammar here."""

_COMMENTS = frozenset({"comment", "html_comment", "line_comment", "block_comment"})


def suffix_of(path: str) -> str:
    """The file's suffix in lower case, with its dot; empty where it has none."""
    return PurePosixPath(path).suffix.lower()


def count_comments(suffix: str, source: str) -> int | None:
    """How many comment nodes the source has; a docstring is a string, a Rust doc comment is a comment.

    None where the text does not parse (what is a comment in it is then anybody's guess) or is larger than
    MAX_SOURCE_BYTES.
    """
    text = source.encode("utf-8", "replace")
    if len(text) > MAX_SOURCE_BYTES:
        return None
    root = Parser(_language(LANGUAGES[suffix])).parse(text).root_node
    # Walking the tree of a broken text can take half a minute (200,000 open brackets become 200,000 siblings).
    return None if root.has_error else _count(root)


@cache
def _language(name: str) -> Language:
    return Language(_GRAMMARS[name]())


def _count(root: Node) -> int:
    """Without recursion: hostile source may be nested deeper than Python's stack."""
    total, stack = 0, [root]
    while stack:
        node = stack.pop()
        if node.type in _COMMENTS:
            total += 1
        else:
            stack.extend(node.children)
    return total
