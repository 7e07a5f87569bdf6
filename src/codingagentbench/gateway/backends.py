"""Who answers a cell's model calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from codingagentbench.catalog.task import Task
from codingagentbench.catalog.tui import Hand
from codingagentbench.gateway.cassettes.player import Player
from codingagentbench.gateway.endpoint.policy import EndpointPolicy

Behaviour = Literal["oracle", "noop", "vandal", "tamper", "refuse", "fabricate", "malformed", "loop", "apprentice"]


@dataclass(frozen=True, slots=True)
class EndpointBackend:
    """A real endpoint. The key lives here only, in memory; it is in no repr and in nothing stored."""

    base_url: str
    """Up to and with /v1, no slash at its end."""
    key: str | None = field(repr=False)
    endpoint_model: str
    wires: Sequence[str]
    name: str = "endpoint"
    policy: EndpointPolicy = field(default_factory=EndpointPolicy)
    max_output_tokens: int | None = None
    """The model's own limit for one reply; reserved where a request states none."""


@dataclass(frozen=True, slots=True)
class ControlBackend:
    """A scripted model that is served in the gateway itself."""

    behaviour: Behaviour
    task: Task
    workdir: Path
    solution: Path
    hands: Sequence[Hand]
    taught_by: Sequence[Sequence[str]] = ()
    """apprentice: groups of phrases; all phrases of one group have to be in the request."""


@dataclass(frozen=True, slots=True)
class CassetteBackend:
    """A recorded cell, served again; one for each replay."""

    player: Player


Backend = EndpointBackend | ControlBackend | CassetteBackend
