"""Whatever a run wrote, a page has the elements of its template and no others."""

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codingagentbench.site.build import build_site

Seal = Callable[..., Path]
Element = tuple[str, tuple[str, ...]]
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "' onmouseover='alert(3)",
    "</pre></script></style></title><svg onload=alert(4)>",
    "<!--",
    "{{ 7 * 7 }}{% raw %}",
    "\x1b[31m\x00\u202e\u2066\u200b",
    "&lt;script&gt;",
    "]]>",
)


class Elements(HTMLParser):
    """The elements of a page, its addresses, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[Element] = set()
        self.scripts: list[dict[str, str | None]] = []
        self.addresses: set[str] = set()
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add((tag, tuple(name for name, _ in attrs)))
        self.addresses |= {value or "" for name, value in attrs if name in {"href", "src"}}
        if tag == "script":
            self.scripts.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(seal: Seal, folder: Path, assets: Path, text: str) -> Elements:
    results, out = folder / "results", folder / "out"
    attempt = seal(results, outcome="failed", text=text)
    report = build_site(results, out, catalog=None, assets=assets, log=lambda _: None)
    assert report.problems == ()
    cell = attempt.parent.relative_to(results / "free-20260527" / "cells")
    return Elements((out / "cell" / "free-20260527" / cell / "index.html").read_text())


def assert_inert(page: Elements, plain: Elements) -> None:
    assert page.elements <= plain.elements
    assert [set(script) for script in page.scripts] == [{"src", "defer"}]
    assert not any(address.lower().startswith(("javascript:", "data:")) for address in page.addresses)
    assert not any(name.startswith("on") or name == "style" for _, names in page.elements for name in names)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, seal: Seal, no_assets: Path) -> Elements:
    return page_of(seal, tmp_path_factory.mktemp("plain"), no_assets, "plain")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_element(tmp_path: Path, seal: Seal, no_assets: Path, plain: Elements, text: str) -> None:
    assert_inert(page_of(seal, tmp_path, no_assets, text), plain)


def test_hostile_text_is_still_there_to_read(tmp_path: Path, seal: Seal, no_assets: Path) -> None:
    page = page_of(seal, tmp_path, no_assets, "<script>alert(1)</script>\x1b[0m{{ 7 * 7 }}")
    assert "<script>alert(1)</script>⟨U+001B⟩[0m{{ 7 * 7 }}" in page.text


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1) | st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map("".join))
def test_any_text_in_any_field_is_inert(
    tmp_path_factory: pytest.TempPathFactory, seal: Seal, no_assets: Path, plain: Elements, text: str
) -> None:
    assert_inert(page_of(seal, tmp_path_factory.mktemp("any"), no_assets, text), plain)
