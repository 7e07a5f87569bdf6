"""Where a source can be mutated, and its text afterwards."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tree_sitter import Query, QueryCursor

from codingagentbench.mutation.draw import rank, shuffled
from codingagentbench.mutation.operators import RULES
from codingagentbench.mutation.trees import errors, tree
from codingagentbench.scoring.grammars import grammar


@dataclass(frozen=True, slots=True)
class Mutation:
    """One replacement in one file: bytes `start` to `end` become `text`."""

    path: str
    operator: str
    start: int
    end: int
    text: str

    def apply(self, source: bytes) -> bytes:
        """The mutated source."""
        return source[: self.start] + self.text.encode() + source[self.end :]


def mutations(language: str, path: str, source: bytes) -> Iterator[Mutation]:
    """Every mutation whose result parses as well as the source does; each result once, under its first operator."""
    root = tree(language, source)
    unread = errors(root)
    seen = {hashlib.sha256(source).digest()}
    for rule in RULES[language]:
        found = QueryCursor(_query(language, rule.query)).matches(root)
        sites = sorted(found, key=lambda match: (match[1]["site"][0].start_byte, match[1]["site"][0].end_byte))
        for _, captures in sites:
            site = captures["site"][0]
            if site.has_error:
                continue
            for text in rule.rewrite.texts(captures):
                mutation = Mutation(path, rule.operator, site.start_byte, site.end_byte, text)
                mutated = mutation.apply(source)
                digest = hashlib.sha256(mutated).digest()
                if digest not in seen and errors(tree(language, mutated)) <= unread:
                    seen.add(digest)
                    yield mutation


def in_seeds_order(seed: str, found: list[Mutation]) -> list[Mutation]:
    """Operator by operator in turn, so that a frequent one (off by one) does not crowd out the others."""
    by_operator: dict[str, list[Mutation]] = {}
    for mutation in shuffled(seed, found, "mutation"):
        by_operator.setdefault(mutation.operator, []).append(mutation)
    order = sorted(by_operator, key=lambda name: rank(seed, "operator", name))
    longest = max(map(len, by_operator.values()), default=0)
    return [by_operator[name][turn] for turn in range(longest) for name in order if turn < len(by_operator[name])]


@cache
def _query(language: str, text: str) -> Query:
    return Query(grammar(language), text)
