"""Fixtures of the tests of delivery."""

import pytest

from export.world import Receiver, World


@pytest.fixture
def world(tmp_path):
    """A folder with targets and no database yet."""
    return World(tmp_path)


@pytest.fixture
def receiver():
    """A web server on this machine."""
    server = Receiver()
    yield server
    server.close()
