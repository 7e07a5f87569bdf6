"""Documents that are generated are current, and nothing of the interface is undocumented."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from codingagentbench.catalog.schema import KINDS
from codingagentbench.cli.app import VERBS
from codingagentbench.sweep.failures import FAILURES

ROOT = Path(__file__).parents[2]


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_documents_are_current() -> None:
    stale = [p.name for p, text in _generator().generated().items() if not p.exists() or p.read_text() != text]
    assert stale == [], "run `make docs`"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented(verb: str) -> None:
    assert f"## `cab {verb}`" in (ROOT / "docs/cli.md").read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_every_catalogue_key_is_documented_with_what_it_says(kind: str) -> None:
    page = (ROOT / "docs/catalogue.md").read_text()
    section = page.split(f"## {kind}\n", 1)[1]
    for key in KINDS[kind].model_fields:
        assert f"| `{key}` |" in section, f"{kind}: {key}"


@pytest.mark.parametrize("outcome", FAILURES)
def test_every_outcome_is_documented(outcome: str) -> None:
    assert f"`{outcome}`" in (ROOT / "docs/methodology.md").read_text()


@pytest.mark.parametrize(
    "document", sorted(p.relative_to(ROOT).as_posix() for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    page = ROOT / document
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{document} links to {target}"
