"""Translation between wire shapes, where a CLI speaks one that its endpoint does not.

Chat is the hub: a client's request becomes a chat request, and that, where the endpoint speaks something else, the
endpoint's. A reply is read into pieces that belong to no wire (`delta.Delta`) and written in the client's shape, by
one state machine a wire that serves streams and whole replies alike. docs/decisions/translation.md says why it is ours.
"""

from codingagentbench.gateway.translate.delta import UntranslatableError
from codingagentbench.gateway.translate.estimate import estimated_tokens
from codingagentbench.gateway.translate.translation import ENDPOINT_PATHS, Translation, endpoint_wire, translate

__all__ = ["ENDPOINT_PATHS", "Translation", "UntranslatableError", "endpoint_wire", "estimated_tokens", "translate"]
