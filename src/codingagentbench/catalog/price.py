"""Price tables: `catalog/prices/<name>.toml`, dated list prices; a figure that is left out is unknown, never 0."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from codingagentbench.catalog.base import Entry, Name

PerMillion = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Pattern = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9*?][A-Za-z0-9*?._@:/-]*$", max_length=200)]


class ModelPrice(Entry):
    """What a million tokens cost, by kind, in the table's currency. A kind that is left out has no known price."""

    model: Pattern
    """A model's id, or a glob (`*` and `?`); compared with the model's id and with its endpoint_id."""
    input: PerMillion | None = None
    """Uncached input."""
    cache_read: PerMillion | None = None
    cache_write: PerMillion | None = None
    output: PerMillion | None = None
    """Reasoning tokens are part of it."""
    source: str | None = None
    """Where this figure comes from, where it is not the table's own source."""


class PriceTable(Entry):
    """One dated table. Several may name a model: the newest that is in force on the day of the run counts."""

    name: Name
    version: dt.date
    """In force from this day on; together with the name it is the version that a record states."""
    currency: Literal["USD"] = "USD"
    source: Annotated[str, StringConstraints(min_length=1)]
    """In words: whose prices, from where, read when."""
    price: Annotated[list[ModelPrice], Field(min_length=1)]

    @property
    def id(self) -> str:
        """`name@version`, e.g. "public-list@2025-08-15"."""
        return f"{self.name}@{self.version.isoformat()}"
