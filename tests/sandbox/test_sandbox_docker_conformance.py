"""The conformance suite on Docker, and what only it has: containers, images, a daemon that outlives the harness."""

import pytest

from sandbox.conformance import Conformance

pytestmark = pytest.mark.xdist_group("docker")


class TestDocker(Conformance):
    engine = "docker"
