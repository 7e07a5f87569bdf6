"""Who answers a cell's model calls: a control in the gateway, or an endpoint with a key from the environment."""

import os
from collections.abc import Sequence

from codingagentbench.catalog.load import ModelEntry, TaskFolder
from codingagentbench.catalog.model import Endpoint
from codingagentbench.catalog.tui import Tui
from codingagentbench.errors import SetupError, UsageError
from codingagentbench.gateway.backends import Backend, ControlBackend, EndpointBackend
from codingagentbench.gateway.endpoint.policy import EndpointPolicy


def backend_for(
    model: ModelEntry,
    task: TaskFolder,
    tui: Tui,
    endpoint: str | None,
    marks: Sequence[Sequence[str]] = (),
) -> Backend:
    """The backend of `model`. `endpoint` overrides the catalogue's base URL, never a control.

    `marks`: of the cell's plugins, by which the apprentice sees that they reached it.

    Raises UsageError where no base URL is known, SetupError where the key's variable is not set.
    """
    if model.control is not None:
        return ControlBackend(
            behaviour=model.control.behaviour,
            task=task.task,
            workdir=task.workdir,
            solution=task.solution,
            hands=tui.hands,
            taught_by=marks,
        )
    return endpoint_backend(model, endpoint)


def endpoint_backend(model: ModelEntry, override: str | None = None) -> EndpointBackend:
    """The backend of a model that is no control. Raises as `backend_for` does."""
    if model.endpoint is None or model.model is None:
        msg = f"{model.file}: model {model.id!r} has neither a control nor an endpoint"
        raise UsageError(msg)
    base_url = override or model.endpoint.base_url
    if base_url is None:
        msg = f"{model.file}: endpoint {model.endpoint.name!r} has no base_url: give one with --endpoint URL"
        raise UsageError(msg)
    return EndpointBackend(
        base_url=base_url.rstrip("/"),
        key=_key(model.endpoint.key_env),
        endpoint_model=model.model.endpoint_id or model.model.id,
        wires=tuple(model.endpoint.wires),
        name=model.endpoint.name,
        policy=_policy(model.endpoint),
        max_output_tokens=model.model.max_output_tokens,
    )


def _policy(endpoint: Endpoint) -> EndpointPolicy:
    return EndpointPolicy(
        requests_per_minute=endpoint.requests_per_minute,
        tokens_per_minute=endpoint.tokens_per_minute,
        max_concurrent=endpoint.max_concurrent,
        max_tries=endpoint.max_tries,
        breaker_failures=endpoint.breaker_failures,
        breaker_pause_s=endpoint.breaker_pause_s,
        breaker_probes=endpoint.breaker_probes,
    )


def _key(variable: str | None) -> str | None:
    if variable is None:
        return None
    key = os.environ.get(variable)
    if not key:
        msg = f"the endpoint's key is not set: put it into the environment variable {variable}"
        raise SetupError(msg)
    return key
