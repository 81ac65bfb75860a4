"""Connecting to a Ray that is not there ends soon, in one sentence; Ray itself would try for many minutes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import pytest

from raysys.cluster import _remove_if_left, _require_listening
from raysys.errors import RaysysError
from raysys.lock import Lock

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

OWN = """
import json, os
from pathlib import Path
from raysys.cluster import connected
with connected("local", num_cpus=1):
    import ray
    folder = Path(ray._private.worker._global_node.get_temp_dir_path()).parent
    mode = folder.stat().st_mode & 0o777
print(json.dumps({"mode": mode, "folder": str(folder)}))
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


def test_so_is_what_listens_but_is_no_ray() -> None:
    """A web server, and a program that takes connections and says nothing: Ray asks both again and again."""
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as web,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        threading.Thread(target=web.serve_forever, daemon=True).start()
        for server, sign in ((web.socket, "what listens there is no Ray"), (silent, "timed out")):
            address = f"127.0.0.1:{server.getsockname()[1]}"
            with pytest.raises(RaysysError, match=rf"no Ray cluster answers at '{address}' \({sign}\)"):
                _require_listening(address)
        web.shutdown()


def test_what_speaks_as_ray_does_is_let_through() -> None:
    with ThreadPoolExecutor() as pool:
        server = grpc.server(pool)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        _require_listening(f"127.0.0.1:{port}")
        server.stop(None)


def test_a_ray_of_our_own_is_nobody_elses(tmp_path: Path) -> None:
    """Its folder is closed to others, and goes with it."""
    told = json.loads(subprocess.check_output([sys.executable, "-c", OWN], text=True, timeout=110).splitlines()[-1])
    assert told["mode"] == 0o700
    assert not Path(told["folder"]).exists()


def test_folders_of_processes_that_were_killed_are_removed(tmp_path: Path) -> None:
    (left := tmp_path / "raysys-ray-left").mkdir()
    (left / "driver.lock").write_text("{}")
    (other := tmp_path / "raysys-ray-other").mkdir()
    (held := tmp_path / "raysys-ray-held").mkdir()
    (young := tmp_path / "raysys-ray-young").mkdir()
    (young / "driver.lock").write_text("")
    with Lock(held):
        for folder in (left, other, held):
            os.utime(folder, (0, 0))
        for folder in (left, other, held, young):
            _remove_if_left(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("raysys-ray-held", "raysys-ray-other", "raysys-ray-young"),
    ]
