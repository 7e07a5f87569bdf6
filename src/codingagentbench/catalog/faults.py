"""Faults in catalogue files as lines that a person can act on: file, line, key, bad value, what is accepted."""

import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from codingagentbench.errors import CatalogError

MAX_TOML_BYTES = 1 << 20
_SHOWN = 80
M = TypeVar("M", bound=BaseModel)


def read_entry(file: Path, model: type[M]) -> M:
    """`file` as a `model`. Raises CatalogError with every fault of the file, one a line."""
    text = read_text(file)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(_syntax_fault(file, str(error))) from error
    except RecursionError as error:
        msg = f"{file}: nested too deeply to be read"
        raise CatalogError(msg) from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [_fault(file, text, model, e) for e in error.errors(include_url=False)]
        raise CatalogError("\n".join(faults)) from error


def read_text(file: Path) -> str:
    """A catalogue file's text; CatalogError where it is missing, too large or not UTF-8."""
    try:
        size = file.stat().st_size
        if size > MAX_TOML_BYTES:
            msg = f"{file}: {size} bytes: accepted: at most {MAX_TOML_BYTES}"
            raise CatalogError(msg)
        return file.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{file}: cannot be read: {error.strerror}"
        raise CatalogError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{file}: not UTF-8 at byte {error.start}"
        raise CatalogError(msg) from error


def _syntax_fault(file: Path, message: str) -> str:
    place = re.search(r"\(at line (\d+), column (\d+)\)$", message)
    if place is None:
        return f"{file}: not TOML: {message}"
    return f"{file}:{place[1]}:{place[2]}: not TOML: {message[: place.start()].strip()}"


def _fault(file: Path, text: str, model: type[BaseModel], error: Any) -> str:  # pydantic's ErrorDetails
    location = [part for part in error["loc"] if not _is_union_tag(part)]
    key = ".".join(str(part) for part in location) or "(top level)"
    line = _line_of(text, location)
    where = f"{file}:{line}" if line else f"{file}"
    if error["type"] == "missing":
        return f"{where}: {key}: missing: a value is needed"
    if error["type"] == "extra_forbidden":
        return f"{where}: {key}: unknown key: {_near_key(model, location)}"
    return f"{where}: {key}: bad value {_shown(error['input'])}: {error['msg']}"


def _is_union_tag(part: object) -> bool:
    """pydantic puts the branch of a union into the location; it stands in no file."""
    return isinstance(part, str) and ("[" in part or "constrained-" in part)


def _line_of(text: str, location: Iterable[object]) -> int | None:
    """The line that most likely holds the key: each name is looked for below the one before it."""
    lines = text.splitlines()
    found: int | None = None
    start = 0
    for part in location:
        if isinstance(part, int):
            continue
        pattern = re.compile(
            rf"^\s*(\[+\s*)?([\w\"'.-]+\.)?[\"']?{re.escape(str(part))}[\"']?\s*(=|\]|\.)|[{{,]\s*{re.escape(str(part))}\s*="
        )
        for number in range(start, len(lines)):
            if pattern.search(lines[number]):
                found, start = number + 1, number
                break
    return found


def _near_key(model: type[BaseModel], location: list[object]) -> str:
    known = list(_fields_at(model, location[:-1]))
    near = get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {near[0]}?" if near else f"accepted: {', '.join(known)}"


def _fields_at(model: type[BaseModel], location: list[object]) -> list[str]:
    here: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int) or here is None:
            continue
        here = _model_in(here.model_fields[part].annotation) if part in here.model_fields else here
    return list((here or model).model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:  # any annotation of a model field
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if (found := _model_in(inner)) is not None:
            return found
    return None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
