"""Gates: whether a comparison is worse than is allowed, for a maintainer's CI."""

from dataclasses import dataclass

from codingagentbench.errors import UsageError
from codingagentbench.stats.compare import METRICS, Comparison, Metric
from codingagentbench.wording import counted

AXES = ("pass_rate", *METRICS)
_RELATIVE = ("tokens", "latency")


@dataclass(frozen=True, slots=True)
class Gate:
    """`AXIS=MARGIN`: pass_rate and blast_radius may get worse by so much, tokens and latency by that part."""

    axis: str
    margin: float

    def fault(self, comparison: Comparison, *, certain: bool = False) -> str | None:
        """Why the comparison does not pass, None where it does; what is not known does not.

        `certain`: only where the whole interval is beyond the margin; else the estimate decides.
        """
        metric: Metric = getattr(comparison, self.axis)
        relative = self.axis in _RELATIVE
        value = metric.ratio if relative else metric.difference
        interval = metric.ratio_interval if relative else metric.difference_interval
        if value is None or (certain and interval is None):
            what = "interval" if value is not None else "figure"
            over = f"{counted(metric.n, 'pair')} of {counted(metric.tasks, 'task')}"
            return f"{comparison.b}: {self.axis}: no {what} over {over}"
        worse = -1 if self.axis == "pass_rate" else 1
        ends = interval if certain and interval else (value, value)
        mildest = min((end - (1 if relative else 0)) * worse for end in ends)
        if mildest <= self.margin:
            return None
        said = f"{value - 1:+.1%}" if relative else f"{value:+.3f}"
        return f"{comparison.b}: {self.axis} {said} against {comparison.a} (n={metric.n}): allowed is {self.margin:g}"


def read_gate(text: str) -> Gate:
    """`AXIS=MARGIN`. Raises UsageError."""
    axis, _, number = text.partition("=")
    try:
        margin = float(number)
    except ValueError:
        margin = -1.0
    if axis not in AXES or not 0 <= margin < float("inf"):
        msg = f"--fail-if-worse {text!r}: accepted: AXIS=MARGIN with AXIS {', '.join(AXES)} and MARGIN 0 or more"
        raise UsageError(msg)
    return Gate(axis, margin)
