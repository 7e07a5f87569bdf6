"""The journal of a sweep: one row a cell, written before anything runs, so that a killed sweep knows what is left.

The row of a sealed cell is written after its folder was renamed; a crash between the two is mended at the next start,
because the folder is the truth and the row only an index of it. Hence SQLite's `synchronous=NORMAL` is enough.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from codingagentbench.errors import StoreError
from codingagentbench.sweep.plan import PlannedCell

State = Literal["planned", "running", "sealed", "skipped"]

metadata = MetaData()
cells = Table(
    "cells",
    metadata,
    Column("cell_id", String, primary_key=True),
    Column("ord", Integer, nullable=False),
    Column("plan", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("outcome", String),
    Column("attempt", Integer),
)
_BATCH = 5_000


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One cell's row."""

    plan: PlannedCell
    state: State
    outcome: str | None
    attempt: int | None


class Journal:
    """`<results>/<sweep>/journal.sqlite`. Every method raises StoreError when the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _open(path)

    def plan(self, planned: Iterable[PlannedCell]) -> None:
        """Add cells that are new, renew the plan of those that are there; a narrower plan forgets no cell."""
        rows = [
            {"cell_id": c.cell_id, "ord": i, "plan": msgspec.json.encode(c).decode(), "state": "planned"}
            for i, c in enumerate(planned)
        ]
        with self._guard() as connection:
            connection.execute(update(cells).values(ord=cells.c.ord + len(rows)))
            for start in range(0, len(rows), _BATCH):
                statement = insert(cells)
                renewed = {"ord": statement.excluded.ord, "plan": statement.excluded.plan}
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["cell_id"], set_=renewed),
                    rows[start : start + _BATCH],
                )

    def rows(self) -> Iterator[JournalRow]:
        """Every cell of the sweep in the plan's order."""
        with self._guard() as connection:
            found = connection.execute(select(cells).order_by(cells.c.ord)).all()
        for row in found:
            yield JournalRow(
                plan=msgspec.json.decode(row.plan, type=PlannedCell),
                state=row.state,
                outcome=row.outcome,
                attempt=row.attempt,
            )

    def mark(self, cell_id: str, state: State, *, outcome: str | None = None, attempt: int | None = None) -> None:
        """Write a cell's new state."""
        with self._guard() as connection:
            connection.execute(
                update(cells).where(cells.c.cell_id == cell_id).values(state=state, outcome=outcome, attempt=attempt)
            )

    def leave(self, cell: PlannedCell, outcome: str, reason: str) -> None:
        """A cell is not started: missing data under this row of the failure table, for the reason given."""
        plan = msgspec.json.encode(msgspec.structs.replace(cell, skip_outcome=outcome, skip=reason)).decode()
        with self._guard() as connection:
            connection.execute(
                update(cells).where(cells.c.cell_id == cell.cell_id).values(state="planned", outcome=outcome, plan=plan)
            )

    def counts(self) -> dict[str, int]:
        """Cells by state."""
        with self._guard() as connection:
            return {
                row[0]: row[1]
                for row in connection.execute(select(cells.c.state, func.count()).group_by(cells.c.state))
            }

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def _guard(self) -> Iterator[Connection]:
        """A transaction whose database errors are StoreErrors that name the file."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            msg = f"{self.path}: the journal cannot be used: {reason}"
            raise StoreError(msg) from error


def _open(path: Path) -> Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{path.parent}: cannot be made: {error.strerror}"
        raise StoreError(msg) from error
    engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool)
    event.listen(engine, "connect", _set_pragmas)
    try:
        metadata.create_all(engine)
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        msg = f"{path}: the journal cannot be opened: {reason}"
        raise StoreError(msg) from error
    return engine


def _set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
