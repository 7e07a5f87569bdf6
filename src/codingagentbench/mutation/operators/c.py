"""C and C++."""

from codingagentbench.mutation.operators.common import (
    ASSIGNING,
    EXPRESSIONS,
    TRUTH,
    UPDATING,
    arguments,
    negated,
    numbers,
)
from codingagentbench.mutation.rules import OtherName, Rule, Template, Tokens

_FUNCTIONS = frozenset({"function_definition", "lambda_expression"})
_LISTS = frozenset({"parameter_list"})

_SHARED = (
    *EXPRESSIONS,
    negated("(while_statement condition: (parenthesized_expression (_) @condition @site))"),
    negated("(conditional_expression condition: (_) @condition @site)"),
    Rule("negate-condition", '(unary_expression operator: "!" argument: (_) @argument) @site', Template("{argument}")),
    Rule("wrong-operator", "(assignment_expression operator: _ @site)", ASSIGNING),
    Rule("wrong-operator", "(update_expression operator: _ @site)", UPDATING),
    *numbers("number_literal"),
    arguments("argument_list"),
    Rule("swallow-error", "(return_statement (number_literal) @site)", Tokens({"-1": ("0",), "1": ("0",)})),
    Rule("swallow-error", "(return_statement (unary_expression) @site)", Tokens({"-1": ("0",)})),
    Rule("wrong-default", "(true) @site", TRUTH),
    Rule("wrong-default", "(false) @site", TRUTH),
    Rule(
        "resource-not-closed",
        "(expression_statement (call_expression function: (_) @name)"
        ' (#match? @name "(free|close|fclose|unlock|clear|reset|destroy)$")) @site',
        Template(";"),
    ),
    Rule("early-return", "(break_statement) @site", Tokens({"break;": ("continue;",)})),
    Rule("early-return", "(continue_statement) @site", Tokens({"continue;": ("break;",)})),
    Rule("wrong-variable", "(identifier) @site", OtherName(_FUNCTIONS, _LISTS)),
    Rule("dropped-statement", "(expression_statement (call_expression)) @site", Template(";")),
    Rule("dropped-statement", "(expression_statement (assignment_expression)) @site", Template(";")),
    Rule("dropped-statement", "(expression_statement (update_expression)) @site", Template(";")),
)
C = (negated("(if_statement condition: (parenthesized_expression (_) @condition @site))"), *_SHARED)
CPP = (
    negated("(if_statement condition: (condition_clause value: (_) @condition @site))"),
    negated("(while_statement condition: (condition_clause value: (_) @condition @site))"),
    *(rule for rule in _SHARED if "while_statement" not in rule.query),
    Rule("swallow-error", "(throw_statement) @site", Template(";")),
    Rule("swallow-error", "(catch_clause body: (_) @site)", Template("{}")),
)
