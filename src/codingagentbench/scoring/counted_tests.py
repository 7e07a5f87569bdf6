"""How many tests a source file defines, counted by tree-sitter in the way of the language's usual runners."""

import re

from tree_sitter import Node

from codingagentbench.scoring.grammars import LANGUAGES, nodes, parsed, text_of

_CALLS = {"test", "it", "check", "TEST", "TEST_F", "TEST_P", "TEST_CASE", "SCENARIO"}
"""Calls that define a test: of node:test and its like, of GoogleTest and Catch2, and `check(name, ...)`."""


def count_tests(suffix: str, source: str) -> int | None:
    """Tests that the source defines; None where it does not parse or its language has no way to tell (SQL)."""
    language = LANGUAGES[suffix]
    if language == "sql":
        return None
    if suffix == ".bats":  # no bash
        return len(re.findall(r"^@test\b", source, re.MULTILINE))
    root = parsed(suffix, source)
    return None if root is None else sum(_is_test(language, node) for node in nodes(root))


def _is_test(language: str, node: Node) -> bool:  # noqa: PLR0911  # one way a language
    match language, node.type:
        case ("python" | "bash", "function_definition"):
            return _name(node).startswith("test")
        case ("rust", "attribute_item"):
            return re.fullmatch(r"#\[\s*(\w+::)*test\b.*\]", text_of(node), re.DOTALL) is not None
        case ("go", "function_declaration"):
            return re.match(r"(Test|Fuzz|Benchmark)(?![a-z])", _name(node)) is not None
        case ("java", "marker_annotation" | "annotation"):
            return _name(node) in {"Test", "ParameterizedTest", "RepeatedTest"}
        case ("javascript" | "typescript" | "tsx", "call_expression"):
            return _called(node) in _CALLS
        case ("c" | "cpp", "call_expression"):
            return _called(node) in _CALLS
        case ("c" | "cpp", "function_definition"):
            # A macro with a body parses as a function: TEST(Suite, name) { ... }
            declarator = node.child_by_field_name("declarator")
            name = re.match(r"\w+", text_of(declarator)) if declarator else None
            return name is not None and (name[0] in _CALLS or name[0].startswith("test_"))
    return False


def _name(node: Node) -> str:
    name = node.child_by_field_name("name")
    return text_of(name) if name is not None else ""


def _called(node: Node) -> str:
    function = node.child_by_field_name("function")
    return text_of(function).partition(".")[0] if function is not None else ""
