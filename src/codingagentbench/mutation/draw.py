"""Choices by seed: the same on every machine, whatever its Python, locale, hash seed or order of folders."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def rank(seed: str, *labels: object) -> int:
    """A number below 2**64, from the seed and what is to be decided. Labels are told apart by their length."""
    total = hashlib.sha256()
    for part in (seed, *map(str, labels)):
        text = part.encode()
        total.update(len(text).to_bytes(8, "big") + text)
    return int.from_bytes(total.digest()[:8], "big")


def pick(seed: str, options: Sequence[T], *labels: object) -> T:
    """One of `options`, which must not be empty."""
    return options[rank(seed, *labels) % len(options)]


def shuffled(seed: str, items: Sequence[T], *labels: object) -> list[T]:
    """The items in the seed's order; items that read the same keep theirs."""
    return sorted(items, key=lambda item: rank(seed, *labels, item))
