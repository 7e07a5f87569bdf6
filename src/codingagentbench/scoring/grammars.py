"""Which grammar reads a source file, and its parsed tree."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import PurePosixPath

import tree_sitter_bash
import tree_sitter_c
import tree_sitter_cpp
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_rust
import tree_sitter_sql
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

MAX_SOURCE_BYTES = 512 << 10
"""Larger ones are not parsed: the worst input found (`{[(` over and over) takes 5 s a MiB."""

GRAMMARS: dict[str, Callable[[], object]] = {
    "python": tree_sitter_python.language,
    "rust": tree_sitter_rust.language,
    "javascript": tree_sitter_javascript.language,
    "typescript": tree_sitter_typescript.language_typescript,
    "tsx": tree_sitter_typescript.language_tsx,
    "go": tree_sitter_go.language,
    "java": tree_sitter_java.language,
    "c": tree_sitter_c.language,
    "cpp": tree_sitter_cpp.language,
    "bash": tree_sitter_bash.language,
    "sql": tree_sitter_sql.language,
}
LANGUAGES = {
    **dict.fromkeys((".py", ".pyi"), "python"),
    ".rs": "rust",
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "javascript"),
    **dict.fromkeys((".ts", ".mts", ".cts"), "typescript"),
    ".tsx": "tsx",
    ".go": "go",
    ".java": "java",
    ".c": "c",
    **dict.fromkeys((".cpp", ".cc", ".cxx", ".hpp", ".hh", ".hxx", ".h", ".ipp"), "cpp"),
    **dict.fromkeys((".sh", ".bash", ".bats"), "bash"),
    ".sql": "sql",
}
"""File suffix to language, for the languages that can be parsed here."""

_OTHER = """
.kt .kts .scala .groovy .cs .fs .vb .swift .m .mm .rb .php .pl .pm .lua .r .jl .dart .zsh .fish .ps1 .ex .exs .erl .hs
.ml .mli .clj .lisp .el .zig .nim .d .pas .f90 .s .asm .vue .svelte .css .scss .less .cu .cmake .mk .gradle .tf .proto
.sol .v
"""
OTHER_SOURCES = frozenset(_OTHER.split())
"""Suffixes of source files for which there is no grammar here."""


def suffix_of(path: str) -> str:
    """The file's suffix in lower case, with its dot; empty where it has none."""
    return PurePosixPath(path).suffix.lower()


def parsed(suffix: str, source: str) -> Node | None:
    """The root of the source's tree.

    None where the text does not parse (what stands in it is then anybody's guess) or is larger than MAX_SOURCE_BYTES.
    """
    text = source.encode("utf-8", "replace")
    if len(text) > MAX_SOURCE_BYTES:
        return None
    root = Parser(grammar(LANGUAGES[suffix])).parse(text).root_node
    # Walking the tree of a broken text can take half a minute (200,000 open brackets become 200,000 siblings).
    return None if root.has_error else root


def nodes(root: Node) -> Iterator[Node]:
    """Every node in the order of the text, without recursion: hostile source is nested deeper than the stack."""
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def text_of(node: Node) -> str:
    """The node's source."""
    return (node.text or b"").decode("utf-8", "replace")


@cache
def grammar(name: str) -> Language:
    """The grammar of a language of GRAMMARS."""
    return Language(GRAMMARS[name]())
