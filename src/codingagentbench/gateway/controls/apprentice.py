"""The apprentice: knows the solution, and does what its request teaches it. It shows that plugins reach a model."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from codingagentbench.gateway.backends import ControlBackend


def taught(backend: ControlBackend, request: Mapping[str, Any]) -> ControlBackend:
    """The control that answers this request: for an apprentice the oracle where it is taught, else the one that talks.

    Every other control is itself.
    """
    if backend.behaviour != "apprentice":
        return backend
    text = json.dumps(request, ensure_ascii=False)
    heard = any(all(_stands(phrase, text) for phrase in group) for group in backend.taught_by)
    return replace(backend, behaviour="oracle" if heard else "noop")


def _stands(phrase: str, text: str) -> bool:
    """As a piece of the request's JSON (a setting, `"effort": "high"`), or of one of its strings."""
    return phrase in text or json.dumps(phrase, ensure_ascii=False)[1:-1] in text
