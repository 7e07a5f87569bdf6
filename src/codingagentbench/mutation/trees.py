"""Sources as trees. A grammar that does not know a construct leaves an error there: the rest is read all the same."""

from tree_sitter import Node, Parser

from codingagentbench.scoring.grammars import LANGUAGES, MAX_SOURCE_BYTES, grammar, nodes, suffix_of


def language_of(path: str, content: bytes) -> str | None:
    """By the path's suffix, or by a shell's `#!`; None where there is no grammar, or the content is no text."""
    language = LANGUAGES.get(suffix_of(path))
    if language is None and content.startswith(b"#!") and b"sh" in content.split(b"\n", 1)[0]:
        language = "bash"
    try:
        content.decode()
    except UnicodeDecodeError:
        return None
    return language if len(content) <= MAX_SOURCE_BYTES else None


def tree(language: str, source: bytes) -> Node:
    """The root of the source's tree, whatever errors it has."""
    return Parser(grammar(language)).parse(source).root_node


def errors(root: Node) -> int:
    """Places that the grammar could not read."""
    return sum(node.is_error or node.is_missing for node in nodes(root)) if root.has_error else 0
