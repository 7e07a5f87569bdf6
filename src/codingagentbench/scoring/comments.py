"""Comments in source text, counted by tree-sitter, so that a `#` in a string is none."""

from functools import cache

import tree_sitter_cpp
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_rust
from tree_sitter import Language, Node, Parser

_GRAMMARS = {
    "python": tree_sitter_python.language,
    "rust": tree_sitter_rust.language,
    "javascript": tree_sitter_javascript.language,
    "cpp": tree_sitter_cpp.language,
}
LANGUAGES = {
    ".py": "python",
    ".rs": "rust",
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "javascript"),
    **dict.fromkeys((".cpp", ".cc", ".cxx", ".hpp", ".hh", ".h"), "cpp"),
}
"""File suffix to language, for the languages whose comments can be counted."""


def count_comments(suffix: str, source: str) -> int:
    """How many comment nodes the source has; a docstring is a string, a Rust doc comment is a comment."""
    tree = _parser(LANGUAGES[suffix]).parse(source.encode("utf-8", "replace"))
    return _count(tree.root_node)


@cache
def _parser(language: str) -> Parser:
    return Parser(Language(_GRAMMARS[language]()))


def _count(root: Node) -> int:
    """Without recursion: hostile source may be nested deeper than Python's stack."""
    total, stack = 0, [root]
    while stack:
        node = stack.pop()
        if node.type in {"comment", "line_comment", "block_comment"}:
            total += 1
        else:
            stack.extend(node.children)
    return total
