"""What every catalogue model shares: strict keys and the field types for names, globs and digests."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

# Names become path segments and parts of cell ids, so they can neither climb (`..`) nor hide (leading dot).
NAME = r"[A-Za-z0-9][A-Za-z0-9._@:-]*"

Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$", max_length=100)]
TaskId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9._-]*$", max_length=150)]
ModelId = Annotated[str, StringConstraints(pattern=rf"^{NAME}(/{NAME})*$", max_length=200)]
RelativePath = Annotated[
    str, StringConstraints(pattern=r"^(?!/)(?!.*(^|/)\.\.(/|$))[^\x00\n]+$", max_length=400)
]


class Entry(BaseModel):
    """Base of the models for files that people write: unknown keys are errors, values are not coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)
