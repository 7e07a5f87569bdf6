"""Whether scores computed anew are those of a sealed record, which may be older than some of their fields."""

from typing import Any

import msgspec

from codingagentbench.gateway.cassettes.difference import Difference, differences
from codingagentbench.store.axes import Axes, Composite

Json = dict[str, Any]


def disagreements(sealed: Json, axes: Axes, composites: dict[str, Composite]) -> list[Difference]:
    """Where figures of `sealed`, a decoded `record.json`, are not those computed now.

    A field or a methodology that the record has not is younger than it, and no difference; one that it has and that
    is not computed any more is one.
    """
    recorded = {"axes": sealed["axes"], "composite": sealed["composite"]}
    now = msgspec.json.decode(msgspec.json.encode({"axes": axes, "composite": composites}))
    if recorded["composite"] == {}:  # the cell was not graded: one that is now has changed, not grown
        return differences(recorded, {**_known(now, recorded), "composite": now["composite"]})
    return differences(recorded, _known(now, recorded))


def _known(now: Any, recorded: Any) -> Any:  # any JSON values
    """`now` without the keys that `recorded` does not have."""
    if isinstance(now, dict) and isinstance(recorded, dict):
        return {key: _known(value, recorded[key]) for key, value in now.items() if key in recorded}
    if isinstance(now, list) and isinstance(recorded, list) and len(now) == len(recorded):
        return [_known(one, other) for one, other in zip(now, recorded, strict=True)]
    return now
