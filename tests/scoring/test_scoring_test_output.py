import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.scoring.test_output import listed_tests, read_tests

REAL = {
    "cargo": (
        "\nrunning 3 tests\ntest tests::empty ... ok\ntest tests::happy_path ... FAILED\n"
        "test tests::slow ... ignored\n\n"
        "test result: FAILED. 1 passed; 1 failed\n",
        {"tests::empty": "passed", "tests::happy_path": "failed", "tests::slow": "skipped"},
    ),
    "unittest": (
        "test_a (tests.test_hidden.Hidden.test_a) ... ok\ntest_b (tests.test_hidden.Hidden.test_b) ... FAIL\n"
        "test_c (tests.test_hidden.Hidden.test_c) ... ERROR\ntest_d (tests.t.H.test_d) ... skipped 'why'\n\nOK\n",
        {"test_a": "passed", "test_b": "failed", "test_c": "failed", "test_d": "skipped"},
    ),
    "node-tap": (
        "TAP version 13\n# Subtest: one thing\nok 1 - one thing\n  ---\n  duration_ms: 1\n  ...\nnot ok 2 - another\n"
        "ok 3 - later # SKIP not now\n1..3\n",
        {"one thing": "passed", "another": "failed", "later": "skipped"},
    ),
    "check-lines": ("check a ok\nnoise\ncheck b FAILED\n", {"a": "passed", "b": "failed"}),
}


@pytest.mark.parametrize("form", REAL)
def test_real_output_is_read(form: str) -> None:
    output, expected = REAL[form]
    assert {name: t.status for name, t in read_tests(form, output).items()} == expected


@pytest.mark.parametrize("form", REAL)
def test_a_name_that_is_reported_with_two_results_has_failed(form: str) -> None:
    output, _ = REAL[form]
    turned = output.replace("FAILED", "ok").replace("not ok", "ok").replace("... FAIL", "... ok")
    both = read_tests(form, output + turned)
    assert all(both[name].status == "failed" for name, t in read_tests(form, output).items() if t.status == "failed")


@pytest.mark.parametrize("line", [" test tests::x ... ok", "say: test tests::x ... ok", "test tests::x ... okay"])
def test_only_whole_lines_of_the_runners_own_form_count(line: str) -> None:
    assert read_tests("cargo", line) == {}


@pytest.mark.parametrize("form", REAL)
@given(output=st.text())
def test_any_output_can_be_read(form: str, output: str) -> None:
    assert all(t.status in {"passed", "failed", "skipped"} for t in read_tests(form, output).values())


def test_what_was_not_reported_was_not_run() -> None:
    found = listed_tests(["a", "b"], read_tests("check-lines", "check a ok\n"))
    assert [(t.name, t.status) for t in found] == [("a", "passed"), ("b", "not_run")]


NONCE = "n0123"
GO = "".join(
    f'{{"Action":"{action}","Package":"p","Test":"{name}"}}\n'
    for action, name in (("run", "TestA"), ("pass", "TestA"), ("fail", "TestB"), ("skip", "TestC"))
)
STRUCTURED = {
    "go-json": GO + '{"Action":"output","Test":"TestB","Output":"--- PASS: TestB"}\n{"Action":"pass","Package":"p"}\n',
    "junit": (
        '<testsuites><testsuite><testcase name="TestA"/><testcase name="TestB"><failure>x</failure></testcase>'
        '<testcase name="TestC"><skipped/></testcase></testsuite></testsuites>'
    ),
    "cab": (
        f"| test TestB ok\n{NONCE} test TestA ok\n{NONCE} test TestB FAILED\n"
        f"{NONCE} test TestC skipped\nn9 test TestD ok\n"
    ),
}


@pytest.mark.parametrize("form", STRUCTURED)
def test_structured_reports_are_read_and_what_a_test_printed_is_not(form: str) -> None:
    output = STRUCTURED[form]
    found = {name: t.status for name, t in read_tests(form, output, NONCE).items()}
    assert found == {"TestA": "passed", "TestB": "failed", "TestC": "skipped"}


def test_a_cab_report_without_the_nonce_reports_nothing() -> None:
    output = STRUCTURED["cab"]
    assert read_tests("cab", output) == {}
    assert read_tests("cab", output, "n999") == {}


@pytest.mark.parametrize("text", ["<testcase name='a'/>" * 2, "<a><testcase name='a'/>", "<!DOCTYPE a><a/>", "\0", "{"])
def test_a_junit_report_that_is_none_reports_nothing(text: str) -> None:
    assert read_tests("junit", text) == {}


@given(st.sampled_from(["go-json", "junit", "cab"]), st.text())
def test_any_structured_text_is_read_or_ignored(form: str, text: str) -> None:
    assert isinstance(read_tests(form, text, NONCE), dict)
