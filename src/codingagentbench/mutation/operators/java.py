"""Java."""

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

_FUNCTIONS = frozenset({"method_declaration", "constructor_declaration", "lambda_expression"})
_LISTS = frozenset({"formal_parameters", "inferred_parameters"})

JAVA = (
    *EXPRESSIONS,
    negated("(if_statement condition: (parenthesized_expression (_) @condition @site))"),
    negated("(while_statement condition: (parenthesized_expression (_) @condition @site))"),
    negated("(ternary_expression condition: (_) @condition @site)"),
    Rule("negate-condition", '(unary_expression operator: "!" operand: (_) @operand) @site', Template("{operand}")),
    Rule("wrong-operator", "(assignment_expression operator: _ @site)", ASSIGNING),
    Rule("wrong-operator", "(update_expression _ @site)", UPDATING),
    Rule(
        "wrong-operator",
        "(method_invocation name: (identifier) @site)",
        Tokens(
            {
                "min": ("max",),
                "max": ("min",),
                "anyMatch": ("allMatch",),
                "allMatch": ("anyMatch",),
                "addFirst": ("addLast",),
                "addLast": ("addFirst",),
                "getFirst": ("getLast",),
                "getLast": ("getFirst",),
            }
        ),
    ),
    *numbers("decimal_integer_literal"),
    arguments("argument_list"),
    Rule("swallow-error", "(throw_statement) @site", Template(";")),
    Rule("swallow-error", "(catch_clause body: (_) @site)", Template("{}")),
    Rule("wrong-default", "(true) @site", TRUTH),
    Rule("wrong-default", "(false) @site", TRUTH),
    Rule(
        "resource-not-closed",
        "(expression_statement (method_invocation name: (identifier) @name)"
        ' (#match? @name "^(close|unlock|shutdown|release|clear|flush)$")) @site',
        Template(";"),
    ),
    Rule(
        "resource-not-closed",
        "(try_with_resources_statement resources: (resource_specification (resource type: (_) @type name: (_) @name"
        " value: (_) @value)) body: (_) @body .) @site",
        Template("{ {type} {name} = {value}; {body} }"),
    ),
    Rule("resource-not-closed", "(finally_clause (block) @site)", Template("{}")),
    Rule("early-return", "(break_statement) @site", Tokens({"break;": ("continue;",)})),
    Rule("early-return", "(continue_statement) @site", Tokens({"continue;": ("break;",)})),
    Rule("wrong-variable", "(identifier) @site", OtherName(_FUNCTIONS, _LISTS)),
    Rule("dropped-statement", "(expression_statement (method_invocation)) @site", Template(";")),
    Rule("dropped-statement", "(expression_statement (assignment_expression)) @site", Template(";")),
)
