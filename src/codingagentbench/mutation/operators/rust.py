"""Rust."""

from codingagentbench.mutation.operators.common import ASSIGNING, EXPRESSIONS, TRUTH, arguments, negated, numbers
from codingagentbench.mutation.rules import OtherName, Rule, Template, Tokens

_FUNCTIONS = frozenset({"function_item", "closure_expression"})
_LISTS = frozenset({"parameters", "closure_parameters"})

RUST = (
    *EXPRESSIONS,
    negated("(if_expression condition: (_) @condition @site)"),
    negated("(while_expression condition: (_) @condition @site)"),
    negated("(match_arm pattern: (match_pattern condition: (_) @condition @site))"),
    Rule("negate-condition", '(unary_expression "!" (_) @argument) @site', Template("{argument}")),
    Rule("wrong-operator", "(compound_assignment_expr operator: _ @site)", ASSIGNING),
    Rule("boundary", "(range_expression _ @site)", Tokens({"..": ("..=",), "..=": ("..",)})),
    *numbers("integer_literal"),
    arguments(),
    Rule("drop-await", "(await_expression (_) @awaited) @site", Template("{awaited}")),
    Rule("swallow-error", "(try_expression (_) @tried) @site", Template("{tried}.unwrap_or_default()")),
    Rule(
        "swallow-error",
        '(call_expression function: (identifier) @name arguments: (arguments) (#eq? @name "Err")) @site',
        Template("Ok(Default::default())"),
    ),
    Rule("wrong-default", "(boolean_literal) @site", TRUTH),
    Rule(
        "wrong-default",
        "(call_expression function: (field_expression value: (_) @value field: (field_identifier) @name)"
        ' (#match? @name "^unwrap_or")) @site',
        Template("{value}.unwrap_or_default()"),
    ),
    Rule(
        "resource-not-closed",
        "(expression_statement (call_expression function: (_) @name)"
        ' (#match? @name "(^|::|\\\\.)(drop|close|flush|shutdown|clear)$")) @site',
        Template(""),
    ),
    Rule("early-return", "(break_expression) @site", Tokens({"break": ("continue",)})),
    Rule("early-return", "(continue_expression) @site", Tokens({"continue": ("break",)})),
    Rule(
        "wrong-operator",
        "(field_expression field: (field_identifier) @site)",
        Tokens(
            {
                "min": ("max",),
                "max": ("min",),
                "all": ("any",),
                "any": ("all",),
                "is_some": ("is_none",),
                "is_none": ("is_some",),
                "is_ok": ("is_err",),
                "is_err": ("is_ok",),
                "first": ("last",),
                "last": ("first",),
            }
        ),
    ),
    Rule(
        "wrong-operator",
        "(call_expression function: (field_expression field: (field_identifier) @site))",
        Tokens({"chars": ("bytes",), "saturating_sub": ("saturating_add",), "skip": ("take",)}),
    ),
    Rule("wrong-variable", "(identifier) @site", OtherName(_FUNCTIONS, _LISTS)),
    Rule("dropped-statement", "(expression_statement (call_expression)) @site", Template("")),
    Rule("dropped-statement", "(expression_statement (compound_assignment_expr)) @site", Template("")),
)
