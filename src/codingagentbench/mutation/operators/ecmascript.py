"""JavaScript and TypeScript."""

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

_FUNCTIONS = frozenset({"function_declaration", "function_expression", "arrow_function", "method_definition"})

JAVASCRIPT = (
    *EXPRESSIONS,
    negated("(if_statement condition: (parenthesized_expression (_) @condition @site))"),
    negated("(while_statement condition: (parenthesized_expression (_) @condition @site))"),
    negated("(ternary_expression condition: (_) @condition @site)"),
    Rule(
        "negate-condition",
        '(unary_expression operator: "!" argument: (_) @argument) @site',
        Template("{argument}"),
    ),
    Rule("wrong-operator", "(augmented_assignment_expression operator: _ @site)", ASSIGNING),
    Rule("wrong-operator", "(update_expression operator: _ @site)", UPDATING),
    *numbers("number"),
    arguments(),
    Rule("drop-await", "(await_expression (_) @awaited) @site", Template("{awaited}")),
    Rule("swallow-error", "(throw_statement) @site", Template(";")),
    Rule("swallow-error", "(catch_clause body: (_) @site)", Template("{}")),
    Rule("wrong-default", "(true) @site", TRUTH),
    Rule("wrong-default", "(false) @site", TRUTH),
    Rule("wrong-default", "(assignment_pattern right: (_) @site)", Tokens({"Infinity": ("0",), "{}": ("null",)})),
    Rule(
        "wrong-default",
        '(binary_expression left: (_) @left operator: "??" right: (_)) @site',
        Template("{left}"),
    ),
    Rule(
        "resource-not-closed",
        "(expression_statement (call_expression function: (_) @name) (#match? @name"
        ' "(^|\\\\.)(close|destroy|end|clearTimeout|clearInterval|delete|clear|abort|unref)$")) @site',
        Template(";"),
    ),
    Rule("resource-not-closed", "(finally_clause body: (_) @site)", Template("{}")),
    Rule("early-return", "(break_statement) @site", Tokens({"break;": ("continue;",)})),
    Rule("early-return", "(continue_statement) @site", Tokens({"continue;": ("break;", "return;")})),
    Rule("early-return", "(return_statement (_) @value) @site", Template("return;")),
    Rule("wrong-variable", "(identifier) @site", OtherName(_FUNCTIONS, frozenset({"formal_parameters"}))),
    Rule("dropped-statement", "(expression_statement (call_expression)) @site", Template(";")),
    Rule("dropped-statement", "(expression_statement (assignment_expression)) @site", Template(";")),
    Rule("dropped-statement", "(expression_statement (augmented_assignment_expression)) @site", Template(";")),
)
TYPESCRIPT = JAVASCRIPT
