"""The conformance suite on the engines that need nothing but this machine."""

import pytest

from sandbox.conformance import Conformance


class TestBubblewrap(Conformance):
    engine = "bubblewrap"


@pytest.mark.usefixtures("host_port")
class TestUnsandboxed(Conformance):
    engine = "none"
