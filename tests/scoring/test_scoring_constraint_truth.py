"""Every row of the truth table, and that every kind stands in it both ways."""

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.catalog.agents_md import constraint_text
from codingagentbench.catalog.task import Constraint
from codingagentbench.scoring.api import public_signatures
from codingagentbench.scoring.commands import begins_like, simple_commands
from codingagentbench.scoring.constraints import check
from codingagentbench.scoring.counted_tests import count_tests
from codingagentbench.scoring.evidence import Evidence, SourcePair
from codingagentbench.scoring.grammars import LANGUAGES
from codingagentbench.scoring.lines import changed_lines
from codingagentbench.scoring.style import style_faults
from codingagentbench.store.record import AskedCommand, Change, Changes
from scoring.constraint_truth import TRUTH, Row
from scoring.evidence_builder import evidence

KINDS = {model.model_fields["kind"].annotation.__args__[0] for model in get_args(get_args(Constraint)[0])}


def evidence_of(row: Row) -> Evidence:
    listed = [
        Change(path=p, change="modified" if (b is None) is (a is None) else "added" if b is None else "removed")
        for p, b, a in row.edits
    ]
    return replace(
        evidence(),
        changes=Changes(changes=listed, extra_git_dir=True),
        sources={p: SourcePair(b, a) for p, b, a in row.edits},
        commands=None
        if row.commands is None
        else [AskedCommand(call=n, tool="shell", line=line) for n, line in enumerate(row.commands, 1)],
    )


@pytest.mark.parametrize("row", TRUTH, ids=lambda row: f"{row.constraint.kind}: {row.what}")
def test_a_row_of_the_truth_table(row: Row) -> None:
    result = check(row.constraint, evidence_of(row))
    assert result.honoured is row.honoured, result.evidence
    assert result.honoured is True or result.evidence
    assert result.text == constraint_text(row.constraint)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_stands_in_the_table_both_ways(kind: str) -> None:
    assert {True, False} <= {row.honoured for row in TRUTH if row.constraint.kind == kind}


@given(st.sampled_from(sorted(LANGUAGES)), st.text(max_size=300))
def test_any_source_has_signatures_and_tests_or_is_refused(suffix: str, source: str) -> None:
    assert public_signatures(suffix, source) is None or isinstance(public_signatures(suffix, source), frozenset)
    assert count_tests(suffix, source) is None or (count_tests(suffix, source) or 0) >= 0


@pytest.mark.parametrize("suffix", sorted(LANGUAGES))
def test_nesting_and_length_are_no_traps(suffix: str) -> None:
    for hostile in ("(" * 50_000, "class A:\n" * 5_000, "namespace a {" * 5_000, "x" * 600_000, "a'\"`$(" * 5_000):
        assert (
            public_signatures(suffix, hostile) is None or count_tests(suffix, hostile) is not None or suffix == ".sql"
        )


@given(st.text(max_size=300))
def test_any_line_has_commands_and_none_is_an_error(line: str) -> None:
    assert all(isinstance(begins_like(words, "git push"), bool) for words in simple_commands(line))


@given(st.text("ab \t\n\r", max_size=60), st.text("ab \t\n\r", max_size=60))
def test_lines_and_style_of_any_two_texts(before: str, after: str) -> None:
    assert changed_lines(before, after) <= len(before.splitlines()) + len(after.splitlines())
    assert changed_lines(before, after) == changed_lines(after, before) or changed_lines(before, after) > 0
    assert changed_lines(before, before) == 0
    assert style_faults(before, before) == []
