"""The conformance suite on the engines that need nothing but this machine."""

from sandbox.conformance import Conformance


class TestBubblewrap(Conformance):
    engine = "bubblewrap"


class TestUnsandboxed(Conformance):
    engine = "none"
