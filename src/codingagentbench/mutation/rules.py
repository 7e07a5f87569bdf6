"""What an operator is: a tree-sitter query, and how what it finds is written anew."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tree_sitter import Node

from codingagentbench.scoring.grammars import text_of

Captures = Mapping[str, list[Node]]
"""Name of a capture to the nodes that it caught."""
_NUMBER = re.compile(r"\d+(?=(?:[iu](?:8|16|32|64|size)|[uUlL]*)$)|\d+$")


@dataclass(frozen=True, slots=True)
class Template:
    """The site's new text; `{name}` is the text of a capture."""

    text: str

    def texts(self, captures: Captures) -> Iterator[str]:
        """The one new text."""
        found = {name: text_of(nodes[0]) for name, nodes in captures.items()}
        yield re.sub(r"\{(\w+)\}", lambda m: found[m[1]], self.text)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The site is one token; each has its wrong ones."""

    table: Mapping[str, tuple[str, ...]]

    def texts(self, captures: Captures) -> Iterator[str]:
        """None for a token that is not in the table."""
        yield from self.table.get(text_of(captures["site"][0]), ())


@dataclass(frozen=True, slots=True)
class OffByOne:
    """The site is a decimal literal: one more, and one less where that is not below 0."""

    def texts(self, captures: Captures) -> Iterator[str]:
        """None for another notation (hexadecimal, a fraction)."""
        text = text_of(captures["site"][0])
        match = _NUMBER.match(text)
        if match is None or (len(match[0]) > 1 and match[0].startswith("0")):
            return
        value, suffix = int(match[0]), text[match.end() :]
        yield f"{value + 1}{suffix}"
        if value:
            yield f"{value - 1}{suffix}"


@dataclass(frozen=True, slots=True)
class SwapNeighbours:
    """The site is a list of arguments: two that stand side by side change places."""

    skip: int = 0
    """Children that are no arguments: a command's name."""

    def texts(self, captures: Captures) -> Iterator[str]:
        """One text for each pair that differs."""
        site = captures["site"][0]
        given = [c for c in site.named_children if "comment" not in c.type][self.skip :]
        for left, right in pairwise(given):
            if text_of(left) != text_of(right):
                yield _swapped(site, left, right)


@dataclass(frozen=True, slots=True)
class OtherName:
    """The site is a name that is used: another parameter of the same function stands in for it."""

    functions: frozenset[str]
    """Node types of functions."""
    lists: frozenset[str]
    """Node types of their lists of parameters."""

    def texts(self, captures: Captures) -> Iterator[str]:
        """None outside of a function, or where it has no other parameter."""
        site = captures["site"][0]
        names = _parameters(site, self.functions, self.lists)
        name = text_of(site)
        if name in names:
            yield from (other for other in names if other != name)


Rewrite = Template | Tokens | OffByOne | SwapNeighbours | OtherName


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of one operator in one language. The query captures what is replaced as `@site`."""

    operator: str
    query: str
    rewrite: Rewrite


def _swapped(site: Node, left: Node, right: Node) -> str:
    source, start = site.text or b"", site.start_byte
    parts = [
        source[: left.start_byte - start],
        right.text or b"",
        source[left.end_byte - start : right.start_byte - start],
        left.text or b"",
        source[right.end_byte - start :],
    ]
    return b"".join(parts).decode("utf-8", "replace")


def _parameters(node: Node, functions: frozenset[str], lists: frozenset[str]) -> list[str]:
    """Names in the list of the innermost function around `node`, in order; none where the node stands in the list."""
    here: Node | None = node
    while here is not None and here.type not in functions:
        if here.type in lists:
            return []
        here = here.parent
    if here is None:
        return []
    found: list[str] = []
    stack = [here.child_by_field_name("parameters") or here.child_by_field_name("declarator")]
    while stack:
        part = stack.pop()
        if part is None or part.type in functions:
            continue
        if part.type == "identifier" and part.parent is not None and _declares(part, part.parent, here, lists):
            found.append(text_of(part))
        stack.extend(reversed(part.named_children))
    return list(dict.fromkeys(name for name in found if name not in {"self", "this", "cls"}))


def _declares(name: Node, parent: Node, function: Node, lists: frozenset[str]) -> bool:
    """Whether the identifier names a parameter: not a type, not a default value, not the function itself."""
    if any(parent.child_by_field_name(field) == name for field in ("type", "value", "right", "default")):
        return False
    here: Node | None = parent
    while here is not None and here != function:
        if here.type in lists:
            return True
        here = here.parent
    return False
