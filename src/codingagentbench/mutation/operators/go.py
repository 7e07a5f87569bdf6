"""Go."""

from codingagentbench.mutation.operators.common import ASSIGNING, EXPRESSIONS, TRUTH, arguments, negated, numbers
from codingagentbench.mutation.rules import OtherName, Rule, Template, Tokens

_FUNCTIONS = frozenset({"function_declaration", "method_declaration", "func_literal"})
_LISTS = frozenset({"parameter_list"})

GO = (
    *EXPRESSIONS,
    negated("(if_statement condition: (_) @condition @site)"),
    negated("(for_statement (binary_expression) @condition @site)"),
    Rule("negate-condition", '(unary_expression operator: "!" operand: (_) @operand) @site', Template("{operand}")),
    Rule("wrong-operator", "(assignment_statement operator: _ @site)", ASSIGNING),
    Rule("wrong-operator", "(inc_statement) @site", Template("")),
    *numbers("int_literal"),
    arguments("argument_list"),
    Rule(
        "swallow-error",
        '(return_statement (expression_list (identifier) @site .) (#match? @site "^err"))',
        Template("nil"),
    ),
    Rule(
        "swallow-error",
        '(assignment_statement right: (expression_list (identifier) @site) (#match? @site "^err"))',
        Template("nil"),
    ),
    Rule("wrong-default", "(true) @site", TRUTH),
    Rule("wrong-default", "(false) @site", TRUTH),
    Rule("resource-not-closed", "(defer_statement) @site", Template("")),
    Rule(
        "resource-not-closed",
        "(expression_statement (call_expression function: (_) @name)"
        ' (#match? @name "(^|\\\\.)(Close|close|Unlock|cancel|Done|Stop|Release)$")) @site',
        Template(""),
    ),
    Rule("early-return", "(break_statement) @site", Tokens({"break": ("continue",)})),
    Rule("early-return", "(continue_statement) @site", Tokens({"continue": ("break",)})),
    Rule("early-return", "(return_statement) @site", Tokens({"return": ("",)})),
    Rule("wrong-variable", "(identifier) @site", OtherName(_FUNCTIONS, _LISTS)),
    Rule(
        "wrong-operator",
        "(selector_expression field: (field_identifier) @site)",
        Tokens({"Min": ("Max",), "Max": ("Min",), "After": ("Before",), "Before": ("After",)}),
    ),
    Rule("dropped-statement", "(expression_statement (call_expression)) @site", Template("")),
    Rule("dropped-statement", "(assignment_statement) @site", Template("")),
    Rule("dropped-statement", "(go_statement (_) @call) @site", Template("{call}")),
)
