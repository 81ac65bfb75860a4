"""Starting, stopping and hot swapping."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from support.serving import Served, array, samples, save_untrained

from raysys.errors import RaysysError
from raysys.models import GenerativeModel, load
from raysys.serve import start


def test_a_taken_port_is_named(folders: dict):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(RaysysError, match=f"port {port}"):
            start({"endless": str(folders["endless"])}, port=port)


def test_a_second_endpoint_on_one_cluster_is_refused(served: Served):
    with pytest.raises(RaysysError, match="already runs"):
        start({"endless": str(served.folders["endless"])}, port=0)


def test_the_endpoint_listens_on_its_host_only(served: Served):
    port = int(served.endpoint.url.rsplit(":", 1)[1])
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=2):
        pass


def test_a_swapped_model_answers_under_the_old_name(served: Served, tmp_path_factory: pytest.TempPathFactory):
    other = save_untrained(tmp_path_factory.mktemp("other"), "endless", latent="lattice", seed=7)
    before = array(samples(served.client, seed=1, format="npy"))
    served.endpoint.swap({"endless": str(other)})
    after = [array(samples(served.client, seed=1, format="npy")) for _ in range(6)]
    assert all((images == after[0]).all() for images in after)
    assert (after[0] != before).any()
    with pytest.raises(RaysysError, match="known: coder, endless"):
        served.endpoint.swap({"nobody": str(other)})
    with pytest.raises(RaysysError, match="no model folder"):
        served.endpoint.swap({"endless": "/nowhere"})
    served.endpoint.swap({"endless": str(served.folders["endless"])})
    np.testing.assert_array_equal(array(samples(served.client, seed=1, format="npy")), before)


def test_a_model_that_comes_with_raysys_is_served_by_its_name(served: Served):
    served.endpoint.swap({"endless": "trained:gravel"})
    try:
        found = array(samples(served.client, seed=5, format="npy"))
    finally:
        served.endpoint.swap({"endless": str(served.folders["endless"])})
    np.testing.assert_array_equal(found, load("trained:gravel", kind=GenerativeModel).sample(len(found), seed=5))


PROGRAM = """
import sys
from raysys.cluster import connected
from raysys.serve import serve_until_stopped
with connected("local", num_cpus=1):
    serve_until_stopped({"m": sys.argv[1]}, announce=lambda endpoint: print(endpoint.url, flush=True), port=0)
print("stopped", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(folders: dict[str, Path], number: signal.Signals):
    command = [sys.executable, "-c", PROGRAM, str(folders["endless"])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/readyz", timeout=60).status_code == 200
        process.send_signal(number)
        rest = process.stdout.read()
        assert process.wait(60) == 0
    assert "stopped" in rest.splitlines()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")
