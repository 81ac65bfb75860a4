"""Connecting to a Ray that is not there ends soon, in one sentence; Ray itself would try for many minutes."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from raysys.cluster import connected
from raysys.errors import RaysysError

# Without an answer the test would wait for as long as Ray does.
pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def dead() -> Iterator[str]:
    """An address at which nothing listens: its port is taken, so that no other program listens there either."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(
    "address", ["{dead}", "ray://{dead}", "localhost:1", "no-such-host.invalid:6379", "[::1]:99999"]
)
def test_an_address_without_a_cluster_is_refused(address: str, dead: str) -> None:
    address = address.format(dead=dead)
    with pytest.raises(RaysysError) as raised, connected(address):
        pass
    assert str(raised.value).startswith(f"no Ray cluster answers at '{address}' (")
    assert "allowed: 'local', 'auto', or HOST:PORT of a running head node" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("address", [None, "auto"])
def test_so_is_the_one_of_the_environment(address: str | None, dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", dead)
    with pytest.raises(RaysysError, match="no Ray cluster answers at"), connected(address):
        pass


def test_a_word_that_is_no_address_is_refused() -> None:
    with pytest.raises(RaysysError, match="no Ray cluster answers at 'here'"), connected("here"):
        pass
