"""Which price counts for a model: of every table that names it, one."""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from codingagentbench.catalog.price import ModelPrice, PriceTable

_GLOB = frozenset("*?")


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """A table, where it stands, and how late its catalogue folder came (a later one adds to ours and wins)."""

    table: PriceTable
    file: Path
    root: int

    @property
    def digest(self) -> str:
        """Of the file as it is: what a record's receipt names."""
        return f"sha256:{hashlib.sha256(self.file.read_bytes()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Quote:
    """A model's price with the table that it is from. Dollars a million tokens; None is unknown."""

    input: float | None
    cache_read: float | None
    cache_write: float | None
    output: float | None
    table: str
    """`name@version`."""
    digest: str


def quote(tables: Iterable[PriceEntry], names: Iterable[str], day: dt.date) -> Quote | None:
    """The price of a model that goes by `names` on `day`; None where no table in force names it.

    The last catalogue folder wins, then an exact id over a glob, then the newest table, then the longest pattern.
    """
    called = [n for n in names if n]
    found = [
        (entry.root, not _GLOB & set(row.model), entry.table.version, len(row.model), entry, row)
        for entry in tables
        if entry.table.version <= day
        for row in entry.table.price
        if any(fnmatchcase(name, row.model) for name in called)
    ]
    if not found:
        return None
    *_, entry, row = max(found, key=lambda f: f[:4])
    return _quoted(entry, row)


def _quoted(entry: PriceEntry, row: ModelPrice) -> Quote:
    return Quote(row.input, row.cache_read, row.cache_write, row.output, entry.table.id, entry.digest)
