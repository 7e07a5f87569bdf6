"""The apprentice: knows the solution, and does what its request teaches it. It shows that plugins reach a model."""

from dataclasses import replace

from codingagentbench.gateway.backends import ControlBackend
from codingagentbench.gateway.controls.history import Conversation


def taught(backend: ControlBackend, talk: Conversation) -> ControlBackend:
    """The control that answers this request: for an apprentice the oracle where it is taught, else the one that talks.

    Every other control is itself.
    """
    if backend.behaviour != "apprentice":
        return backend
    heard = any(phrase in talk.text for phrase in backend.taught_by)
    return replace(backend, behaviour="oracle" if heard else "noop")
