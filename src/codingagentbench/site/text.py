"""Text and figures for pages: what a reader sees of hostile text, and of numbers that may be unknown."""

import re
from dataclasses import dataclass
from urllib.parse import quote

_PLAIN_ASCII = bytes(b for b in range(0x80) if b in {0x09, 0x0A} or 0x20 <= b < 0x7F)  # noqa: PLR2004  # ASCII's edges

# Characters that change how their neighbours look, or that cannot be seen: C0 and C1 controls but tab and newline,
# bidirectional marks and overrides, zero-width and line-separator characters, tag characters, non-characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
)
DASH = "\u2013"
TIMES = "\u00d7"


def visible(text: str) -> str:
    """`text` with every invisible or direction-changing character replaced by its code point; tab and newline stay.

    The form is U+202E in angle brackets (U+27E8, U+27E9): few fonts hold the pictures of control characters.
    """
    # Few characters of a page are anything but plain ASCII; only those are looked at.
    unusual = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN_ASCII)
    if not _INVISIBLE.search(unusual.decode("utf-8", "surrogatepass")):
        return text
    return _INVISIBLE.sub(lambda found: f"\u27e8U+{ord(found[0]):04X}\u27e9", text)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as it is printed. `kind`: `known`, `unknown` or `na` (not asked here); `title`: exact value, or why."""

    text: str
    kind: str = "known"
    title: str = ""


UNKNOWN = Figure("unknown", "unknown", "not known: not measured, or not reported")


def unknown(why: str) -> Figure:
    """A figure that is not known; never 0."""
    return Figure("unknown", "unknown", f"not known: {why}")


def not_applicable(why: str) -> Figure:
    """A figure that this task or run does not have."""
    return Figure(DASH, "na", f"not applicable: {why}")


def ratio(value: float | None) -> Figure:
    """0..1 to three decimals, as on the cell page."""
    return UNKNOWN if value is None else Figure(f"{value:.3f}", title=repr(value))


def count(value: float | None) -> Figure:
    """A whole number with thousands separators."""
    return UNKNOWN if value is None else Figure(f"{value:,.0f}", title=repr(value))


def decimal(value: float | None) -> Figure:
    """A figure in the unit of its name, to three decimals."""
    return UNKNOWN if value is None else Figure(f"{value:,.3f}", title=repr(value))


def signed(value: float | None) -> Figure:
    """A difference with its sign."""
    return UNKNOWN if value is None else Figure(f"{value:+,.0f}", title=repr(value))


def seconds(ms: float | None, digits: int = 1) -> Figure:
    """Milliseconds printed as seconds."""
    return UNKNOWN if ms is None else Figure(f"{ms / 1000:.{digits}f} s", title=f"{ms!r} ms")


def milliseconds(ms: float | None) -> Figure:
    """Milliseconds; a decimal only where it says something."""
    return UNKNOWN if ms is None else Figure(ms_text(ms), title=f"{ms!r} ms")


def ms_text(ms: float) -> str:
    """`0.4 ms`, `13 ms`, `203,039 ms`."""
    fine = 0 < abs(ms) < 10  # noqa: PLR2004  # below this a rounded figure says little
    return f"{ms:.1f} ms" if fine else f"{ms:,.0f} ms"


def money(usd: float | None) -> Figure:
    """US dollars."""
    return unknown("no price is stored for this model") if usd is None else Figure(f"${usd:.6f}", title=repr(usd))


def short_digest(digest: str | None) -> str:
    """The first 12 hex digits of "sha256:<hex>", with their prefix."""
    if not digest:
        return ""
    prefix, colon, rest = digest.rpartition(":")
    return f"{prefix}{colon}{rest[:12]}…" if len(rest) > 12 else digest  # noqa: PLR2004  # as the docstring says


def url_path(path: str) -> str:
    """A site path as it stands in a link: `#2` of a repetition would otherwise be read as a fragment."""
    return quote(path, safe="/+@,~-._")


def size_text(size: int) -> str:
    """Bytes as `0 B`, `12 kB`, `3.4 MB`."""
    for unit, step in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= step:
            return f"{size / step:,.1f} {unit}"
    return f"{size} B"


def clipped(text: str, limit: int) -> tuple[str, int]:
    """At most `limit` characters of `text`, and how many were left out."""
    return (text, 0) if len(text) <= limit else (text[:limit], len(text) - limit)
