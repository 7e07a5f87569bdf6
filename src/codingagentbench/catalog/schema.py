"""JSON Schemas of the catalogue's files, for editors and other people's tools."""

from typing import Any

from pydantic import BaseModel

from codingagentbench.catalog.image import ImageRecipe
from codingagentbench.catalog.model import ModelFile
from codingagentbench.catalog.plugin import Plugin
from codingagentbench.catalog.price import PriceTable
from codingagentbench.catalog.source import SourceFile
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.catalog.task import Task
from codingagentbench.catalog.toolchain import Toolchain
from codingagentbench.catalog.tui import Tui

KINDS: dict[str, type[BaseModel]] = {
    "task": Task,
    "tui": Tui,
    "models": ModelFile,
    "plugin": Plugin,
    "prices": PriceTable,
    "toolchain": Toolchain,
    "image": ImageRecipe,
    "sweep": SweepSpec,
    "sources": SourceFile,
}


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema by kind of file."""
    return {kind: model.model_json_schema() for kind, model in KINDS.items()}
