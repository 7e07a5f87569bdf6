"""Hostile agents in both engines: none passes, each leaves a clean record, the next cell is untouched."""

import html.parser
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from attacks.listing import Attack, attacks, table
from attacks.siege import Siege, besiege
from codingagentbench.errors import SetupError
from codingagentbench.removal import remove_tree
from codingagentbench.site.build import build_site

ROOT = Path(__file__).parents[2]
# A container's start is some twenty times a bubblewrap sandbox's: the quick run has every attack in bubblewrap and
# every third in docker, which the slow run completes.
_QUICK = [a for a in attacks() if not a.slow]
CHOSEN = {
    ("bubblewrap", False): _QUICK,
    ("bubblewrap", True): [a for a in attacks() if a.slow],
    ("docker", False): _QUICK[::3],
    ("docker", True): [a for a in attacks() if a not in _QUICK[::3]],
}
# C0 but the line break, DEL and C1, and what turns the direction of a text or hides it
_ACTIVE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


# Each engine's attacks run once, by one worker.
_GROUPS = {"bubblewrap": pytest.mark.xdist_group("attacks"), "docker": pytest.mark.xdist_group("docker")}
ENGINES = [pytest.param(name, marks=group) for name, group in _GROUPS.items()]


def _each(*, slow: bool) -> list[object]:
    return [
        pytest.param(name, attack, id=f"{name}-{attack.name}", marks=group)
        for name, group in _GROUPS.items()
        for attack in CHOSEN[name, slow]
    ]


_done: dict[tuple[str, bool], Siege] = {}


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]  # a function, below
    folders = []

    def get(engine: str, *, slow: bool) -> Siege:
        if (engine, slow) not in _done:
            folders.append(tmp_path_factory.mktemp(f"attacks-{engine}"))
            try:
                _done[engine, slow] = besiege(engine, CHOSEN[engine, slow], folders[-1] / "siege")
            except SetupError as error:
                pytest.skip(str(error))
        return _done[engine, slow]

    yield get
    _done.clear()
    for folder in folders:
        remove_tree(folder)


def test_there_are_at_least_forty_and_the_document_lists_them_all() -> None:
    assert len(attacks()) >= 40
    assert "\n".join(table()) in (ROOT / "docs/security.md").read_text()
    assert "docs/security.md" in (ROOT / "SECURITY.md").read_text()


@pytest.mark.parametrize(("engine", "attack"), _each(slow=False))
def test_an_attack_does_not_get_through(besieged, engine: str, attack: Attack) -> None:  # type: ignore[no-untyped-def]  # as above
    assert not besieged(engine, slow=False).fallout[attack.name].wrong


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "attack"), _each(slow=True))
def test_a_slow_attack_does_not_get_through(besieged, engine: str, attack: Attack) -> None:  # type: ignore[no-untyped-def]  # as above
    assert not besieged(engine, slow=True).fallout[attack.name].wrong


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_of_all_attacks_is_left_on_the_machine(besieged, engine: str) -> None:  # type: ignore[no-untyped-def]  # as above
    assert not besieged(engine, slow=False).wrong


@pytest.mark.parametrize("engine", ENGINES)
def test_no_attack_puts_an_element_on_a_page(besieged, engine: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # as above
    siege, assets = besieged(engine, slow=False), _assets(tmp_path / "assets")
    report = build_site(siege.results, tmp_path / "site", catalog=None, assets=assets, log=lambda _: None)
    assert report.problems == ()
    for page in (tmp_path / "site").rglob("*.html"):
        _Inert(page)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_attack_reaches_the_terminal_of_who_looks(besieged, engine: str) -> None:  # type: ignore[no-untyped-def]  # as above
    siege = besieged(engine, slow=False)
    shown = [_cab("cells", "--results", str(siege.results))]
    for name in ("escapes_shown", "markup_shown", "odd_names", "tables_shown", "terminal_noise"):
        if name in siege.fallout:
            shown.append(_cab("show", siege.fallout[name].record.cell_id, "--results", str(siege.results)))
    for text in shown:
        assert not _ACTIVE.search(text), ascii(_ACTIVE.search(text))


def _assets(folder: Path) -> Path:
    """What looks like built assets: no script is looked at here."""
    folder.mkdir()
    names = {"css": "site.css", "js": "site.js", "player": "player.js", "player_css": "player.css", "icon": "icon.svg"}
    for name in names.values():
        (folder / name).write_text("")
    (folder / "manifest.json").write_text(json.dumps(names))
    return folder


def _cab(*arguments: str) -> str:
    command = [sys.executable, "-m", "codingagentbench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


class _Inert(html.parser.HTMLParser):
    """Fails on an element, handler or address that an attack brought."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.page = page
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert tag not in {"iframe", "object", "embed", "base", "form"}, (self.page, tag)
        assert not any(name.startswith("on") or name in {"style", "srcdoc"} for name in names), (self.page, attrs)
        for name, value in attrs:
            if name in {"href", "src"}:
                assert not re.match(r"\s*(javascript|data|//)", value or "", re.IGNORECASE), (self.page, value)
            assert tag not in {"script", "meta", "style"} or "ATTACK" not in (value or ""), (self.page, attrs)
