"""Faults in catalogue files as lines that a person can act on: file, line, key, bad value, what is accepted."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from codingagentbench.catalog.base import BETWEEN_KEYS
from codingagentbench.catalog.toml_lines import line_of
from codingagentbench.errors import CatalogError

MAX_TOML_BYTES = 1 << 20
_SHOWN = 80
M = TypeVar("M", bound=BaseModel)
Location = Sequence[str | int]


def read_entry(file: Path, model: type[M]) -> M:
    """`file` as a `model`. Raises CatalogError with every fault of the file, one a line."""
    text = read_text(file)
    try:
        data = tomllib.loads(text)
    except RecursionError as error:
        msg = f"{file}: nested too deeply to be read"
        raise CatalogError(msg) from error
    except ValueError as error:  # TOMLDecodeError is one; a number of more than 4,300 digits gives a plain one
        raise CatalogError(_syntax_fault(file, str(error))) from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = (_fault(file, text, data, model, e) for e in error.errors(include_url=False))
        raise CatalogError("\n".join(dict.fromkeys(faults))) from error


def read_text(file: Path) -> str:
    """A catalogue file's text; CatalogError where it is missing, no plain file, too large or not UTF-8."""
    try:
        if file.exists() and not file.is_file():  # a pipe would never end
            msg = f"{file}: not a file"
            raise CatalogError(msg)
        size = file.stat().st_size
        if size > MAX_TOML_BYTES:
            msg = f"{file}: {size} bytes: accepted: at most {MAX_TOML_BYTES}"
            raise CatalogError(msg)
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        msg = f"{file}: cannot be read: {error.strerror}"
        raise CatalogError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{file}: not UTF-8 at byte {error.start}"
        raise CatalogError(msg) from error


def fault_at(file: Path, text: str, location: Location, what: str) -> str:
    """One fault as a line: where the key at `location` stands in `text`, the key, and what is wrong with it."""
    line = line_of(text, location)
    key = ".".join(_key(part) for part in location) or "(top level)"
    return f"{file}:{line}: {key}: {what}" if line else f"{file}: {key}: {what}"


def shown(value: object) -> str:
    """A bad value for a message: on one line, cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # hexadecimal 5,000 digits long are read, but not written in decimal
        return "a number of more than 4,300 digits"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def near_or_all(name: str, known: Iterable[str]) -> str:
    """The nearest of `known`, or all of them."""
    names = list(known)
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"accepted: {', '.join(names)}"


def _syntax_fault(file: Path, message: str) -> str:
    place = re.search(r"\(at line (\d+), column (\d+)\)$", message)
    if place is None:
        return f"{file}: not TOML: {message}"
    return f"{file}:{place[1]}:{place[2]}: not TOML: {message[: place.start()].strip()}"


def _key(part: str | int) -> str:
    """A name as TOML writes it: one that holds a line break or a dot is quoted."""
    return str(part) if isinstance(part, int) or re.fullmatch(r"[A-Za-z0-9_-]+", part) else shown(part)


def _fault(file: Path, text: str, data: object, model: type[BaseModel], error: ErrorDetails) -> str:
    if error["type"] == BETWEEN_KEYS:
        return fault_at(file, text, error["ctx"]["place"], error["ctx"]["what"])
    location = _in_the_file(error["loc"], data)
    return fault_at(file, text, location, _what(error, model))


def _what(error: ErrorDetails, model: type[BaseModel]) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "missing: a value is needed"
        case "extra_forbidden":
            return f"unknown key: {near_or_all(str(error['loc'][-1]), _fields_at(model, error['loc'][:-1]))}"
        case "union_tag_not_found":
            return f"missing: the key {context['discriminator']}"
        case "union_tag_invalid":
            tags = context["expected_tags"].replace("'", "").split(", ")
            return f"{context['discriminator']}: bad value {shown(context['tag'])}: {near_or_all(context['tag'], tags)}"
        case _:
            return f"bad value {shown(error['input'])}: accepted: {_accepted(error['msg'])}"


def _accepted(message: str) -> str:
    """pydantic's sentence as what follows "accepted:"."""
    message = message.removeprefix("Value error, must be ").removeprefix("Input should be ")
    return re.sub(r"^(String|List|Dictionary|Date) should ", lambda m: f"a {m[1].lower()} that has to ", message)


def _in_the_file(location: Location, data: object) -> list[str | int]:
    """Without the steps that pydantic adds for the branch of a union or for a key; they stand in no file."""
    kept: list[str | int] = []
    here: Any = data  # what tomllib gave: tables, arrays and values
    for part in location:
        if isinstance(here, list) and isinstance(part, int):
            here = here[part]
        elif isinstance(here, dict) and (part in here or part == location[-1]):  # the last one may be what is missing
            here = here.get(part)
        else:
            continue
        kept.append(part)
    return kept


def _fields_at(model: type[BaseModel], location: Location) -> list[str]:
    """The keys of the table at `location`; where it may be one of several, its `kind` stands in the location too."""
    models = [model]
    for part in location:
        if isinstance(part, int):
            continue
        inner = [m for here in models if (f := here.model_fields.get(part)) for m in _models_in(f.annotation)]
        models = inner or [m for m in models if part in getattr(m.model_fields["kind"].annotation, "__args__", ())]
    return list(dict.fromkeys(name for m in models for name in m.model_fields))


def _models_in(annotation: Any) -> list[type[BaseModel]]:  # any annotation of a model field
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in getattr(annotation, "__args__", ()) for found in _models_in(inner)]
