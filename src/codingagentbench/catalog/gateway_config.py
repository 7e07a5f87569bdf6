"""The file of `cab gateway serve --config FILE`."""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from codingagentbench.catalog.base import Entry, ModelId, Name, fault_between_keys
from codingagentbench.catalog.budget import Ceiling
from codingagentbench.catalog.faults import read_entry
from codingagentbench.catalog.model import Endpoint, EndpointModel
from codingagentbench.catalog.price import ModelPrice
from codingagentbench.catalog.sweep import ProviderTool

_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:]+)\]|(?P<v4>[0-9.]+)|(?P<name>localhost)):(?P<port>[0-9]{1,5})")
_MAX_PORT = 65_535


class ServedEndpoint(Endpoint):
    """One endpoint and the models behind it; limits and retries as in the catalogue's model files."""

    model: Annotated[list[EndpointModel], Field(min_length=1)]


class Client(Entry):
    """Who may call. The token is in the variable `env`, or known by its hash, or made at start and printed once."""

    name: Name
    env: Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")] | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    models: list[ModelId] = []
    """The models that it may call; empty: all."""
    budget: Ceiling = Ceiling()
    """Of this client, until the gateway is stopped."""


class GatewayConfig(Entry):
    """Addresses, endpoints, clients, budgets; keys and tokens are in the environment, never in the file."""

    listen: str = "127.0.0.1:4000"
    """Address and port; port 0 takes a free one. Only this machine can reach 127.0.0.1 and [::1]."""
    record: Annotated[str, StringConstraints(min_length=1)]
    """The folder for records, relative to the file's; each start makes a folder of its own below it."""
    endpoint: Annotated[list[ServedEndpoint], Field(min_length=1)]
    token: list[Client] = []
    """Without one, a token for everything is made and printed."""
    price: list[ModelPrice] = []
    """Dollars a million tokens; a model that is not here has the price of the catalogue's tables, if any."""
    budget: Ceiling = Ceiling()
    """Of all clients together, until the gateway is stopped."""
    grant_tools: list[ProviderTool] = []
    """Provider-side tools that are left in requests; the others are taken out, and the record says so."""
    min_free_mib: Annotated[int, Field(ge=1)] = 64
    """Of the record folder's disk. Below it no call is served, because it could not be recorded."""
    drain_s: Annotated[float, Field(ge=0, le=3600)] = 30.0
    """How long calls under way may go on when the gateway is told to stop."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `listen`."""
        match = _ADDRESS.fullmatch(self.listen)
        if match is None:
            msg = f"not checked: {self.listen!r}"
            raise ValueError(msg)
        return match["v6"] or match["v4"] or "127.0.0.1", int(match["port"])

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for place, what in self._faults():
            raise fault_between_keys(place, what)
        return self

    def _faults(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """What no single key shows."""
        if not _is_address(self.listen):
            yield ("listen",), f"bad value {self.listen!r}: accepted: ADDRESS:PORT, e.g. '127.0.0.1:4000', '[::1]:4000'"
        ids = [model.id for endpoint in self.endpoint for model in endpoint.model]
        for twin in {name for name in ids if ids.count(name) > 1}:
            yield ("endpoint",), f"model {twin!r} stands there twice: a model has one endpoint"
        for endpoint in self.endpoint:
            if not (endpoint.base_url or "").startswith(("http://", "https://")):
                what = f"bad value {endpoint.base_url!r} (endpoint {endpoint.name!r})"
                yield ("endpoint", "base_url"), f"{what}: accepted: a URL with http:// or https://, up to and with /v1"
        names = [client.name for client in self.token]
        for twin in {name for name in names if names.count(name) > 1}:
            yield ("token",), f"the name {twin!r} stands there twice: names are unique"
        for client in self.token:
            if client.env and client.sha256:
                yield ("token", "env"), f"token {client.name!r} has env and sha256: accepted: one of them"
            for model in client.models:
                if model not in ids:
                    yield ("token", "models"), f"unknown model {model!r}: accepted: {', '.join(ids)}"


def read_config(file: Path) -> GatewayConfig:
    """The configuration. Raises CatalogError with file, line, key, value and what is accepted."""
    return read_entry(file, GatewayConfig)


def _is_address(text: str) -> bool:
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) > _MAX_PORT:
        return False
    try:
        return bool(match["name"] or ip_address(match["v6"] or match["v4"]))
    except ValueError:
        return False
