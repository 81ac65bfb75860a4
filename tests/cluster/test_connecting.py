"""Connecting to a Ray that is not there ends soon, in one sentence; Ray itself would try for many minutes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

# Without an answer the test would wait for as long as Ray does.
pytestmark = pytest.mark.timeout(120)

# In a process of its own, since one that has a Ray already is connected to that.
PROGRAM = """
import json, os, sys
from raysys.cluster import connected
from raysys.errors import RaysysError

told = []
for address, environment in json.loads(sys.argv[1]):
    os.environ.pop("RAY_ADDRESS", None)
    os.environ.update({} if environment is None else {"RAY_ADDRESS": environment})
    try:
        with connected(address):
            told.append("connected")
    except RaysysError as error:
        told.append(str(error))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def dead() -> Iterator[str]:
    """An address at which nothing listens: its port is taken, so that no other program listens there either."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def what_is_told(cases: list[tuple[str | None, str | None]]) -> list[str]:
    """The sentences with which addresses, each beside a RAY_ADDRESS of the environment, are refused."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(cases)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100, env=dict(os.environ))
    return json.loads(done.stdout.splitlines()[-1])


def test_addresses_without_a_cluster_are_refused(dead: str) -> None:
    addresses = [dead, f"ray://{dead}", "localhost:1", "no-such-host.invalid:6379", "[::1]:99999", "here"]
    for address, sentence in zip(addresses, what_is_told([(one, None) for one in addresses]), strict=True):
        assert sentence.startswith(f"no Ray cluster answers at '{address}' (")
        assert "allowed: 'local', 'auto', or HOST:PORT of a running head node" in sentence
        assert len(sentence.splitlines()) == 1


def test_so_is_the_one_of_the_environment(dead: str) -> None:
    for sentence in what_is_told([(None, dead), ("auto", dead)]):
        assert sentence.startswith(f"no Ray cluster answers at '{dead}' (")
