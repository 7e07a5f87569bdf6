"""A mutant as a task folder, named by its content."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from codingagentbench.catalog.task import Constraint, Task
from codingagentbench.catalog.task import Mutation as Origin
from codingagentbench.errors import UsageError
from codingagentbench.globs import matches
from codingagentbench.mutation.base import Base
from codingagentbench.scoring.api import public_signatures
from codingagentbench.scoring.grammars import LANGUAGES, suffix_of

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Made:
    """A task folder's parts: paths to contents."""

    name: str
    digest: str
    """sha256 over everything but task.toml, which holds the name."""
    files: Mapping[str, bytes]
    executable: frozenset[str]


def make_mutant(base: Base, path: str, mutated: bytes, prompt: str, origin: Origin) -> Made:
    """The folder of the mutant that has `mutated` in `path`."""
    work = {**base.work, path: mutated}
    parts = {f"workdir/{p}": c for p, c in work.items()} | {f"grader/{p}": c for p, c in base.grader.items()}
    parts |= {f"solution/{path}": base.work[path], "prompt.md": prompt.encode()}
    runs = {f"workdir/{p}" for p in base.executable if p in work} | {p for p in base.executable if p in parts}
    runs |= {f"solution/{path}"} if path in base.executable else set()
    digest = _digest(parts, runs)
    name = f"{base.task.task.language}-{digest[:_DIGITS]}"
    toml = _toml(_task(base, name, path, mutated, origin))
    return Made(name, f"sha256:{digest}", {**parts, "task.toml": toml.encode()}, frozenset(runs))


def write_mutant(made: Made, version: str, root: Path) -> Path:
    """Below `root`, a catalogue folder. A folder with the very same content stays; raises UsageError for another."""
    place = root / "tasks" / version / "mutations" / made.name
    for path, content in sorted(made.files.items()):
        file = place / path
        if file.exists() and file.read_bytes() != content:
            msg = f"{file}: is there already with another content: choose another --out, or remove {place}"
            raise UsageError(msg)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o755 if path in made.executable else 0o644)
    return place


def _digest(parts: Mapping[str, bytes], runs: set[str]) -> str:
    total = hashlib.sha256()
    for path, content in sorted(parts.items()):
        mark = "x" if path in runs else "-"
        total.update(f"{path}\0{mark}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def _task(base: Base, name: str, path: str, mutated: bytes, origin: Origin) -> dict[str, object]:
    old = base.task.task
    kept = [c for c in old.constraints if _still_fits(c, path, base.work[path], mutated)]
    dumped: dict[str, object] = {
        "id": f"mutations/{name}",
        "family": "mutations",
        "language": old.language,
        "version": old.version,
        "title": f"A mistake in {path}",
        "added": old.added,
        "source": f"made from {old.id} by `cab mutate`",
        "ground_truth_files": [path],
        "protected": [*old.protected],
        "toolchains": [*old.toolchains],
        "build_outputs": [*old.build_outputs],
        "mutation": _set(origin),
        "budget": _set(old.budget),
        "scorer": _set(old.scorer),
        "constraints": [_set(c) for c in kept],
    }
    Task.model_validate(dumped)  # a fault here is ours, and is to show before a folder is written
    return dumped


def _still_fits(constraint: Constraint, path: str, correct: bytes, mutated: bytes) -> bool:
    """Whether a repair of one place can honour it: what the base task asked for beyond that is done already."""
    match constraint.kind:
        case "tests-added" | "file-pattern-required-in-diff":
            return False
        case "file-not-touched":
            return not matches(path, constraint.paths)
        case "api-unchanged" if suffix_of(path) in LANGUAGES:
            suffix = suffix_of(path)
            return public_signatures(suffix, correct.decode()) == public_signatures(suffix, mutated.decode())
    return True


def _set(entry: BaseModel) -> dict[str, object]:
    return entry.model_dump(exclude_none=True, exclude_defaults=True) | (
        {"kind": entry.kind} if hasattr(entry, "kind") else {}
    )


def _toml(table: Mapping[str, object]) -> str:
    return "\n".join(_lines(table, "")) + "\n"


def _lines(table: Mapping[str, object], prefix: str) -> Iterator[str]:
    """Plain values first, then tables, then arrays of tables."""
    tables = {k: v for k, v in table.items() if isinstance(v, dict) and k != "env"}
    arrays = {k: v for k, v in table.items() if isinstance(v, list) and v and isinstance(v[0], dict)}
    for key, value in table.items():
        if key not in tables and key not in arrays:
            yield f"{key} = {_value(value)}"
    for key, value in tables.items():
        yield from ("", f"[{prefix}{key}]", *_lines(value, f"{prefix}{key}."))
    for key, rows in arrays.items():
        for row in rows:
            yield from ("", f"[[{prefix}{key}]]", *_lines(row, f"{prefix}{key}."))


def _value(value: object) -> str:
    """A TOML value: JSON's strings, numbers and booleans are TOML's too (DEL, which TOML wants escaped, apart)."""
    if isinstance(value, str | bool | int):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return str(value)
