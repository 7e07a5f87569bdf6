"""What every catalogue model shares: strict keys and the field types for names, globs and digests."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

# Names become path segments and parts of cell ids, so they can neither climb (`..`) nor hide (leading dot).
NAME = r"[A-Za-z0-9][A-Za-z0-9._@:-]*"

Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$", max_length=100)]
TaskId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9._-]*$", max_length=150)]
ModelId = Annotated[str, StringConstraints(pattern=rf"^{NAME}(/{NAME})*$", max_length=200)]


def _stays_below(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or not path.isprintable():
        msg = "must be a relative path without '..' and without control characters"
        raise ValueError(msg)
    return path


def _is_free(path: str) -> str:
    """Not where a sandbox has something of its own: system, scratch, home, toolchains."""
    first, *rest = path.split("/")[1:]
    taken = first in _SYSTEM_FOLDERS or path == "/home" or path.startswith(("/home/agent", "/opt/cab"))
    if taken or path == "/opt" or any(part in {"", ".", ".."} for part in (first, *rest)) or not path.isprintable():
        msg = "must be an absolute folder that is none of the system's, such as /app"
        raise ValueError(msg)
    return path


_SYSTEM_FOLDERS = frozenset(
    ("bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin", "sys", "tmp", "usr", "var")
) | {"work"}
AbsoluteFolder = Annotated[str, StringConstraints(pattern=r"^/[^/]", max_length=200), AfterValidator(_is_free)]


def _is_settable(name: str) -> str:
    if name in {"PATH", "HOME"} or name.startswith("LD_"):
        msg = "must be a variable that no sandbox sets itself (PATH, HOME, LD_*)"
        raise ValueError(msg)
    return name


EnvName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=100), AfterValidator(_is_settable)
]
RelativePath = Annotated[str, StringConstraints(min_length=1, max_length=400), AfterValidator(_stays_below)]


class Entry(BaseModel):
    """Base of the models for files that people write: unknown keys are errors, values are not coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


BETWEEN_KEYS = "between_keys"


def fault_between_keys(place: tuple[str, ...], what: str) -> PydanticCustomError:
    """The error of a validator that sees the whole entry: the key at fault, and what is wrong with it."""
    return PydanticCustomError(BETWEEN_KEYS, "{what}", {"place": place, "what": what})
