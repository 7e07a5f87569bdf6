"""Python."""

from codingagentbench.mutation.operators.common import (
    ASSIGNING,
    BOUNDARY,
    FLOW,
    TRUTH,
    WRONG_OPERATOR,
    arguments,
    negated,
    numbers,
)
from codingagentbench.mutation.rules import OtherName, Rule, Template, Tokens

_FUNCTIONS, _LISTS = frozenset({"function_definition", "lambda"}), frozenset({"parameters", "lambda_parameters"})
_COMPARED = Tokens({"==": ("!=",), "!=": ("==",), "is": ("is not",), "is not": ("is",), "in": ("not in",)})

PYTHON = (
    negated("(if_statement condition: (_) @condition @site)", "not ({condition})"),
    negated("(while_statement condition: (_) @condition @site)", "not ({condition})"),
    negated("(conditional_expression (_) (_) @condition @site (_))", "not ({condition})"),
    negated("(if_clause (_) @condition @site)", "not ({condition})"),
    Rule("negate-condition", "(not_operator argument: (_) @argument) @site", Template("{argument}")),
    Rule("boundary", "(comparison_operator operators: _ @site)", BOUNDARY),
    Rule("wrong-operator", "(comparison_operator operators: _ @site)", _COMPARED),
    Rule("wrong-operator", "(binary_operator operator: _ @site)", WRONG_OPERATOR),
    Rule("wrong-operator", "(augmented_assignment operator: _ @site)", ASSIGNING),
    Rule(
        "wrong-operator",
        "(boolean_operator operator: _ @site)",
        Tokens({"and": ("or",), "or": ("and",)}),
    ),
    Rule("wrong-operator", "(binary_operator operator: _ @site)", Tokens({"//": ("*",), "**": ("*",)})),
    *numbers("integer"),
    arguments("argument_list"),
    Rule("drop-await", "(await (_) @awaited) @site", Template("{awaited}")),
    Rule("swallow-error", "(raise_statement) @site", Template("pass")),
    Rule("swallow-error", "(except_clause (block) @site)", Template("pass")),
    Rule(
        "wrong-default",
        "(default_parameter value: (_) @site)",
        Tokens({"None": ("0",), "0": ("1",), "1": ("0",), "True": ("False",), "False": ("True",), '""': ('" "',)}),
    ),
    Rule(
        "wrong-default",
        "(assignment type: (_) right: (_) @site)",
        Tokens({"None": ("0",), "0": ("1",), "1": ("0",), "True": ("False",), "False": ("True",)}),
    ),
    Rule("wrong-default", "(true) @site", TRUTH),
    Rule("wrong-default", "(false) @site", TRUTH),
    Rule(
        "resource-not-closed",
        "(expression_statement (call function: (attribute attribute: (identifier) @name)) (#any-of? @name "
        '"close" "release" "shutdown" "unlink" "clear" "cancel")) @site',
        Template("pass"),
    ),
    Rule("resource-not-closed", "(finally_clause (block) @site)", Template("pass")),
    Rule("early-return", "(break_statement) @site", FLOW),
    Rule("early-return", "(continue_statement) @site", FLOW),
    Rule("wrong-variable", "(identifier) @site", OtherName(_FUNCTIONS, _LISTS)),
    Rule("dropped-statement", "(expression_statement (call)) @site", Template("pass")),
    Rule("dropped-statement", "(expression_statement (augmented_assignment)) @site", Template("pass")),
)
