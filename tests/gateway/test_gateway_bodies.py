from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codingagentbench.gateway.bodies import BodyPack, read_body
from codingagentbench.gateway.recorder import CallRecorder

KEY = 'sk-a/b"c\\d-0123456789'


def test_every_body_reads_back_and_equal_ones_are_stored_once(tmp_path: Path) -> None:
    pack = BodyPack(tmp_path / "bodies", [])
    bodies = [b"", b"x" * 100_000, bytes(range(256)), b"x" * 100_000]
    refs = [pack.add(body) for body in bodies]
    pack.close()
    assert [read_body(tmp_path / "bodies", ref) for ref in refs] == bodies
    assert refs[1] == refs[3]
    assert (tmp_path / "bodies").stat().st_size == sum(ref.length for ref in refs[:3])


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_no_form_of_a_secret_is_left(before: bytes, after: bytes) -> None:
    pack = BodyPack(Path("unused"), [KEY, "cab-token"])
    for form in (KEY.encode(), b'sk-a/b\\"c\\\\d-0123456789', b'sk-a\\/b\\"c\\\\d-0123456789', b"cab-token"):
        scrubbed = pack.scrub(before + form + after)
        assert form not in scrubbed
        assert b"REDACTED" in scrubbed


def test_a_placeholder_for_a_key_does_not_garble_bodies() -> None:
    assert BodyPack(Path("unused"), ["", "x", "none"]).scrub(b"next: none") == b"next: none"


def test_a_full_disk_is_an_error_of_the_call_and_not_silence() -> None:
    call, pack = CallRecorder(1, "chat", "m", b"{}", stream=False, cell_began=0.0), BodyPack(Path("/dev/full"), [])
    with pytest.raises(OSError, match="No space left"):
        call.seal(pack)
    pack.close()


def test_a_frame_begins_where_the_file_ends_even_after_a_write_that_failed_half_way(tmp_path: Path) -> None:
    pack = BodyPack(tmp_path / "bodies", [])
    pack.add(b"one")
    with (tmp_path / "bodies").open("ab") as file:
        file.write(b"half a frame")
    assert read_body(tmp_path / "bodies", pack.add(b"two")) == b"two"
    pack.close()
