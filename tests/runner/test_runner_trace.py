import pytest

from codingagentbench.runner.trace import CellTrace, redacted


def test_spans_know_their_parents_and_come_in_the_order_of_their_starts() -> None:
    trace = CellTrace()
    with (
        trace.span("adapter_run", "aider:task") as outer,
        trace.span("container", "aider:launch", outer, {"argv": ["a"]}),
    ):
        pass
    first, second = trace.spans()
    assert (first.name, first.parent_id) == ("aider:task", None)
    assert (second.name, second.parent_id, second.attrs) == ("aider:launch", first.span_id, {"argv": ["a"]})
    assert 0 <= first.start_ms <= second.start_ms
    assert first.duration_ms >= second.duration_ms


def test_an_error_that_leaves_a_span_is_recorded_in_it() -> None:
    trace = CellTrace()
    with pytest.raises(KeyError), trace.span("grader", "grade:task"):
        raise KeyError("gone")
    (span,) = trace.spans()
    assert span.error == "KeyError: 'gone'"


def test_a_past_span_has_the_times_it_is_given() -> None:
    trace = CellTrace()
    start = trace.started_ns + 5_000_000
    trace.past("model_call", "chat m", start_ns=start, end_ns=start + 2_500_000, parent=None, error="x", attrs={"#": 1})
    (span,) = trace.spans()
    assert (span.start_ms, span.duration_ms, span.error, span.attrs) == (5.0, 2.5, "x", {"#": 1})


def test_secrets_are_taken_out_of_arguments() -> None:
    assert redacted(["--key", "cab-123", "x=cab-123"], {"cab-123": "sk-REDACTED"}) == [
        "--key",
        "sk-REDACTED",
        "x=sk-REDACTED",
    ]
