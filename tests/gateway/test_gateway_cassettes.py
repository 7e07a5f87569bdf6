"""Cassettes: what a request is matched on, how calls are served again, what is said of one that is not there."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from codingagentbench.catalog.load import open_catalog
from codingagentbench.catalog.sweep import SweepSpec
from codingagentbench.errors import StoreError, UsageError
from codingagentbench.gateway.backends import CassetteBackend
from codingagentbench.gateway.cassettes.cassette import Cassette, cassette_of, checked_body
from codingagentbench.gateway.cassettes.difference import differences
from codingagentbench.gateway.cassettes.exchange import read_cassette, write_cassette
from codingagentbench.gateway.cassettes.normalise import Normaliser, hash_of
from codingagentbench.gateway.cassettes.player import Asked, Divergence, Player
from codingagentbench.gateway.controls.endpoint import ControlEndpoint, Fault
from codingagentbench.paths import bundle_store
from codingagentbench.store.attempts import Attempt, latest_attempts
from codingagentbench.store.record import BodyRef, ModelCall
from codingagentbench.sweep.run import SweepOptions, run_sweep
from gateway.cells import MODEL, OpenCell, TaskFiles, chat, endpoint_backend, request_of

UNTOLD = {Fault.UNFINISHED, Fault.NOT_JSON}
"""Streams that HTTP ended properly without their own end: the record does not tell them from cut ones; cut they are."""
WIRES = ["chat", "responses", "messages", "gemini"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
)


@pytest.fixture(scope="module")
def attempt(tmp_path_factory: pytest.TempPathFactory) -> Attempt:
    """One sealed cell of the built-in CLI."""
    results, catalog = tmp_path_factory.mktemp("results"), open_catalog()
    tasks = ["polyglot/python-reverse-string"]
    spec = catalog.resolve(SweepSpec(id="taped", tuis=["direct"], models=["control/oracle"], tasks=tasks))
    run_sweep(spec, catalog, SweepOptions(results=results, store=bundle_store(), sandbox="none", workers=1))
    (attempt,) = latest_attempts(results)
    return attempt


@pytest.fixture(scope="module")
def cassette(attempt: Attempt) -> Cassette:
    return cassette_of(attempt)


def taped(cassette: Cassette, calls: Sequence[ModelCall], pack: Path) -> Player:
    """A player of other calls under the same record."""
    made = Cassette(
        record=cassette.record,
        record_text=cassette.record_text,
        calls=calls,
        calls_text="",
        timeout_s=60,
        body=lambda ref: checked_body(pack, ref),
    )
    return Player(made, {})


def test_what_changes_from_run_to_run_does_not_count() -> None:
    normaliser = Normaliser({"session": "ses_[a-z]+"})

    def request(session: str, call: str, took: str, day: str) -> bytes:
        text = f"{session} 2026-0{day}-01T10:00:00.123Z took {took} in /tmp/x{call}"
        messages = [{"content": text}, {"tool_calls": [{"id": call}]}, {"tool_call_id": call}]
        return json.dumps({"messages": messages, "model": "m"}).encode()

    one = normaliser.request(request("ses_abc", "call_1", "0.12s", "1"))
    other = normaliser.request(request("ses_xyz", "call_99", "3 seconds", "2"))
    assert one == other
    assert one["messages"][0]["content"] == "<session> <timestamp> took <duration> in <tmp>"
    assert hash_of(one) == hash_of(other)


def test_which_result_belongs_to_which_call_counts() -> None:
    normaliser = Normaliser()
    straight = [{"id": "a"}, {"id": "b"}, {"tool_call_id": "a"}, {"tool_call_id": "b"}]
    crossed = [{"id": "a"}, {"id": "b"}, {"tool_call_id": "b"}, {"tool_call_id": "a"}]
    hashes = [hash_of(normaliser.request(json.dumps(messages).encode())) for messages in (straight, crossed)]
    assert hashes[0] != hashes[1]


@given(JSON, JSON)
def test_values_differ_somewhere_exactly_when_they_are_not_equal(one: object, other: object) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (differences(one, other) == []) == same


def test_a_long_text_is_shown_from_where_it_differs() -> None:
    (found,) = differences({"a": ["x" * 5000 + "1"]}, {"a": ["x" * 5000 + "2"]})
    assert found.path == "$.a[0]"
    assert (found.recorded, found.new) == (f"'...{'x' * 40}1'", f"'...{'x' * 40}2'")


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("spoken", ["same", "other"])
async def test_a_replayed_call_gives_the_same_bytes_and_the_same_counts(
    task_files: TaskFiles, open_cell: OpenCell, cassette: Cassette, tmp_path: Path, wire: str, stream: bool, spoken: str
) -> None:
    other = "messages" if wire == "chat" else "chat"
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL) as endpoint,
        open_cell(endpoint_backend(endpoint, wire if spoken == "same" else other)) as cell,
    ):
        live = await cell.post(wire, request_of(wire, stream=stream))
        (recorded,) = await cell.session.close()
    player = taped(cassette, [recorded], tmp_path / "bodies.zst")
    async with open_cell(CassetteBackend(player), tmp_path / "replayed.zst") as cell:
        again = await cell.post(wire, request_of(wire, stream=stream))
        (call,) = await cell.session.close()
    assert live[0] == 200
    assert again == live
    for name in ("usage", "finish_reason", "status", "error", "estimated", "endpoint_wire", "prompt_tokens", "stream"):
        assert getattr(call, name) == getattr(recorded, name), name
    assert player.facts().served == 1


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.CUT, Fault.NO_USAGE, Fault.UNFINISHED, Fault.NOT_JSON])
async def test_what_went_wrong_goes_wrong_again_in_the_same_way(
    task_files: TaskFiles, open_cell: OpenCell, cassette: Cassette, tmp_path: Path, fault: Fault
) -> None:
    seen = []
    backend = None
    async with ControlEndpoint(task_files.control("noop"), model=MODEL, fault=fault) as endpoint:
        for pack in ("bodies.zst", "replayed.zst"):
            async with open_cell(backend or endpoint_backend(endpoint), tmp_path / pack) as cell:
                try:
                    told: object = await cell.post("chat", chat(stream=True))
                except OSError as error:
                    told = type(error).__name__
                except Exception as error:  # noqa: BLE001  # aiohttp's own errors for a reply that was broken off
                    told = type(error).__name__
                (call,) = await cell.session.close()
            told = None if fault in UNTOLD else told
            seen.append((told, call.status, call.error, call.usage, call.estimated))
            backend = CassetteBackend(taped(cassette, [call], tmp_path / "bodies.zst"))
    assert seen[0] == seen[1]


async def test_calls_come_in_any_order_and_each_is_answered_once(
    task_files: TaskFiles, open_cell: OpenCell, cassette: Cassette, tmp_path: Path
) -> None:
    requests = [chat(temperature=n) for n in (0.1, 0.2, 0.3)]
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        for request in requests:
            await cell.post("chat", request)
        recorded = await cell.session.close()
    player = taped(cassette, recorded, tmp_path / "bodies.zst")
    async with open_cell(CassetteBackend(player), tmp_path / "replayed.zst") as cell:
        assert [(await cell.post("chat", request))[0] for request in reversed(requests)] == [200, 200, 200]
        status, body = await cell.post("chat", requests[1])
        calls = await cell.session.close()
    assert status == 400
    assert "request #4 repeats recorded #2" in json.loads(body)["error"]["message"]
    assert [call.error for call in calls] == [None, None, None, "replay_diverged"]


async def test_a_divergence_names_the_request_and_the_place(
    task_files: TaskFiles, open_cell: OpenCell, cassette: Cassette, tmp_path: Path
) -> None:
    async with (
        ControlEndpoint(task_files.control("noop"), model=MODEL) as endpoint,
        open_cell(endpoint_backend(endpoint)) as cell,
    ):
        await cell.post("chat", chat(temperature=0.5))
        recorded = await cell.session.close()
    player = taped(cassette, recorded, tmp_path / "bodies.zst")
    async with open_cell(CassetteBackend(player), tmp_path / "replayed.zst") as cell:
        _, body = await cell.post("chat", chat(temperature=0.7))
        await cell.session.close()
    (divergence,) = player.divergences
    assert (divergence.request, divergence.recorded) == (1, 1)
    assert [(d.path, d.recorded, d.new) for d in divergence.differences] == [("$.temperature", "0.5", "0.7")]
    assert "$.temperature: recorded 0.5, now 0.7" in json.loads(body)["error"]["message"]
    assert player.facts().unasked == [1]


def test_a_cassette_file_holds_all_that_a_replay_needs(cassette: Cassette, tmp_path: Path) -> None:
    file = tmp_path / "cell.cassette"
    write_cassette(cassette, file)
    read = read_cassette(file)
    assert (read.record, read.calls, read.timeout_s) == (cassette.record, cassette.calls, cassette.timeout_s)
    assert read.record_digest == cassette.record_digest
    for call in read.calls:
        for ref in filter(None, (call.request_body, call.response_body)):
            assert read.body(ref) == cassette.body(ref)
    assert all(isinstance(_ask(read, call), ModelCall) for call in read.calls)


def _ask(cassette: Cassette, call: ModelCall) -> ModelCall | Divergence:
    assert call.request_body is not None
    body = cassette.body(call.request_body)
    return Player(cassette, {}).match(Asked(1, call.wire, call.operation, body))


def test_every_call_of_a_record_states_its_canonical_hash(attempt: Attempt, cassette: Cassette) -> None:
    for call in attempt.model_calls():
        assert call.request_body is not None
        assert call.canonical_hash == hash_of(Normaliser().request(cassette.body(call.request_body)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_or_forged_cassette_is_refused_in_words(
    cassette: Cassette, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = tmp_path_factory.mktemp("forged") / "cell.cassette"
    write_cassette(cassette, file)
    plain = bytearray(zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read())
    at = data.draw(st.integers(0, len(plain) - 1))
    cut = data.draw(st.booleans())
    if cut:
        plain = plain[:at]
    else:
        plain[at] ^= data.draw(st.integers(1, 255))
    file.write_bytes(zstandard.compress(bytes(plain)))
    try:
        read = read_cassette(file)
    except UsageError as error:
        assert str(file) in str(error)
    else:  # what no digest covers: the record's own figures and the time limit
        assert read.calls == cassette.calls
        assert read.record.cell_id == cassette.record.cell_id


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"{}", zstandard.compress(b"{}\n"), zstandard.compress(b"[" * 9)]
)
def test_what_is_no_cassette_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="no cassette"):
        read_cassette(file)
    with pytest.raises(UsageError, match="not a file"):
        read_cassette(tmp_path)


@pytest.mark.parametrize("changes", [{"sweep_id": ".."}, {"model": "../../x"}, {"task_id": "/etc"}, {"cell_id": "a/b"}])
def test_names_of_a_cassette_cannot_leave_the_results_folder(
    cassette: Cassette, tmp_path: Path, changes: dict[str, str]
) -> None:
    record = msgspec.structs.replace(cassette.record, **changes)
    forged = Cassette(
        record=record,
        record_text=msgspec.json.encode(record).decode(),
        calls=cassette.calls,
        calls_text=cassette.calls_text,
        timeout_s=60,
        body=cassette.body,
    )
    write_cassette(forged, tmp_path / "forged")
    with pytest.raises(UsageError, match="is no cell id"):
        read_cassette(tmp_path / "forged")


def test_a_cassette_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, cassette: Cassette, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cassette(cassette, tmp_path / "cell")
    monkeypatch.setattr("codingagentbench.gateway.cassettes.exchange.MAX_PLAIN_BYTES", 1000)
    with pytest.raises(UsageError, match="larger than"):
        read_cassette(tmp_path / "cell")


def test_damaged_results_are_said_to_be_damaged(attempt: Attempt, tmp_path: Path) -> None:
    pack = tmp_path / "bodies.zst"
    pack.write_bytes((attempt.folder / "bodies.zst").read_bytes())
    ref = attempt.model_calls()[0].request_body
    assert ref is not None
    with pytest.raises(StoreError, match="damaged at byte"):
        checked_body(pack, BodyRef(sha256="0" * 64, offset=ref.offset, length=ref.length, size=ref.size))
    pack.write_bytes(b"\0" * 10)
    with pytest.raises(StoreError, match="damaged at byte"):
        checked_body(pack, ref)
