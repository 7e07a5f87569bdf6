"""Operators find their sites in every language."""

import pytest
from tree_sitter import Query

from codingagentbench.mutation.operators import RULES
from codingagentbench.mutation.sites import in_seeds_order, mutations
from codingagentbench.mutation.trees import errors, tree
from codingagentbench.scoring.grammars import grammar

# (language, operator, source, one text that must be among the results)
CASES = [
    ("python", "negate-condition", "if a:\n    b()\n", "if not (a):\n    b()\n"),
    ("python", "boundary", "x = a < b\n", "x = a <= b\n"),
    ("python", "off-by-one", "x = 7\n", "x = 8\n"),
    ("python", "swap-arguments", "f(a, b)\n", "f(b, a)\n"),
    ("python", "drop-await", "async def f():\n    await g()\n", "async def f():\n    g()\n"),
    ("python", "swallow-error", "def f():\n    raise E\n", "def f():\n    pass\n"),
    ("python", "wrong-default", "def f(a=None):\n    return a\n", "def f(a=0):\n    return a\n"),
    ("python", "resource-not-closed", "f.close()\n", "pass\n"),
    ("python", "wrong-variable", "def f(a, b):\n    return a\n", "def f(a, b):\n    return b\n"),
    (
        "rust",
        "swallow-error",
        "fn f() -> R { let a = g()?; a }\n",
        "fn f() -> R { let a = g().unwrap_or_default(); a }\n",
    ),
    ("rust", "boundary", "fn f() { for i in 0..n {} }\n", "fn f() { for i in 0..=n {} }\n"),
    ("rust", "negate-condition", "fn f() { if a { b(); } }\n", "fn f() { if !(a) { b(); } }\n"),
    ("rust", "off-by-one", "fn f() -> u8 { 3u8 }\n", "fn f() -> u8 { 2u8 }\n"),
    ("go", "swallow-error", "package p\nfunc f() error { return err }\n", "package p\nfunc f() error { return nil }\n"),
    ("go", "resource-not-closed", "package p\nfunc f() { defer g.Close() }\n", "package p\nfunc f() {  }\n"),
    ("go", "wrong-operator", "package p\nvar x = a && b\n", "package p\nvar x = a || b\n"),
    ("javascript", "drop-await", "async function f() { return await g(); }\n", "async function f() { return g(); }\n"),
    ("javascript", "swallow-error", "function f() { throw e; }\n", "function f() { ; }\n"),
    ("javascript", "early-return", "for (;;) { continue; }\n", "for (;;) { break; }\n"),
    ("typescript", "wrong-default", "const x: boolean = true;\n", "const x: boolean = false;\n"),
    (
        "typescript",
        "wrong-variable",
        "function f(a: X, b: X) { return a; }\n",
        "function f(a: X, b: X) { return b; }\n",
    ),
    (
        "java",
        "resource-not-closed",
        "class A { void f() { try (R r = g()) { h(); } } }\n",
        "class A { void f() { { R r = g(); { h(); } } } }\n",
    ),
    ("java", "swap-arguments", "class A { int x = f(a, b); }\n", "class A { int x = f(b, a); }\n"),
    ("java", "swallow-error", "class A { void f() { throw e; } }\n", "class A { void f() { ; } }\n"),
    ("c", "resource-not-closed", "void f(void) { free(p); }\n", "void f(void) { ; }\n"),
    ("c", "swallow-error", "int f(void) { return -1; }\n", "int f(void) { return 0; }\n"),
    ("c", "boundary", "int f(int a) { return a > 1; }\n", "int f(int a) { return a >= 1; }\n"),
    ("cpp", "negate-condition", "void f() { if (a) { b(); } }\n", "void f() { if (!(a)) { b(); } }\n"),
    ("cpp", "swallow-error", "void f() { throw E(); }\n", "void f() { ; }\n"),
    ("bash", "negate-condition", "if a; then b; fi\n", "if ! a; then b; fi\n"),
    ("bash", "boundary", "[[ $a -lt 3 ]]\n", "[[ $a -le 3 ]]\n"),
    ("bash", "swallow-error", "f() { return 2; }\n", "f() { return 0; }\n"),
    ("bash", "swap-arguments", "cp a b\n", "cp b a\n"),
    ("sql", "negate-condition", "SELECT a FROM t WHERE a = 1;\n", "SELECT a FROM t WHERE NOT (a = 1);\n"),
]


@pytest.mark.parametrize(("language", "operator", "source", "wanted"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_the_operator_makes_this_mistake(language: str, operator: str, source: str, wanted: str) -> None:
    found = {
        m.apply(source.encode()).decode() for m in mutations(language, "it", source.encode()) if m.operator == operator
    }
    assert wanted in found


@pytest.mark.parametrize("language", RULES)
def test_every_query_is_one_of_its_grammar(language: str) -> None:
    for rule in RULES[language]:
        query = Query(grammar(language), rule.query)
        assert "site" in {query.capture_name(n) for n in range(query.capture_count)}


@pytest.mark.parametrize("language", RULES)
def test_every_language_has_the_common_operators(language: str) -> None:
    assert {"negate-condition", "boundary", "off-by-one", "wrong-operator"} <= {
        rule.operator for rule in RULES[language]
    }


def test_results_parse_differ_and_come_once() -> None:
    source = b"def f(a, b):\n    if a < b and b < 3:\n        return [a, 10]\n    return g(a, b)\n"
    found = [m.apply(source) for m in mutations("python", "it", source)]
    assert len(found) == len(set(found)) > 10
    assert source not in found
    assert all(errors(tree("python", text)) == 0 for text in found)


def test_what_the_grammar_cannot_read_is_left_alone_and_the_rest_is_mutated() -> None:
    source = b"[[ $1 -lt 3 ]] && keep=$((10#$1))\n"
    assert errors(tree("bash", source)) > 0
    assert b"[[ $1 -le 3 ]] && keep=$((10#$1))\n" in {m.apply(source) for m in mutations("bash", "it", source)}


def test_strings_and_comments_are_not_mutated() -> None:
    source = b'x = "a < 1"  # b < 2\n'
    assert list(mutations("python", "it", source)) == []


def test_the_seeds_order_takes_the_operators_in_turn() -> None:
    source = b"x = [1, 2, 3, 4, 5, 6]\ny = a < b\n"
    found = list(mutations("python", "it", source))
    order = in_seeds_order("3", found)
    assert {m.operator for m in order[:2]} == {"off-by-one", "boundary"}
    assert sorted(map(str, order)) == sorted(map(str, found))
    assert order != in_seeds_order("4", found)
