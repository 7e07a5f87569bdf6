"""Comments in source text, counted by tree-sitter, so that a `#` in a string is none."""

from tree_sitter import Node

from codingagentbench.scoring.grammars import parsed

_COMMENTS = frozenset({"comment", "html_comment", "line_comment", "block_comment", "marginalia"})


def count_comments(suffix: str, source: str) -> int | None:
    """How many comments the source has; a docstring is a string, a Rust doc comment a comment, `#!` neither.

    None where the text does not parse.
    """
    root = parsed(suffix, source)
    return None if root is None else _count(root)


def _count(root: Node) -> int:
    """Without what stands inside comments: Rust's doc comments have parts of their own."""
    total, stack = 0, [root]
    while stack:
        node = stack.pop()
        if node.type in _COMMENTS:
            total += not (node.start_byte == 0 and (node.text or b"").startswith(b"#!"))
        else:
            stack.extend(node.children)
    return total
