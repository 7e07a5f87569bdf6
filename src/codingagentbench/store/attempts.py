"""Sealed attempts, read back from disk. `attempt-001`, `attempt-002`, ... below a cell's folder; the newest counts."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from codingagentbench.errors import StoreError, UsageError
from codingagentbench.paths import cell_folder
from codingagentbench.store.record import AskedCommand, Changes, Grade, ModelCall, Record, Span

ATTEMPT_NAME = re.compile(r"attempt-(\d{3,})")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sealed attempt: its folder and its decoded `record.json`. The rest is read when asked for."""

    folder: Path
    record: Record

    def stored(self) -> dict[str, Any]:
        """`record.json` as it was sealed, without what newer fields would have as their default."""
        return _read(self.folder / "record.json", dict[str, Any])

    def spans(self) -> list[Span]:
        """`trace.jsonl`."""
        return _read_lines(self.folder / "trace.jsonl", Span)

    def model_calls(self) -> list[ModelCall]:
        """`model_calls.jsonl`."""
        return _read_lines(self.folder / "model_calls.jsonl", ModelCall)

    def changes(self) -> Changes:
        """`changes.json`."""
        return _read(self.folder / "changes.json", Changes)

    def grade(self) -> Grade | None:
        """`grade.json`, or None when the attempt was not graded."""
        path = self.folder / "grade.json"
        return _read(path, Grade) if path.exists() else None

    def commands(self) -> list[AskedCommand] | None:
        """`commands.jsonl`, or None where the attempt has none: not every reply was stored."""
        path = self.folder / "commands.jsonl"
        return _read_lines(path, AskedCommand) if path.exists() else None

    def diff(self) -> str:
        """`diff.patch`; bytes that are not UTF-8 are replaced."""
        return _bytes(self.folder / "diff.patch").decode("utf-8", "replace")


def read_attempt(folder: Path) -> Attempt:
    """The attempt in `folder`. Raises StoreError, naming the file, when the record is damaged."""
    return Attempt(folder, _read(folder / "record.json", Record))


def sealed_attempts(cell: Path) -> list[Path]:
    """Folders of a cell's sealed attempts, oldest first; half-written ones (hidden names) are not among them."""
    if not cell.is_dir():
        return []
    numbered = [(int(m[1]), e) for e in cell.iterdir() if (m := ATTEMPT_NAME.fullmatch(e.name))]
    return [folder for _, folder in sorted(numbered)]


def latest_attempt(results: Path, cell_id: str) -> Attempt:
    """The newest sealed attempt of a cell. Raises UsageError when there is none."""
    _refuse_climbing(cell_id)
    sealed = sealed_attempts(cell_folder(results, cell_id))
    if not sealed:
        msg = f"no sealed cell {cell_id!r} in {results}: `cab cells` lists the cells that are there"
        raise UsageError(msg)
    return read_attempt(sealed[-1])


def latest_attempts(results: Path, sweep: str | None = None) -> Iterator[Attempt]:
    """The newest sealed attempt of every cell of every sweep (or of one), sorted by path.

    Raises UsageError where `sweep` has no results.
    """
    for folder in _sweep_folders(results, sweep):
        for cell in _cells_below(folder / "cells"):
            yield read_attempt(sealed_attempts(cell)[-1])


def _sweep_folders(results: Path, sweep: str | None) -> list[Path]:
    if sweep is not None:
        _refuse_climbing(sweep)
        if not (results / sweep / "cells").is_dir():
            msg = f"no sweep {sweep!r} in {results}: `cab cells` lists the cells that are there"
            raise UsageError(msg)
        return [results / sweep]
    if not results.is_dir():
        return []
    return sorted(e for e in results.iterdir() if (e / "cells").is_dir())


def _cells_below(root: Path) -> Iterator[Path]:
    """Folders that hold at least one sealed attempt."""
    if not root.is_dir():
        return
    for here, folders, _ in os.walk(root):
        attempts = [f for f in folders if ATTEMPT_NAME.fullmatch(f)]
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in attempts)
        if attempts:
            yield Path(here)


def _refuse_climbing(cell_id: str) -> None:
    if not cell_id or any(part in {"", ".", ".."} for part in cell_id.split("/")):
        msg = f"{cell_id!r} is no cell id: accepted is sweep/tui/model/family/task, as `cab cells` prints it"
        raise UsageError(msg)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise StoreError(msg) from error


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(_bytes(path), type=kind)
    except msgspec.MsgspecError as error:
        msg = f"{path}: damaged: {error}"
        raise StoreError(msg) from error


def _read_lines(path: Path, kind: type[T]) -> list[T]:
    try:
        return msgspec.json.Decoder(kind).decode_lines(_bytes(path))
    except msgspec.MsgspecError as error:
        msg = f"{path}: damaged: {error}"
        raise StoreError(msg) from error
