"""The built site in Debian's Chromium: from disk and from a server, phone and desktop, light and dark."""

import functools
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, expect, sync_playwright

from codingagentbench.catalog.load import open_catalog
from codingagentbench.site.build import build_site

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CELL = "cell/free-20260527/aider/stepfun-ai/step-3.5-flash/polyglot/rust-error-handling/index.html"
REPEATED = "cell/free-20260527/aider/stepfun-ai/step-3.5-flash/polyglot/python-reverse-string%232/index.html"
HOSTILE = "cell/free-20260527/codex/stepfun-ai/step-3.5-flash/polyglot/hostile/index.html"
PAIR = "sweep/free-20260527/aider/stepfun-ai/step-3.5-flash/index.html"
TASK = "task/polyglot/rust-error-handling/index.html"
expect.set_options(timeout=30_000)  # the machine may be busy with other tests
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def site(results: Path, tmp_path: Path, built_assets: Path) -> Path:
    build_site(results, tmp_path / "out", catalog=open_catalog(), assets=built_assets, log=lambda _: None)
    return tmp_path / "out"


class Watched:
    """A page and everything that its console, its errors and its policy said."""

    def __init__(self, browser: Browser, size: str = "desktop", scheme: Any = "light") -> None:
        self.said: list[str] = []
        self.context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)  # type: ignore[arg-type]  # a size
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.on("requestfailed", self._failed)

    def _dismiss(self, dialog: Dialog) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before its icon had come
            self.said.append(f"failed: {request.url}: {request.failure}")

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_pages_open_without_a_complaint_and_do_not_scroll_sideways(
    browser: Browser, site: Path, size: str, scheme: str
) -> None:
    with Watched(browser, size, scheme) as watched:
        for name in ("index.html", CELL, REPEATED, HOSTILE, PAIR, TASK, "sweep/demo/index.html"):
            watched.page.goto(f"{site.as_uri()}/{name}")
            too_wide = watched.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert too_wide <= 0, f"{name} is {too_wide} px wider than a {size}"
        background = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(255, 255, 255)") == (scheme == "light")
        assert watched.said == []


def test_the_trace_is_played_by_keyboard(browser: Browser, site: Path) -> None:
    with Watched(browser) as watched:
        page = watched.page
        page.goto(f"{site.as_uri()}/{CELL}")
        page.locator(".replay").focus()
        clock, name = page.locator(".clock"), page.locator(".current .name")
        assert clock.inner_text() == "t = 0 ms / 9.83 s"
        page.keyboard.press("ArrowRight")
        assert (name.inner_text(), clock.inner_text()) == ("aider:polyglot/rust-error-handling", "t = 13 ms / 9.83 s")
        page.keyboard.press("ArrowLeft")
        assert name.inner_text() == "prepare:polyglot/rust-error-handling"
        for _ in range(12):
            page.keyboard.press(".")
        page.keyboard.press(",")
        assert clock.inner_text() == "t = 1100 ms / 9.83 s"
        assert name.inner_text() == "chat stepfun-ai/step-3.5-flash"
        page.keyboard.press("Space")
        expect(clock).to_have_text(re.compile(r"t = (1[3-9]|[2-9]\d)\d\d ms "))
        page.keyboard.press("Space")
        stopped = clock.inner_text()
        page.wait_for_timeout(150)
        assert clock.inner_text() == stopped
        assert watched.said == []


def test_the_trace_is_scrubbed_and_clicked(browser: Browser, site: Path) -> None:
    with Watched(browser) as watched:
        page = watched.page
        page.goto(f"{site.as_uri()}/{CELL}")
        page.locator(".scrub").evaluate("s => { s.value = s.max; s.dispatchEvent(new Event('input')); }")
        assert page.locator(".current .name").inner_text() == "grade:polyglot/rust-error-handling"
        page.locator(".timeline li").nth(4).click()
        assert page.locator(".current .name").inner_text() == "aider:launch"
        assert "SCRATCH/work" in page.locator(".current .attrs").inner_text()
        assert watched.said == []


def test_the_terminal_plays_from_disk(browser: Browser, site: Path) -> None:
    with Watched(browser) as watched:
        page = watched.page
        page.goto(f"{site.as_uri()}/{CELL}")
        page.locator("#terminal").scroll_into_view_if_needed()
        expect(page.locator(".ap-player")).to_contain_text("Applied edit to src/lib.rs")
        page.locator(".ap-player").click()
        expect(page.locator(".ap-player")).not_to_contain_text("Applied edit")
        assert watched.said == []


def test_the_terminal_plays_from_a_server_and_loads_nothing_before_it_is_near(browser: Browser, site: Path) -> None:
    handler = functools.partial(QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, Watched(browser, "phone") as watched:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            page = watched.page
            page.goto(f"http://127.0.0.1:{server.server_port}/{CELL}")
            assert page.evaluate("typeof cabPlayer") == "undefined"
            page.locator("#terminal").scroll_into_view_if_needed()
            expect(page.locator(".ap-player")).to_contain_text("Applied edit")
            assert watched.said == []
        finally:
            server.shutdown()
            thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        pass


def test_hostile_text_runs_nothing_in_replay_and_terminal(browser: Browser, site: Path) -> None:
    with Watched(browser) as watched:
        page = watched.page
        page.goto(f"{site.as_uri()}/{HOSTILE}")
        page.locator(".replay").focus()
        for _ in range(6):
            page.keyboard.press("ArrowRight")
        assert "<script>alert(1)</script>" in page.locator(".current").inner_text()
        page.locator("#terminal").scroll_into_view_if_needed()
        expect(page.locator(".ap-player")).to_contain_text("<script>alert(1)")
        assert page.locator("img[src='x']").count() == 0
        assert watched.said == []


def test_the_matrix_switches_axes_with_the_keyboard_and_without_scripts(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=SIZES["desktop"])  # type: ignore[arg-type]  # a size
    page = context.new_page()
    page.goto(f"{site.as_uri()}/index.html")
    first = page.locator(".grid td a").first
    assert first.locator(".v-pass").is_visible()
    page.locator("input[value=pass]").focus()
    page.keyboard.press("ArrowRight")
    assert first.locator(".v-composite").is_visible()
    assert not first.locator(".v-pass").is_visible()
    assert "n = " in first.inner_text()
    context.close()


def test_every_number_of_the_matrix_leads_down_to_the_record(browser: Browser, site: Path) -> None:
    with Watched(browser) as watched:
        page = watched.page
        page.goto(f"{site.as_uri()}/index.html")
        page.locator(".grid td a").first.click()
        page.locator(".list td a").first.click()
        assert page.locator("h2", has_text="Per-axis scores").is_visible()
        page.locator("#raw a", has_text="record.json").click()
        page.wait_for_url("**/record.json")
