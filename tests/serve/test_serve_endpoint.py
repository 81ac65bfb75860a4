"""Starting, stopping and hot swapping."""

import socket

import numpy as np
import pytest
from serving import Served, array, samples, save_untrained

from raysys.errors import RaysysError
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
    with pytest.raises(RaysysError, match="known: endless"):
        served.endpoint.swap({"nobody": str(other)})
    with pytest.raises(RaysysError, match="no model folder"):
        served.endpoint.swap({"endless": "/nowhere"})
    served.endpoint.swap({"endless": str(served.folders["endless"])})
    np.testing.assert_array_equal(array(samples(served.client, seed=1, format="npy")), before)
