"""`clusters/serve.yaml`, deployed on two nodes by `serve deploy`: it answers, and swaps a model when deployed again."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from raysys.models import GenerativeModel, load
from raysys.serve.client import Endpoint
from raysys.serve.tokens import digest

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
FILE = Path(__file__).resolve().parents[2] / "clusters" / "serve.yaml"
TOKEN = "let me in"


def _deploy(nodes: Any, config: dict) -> None:
    file = nodes.folder / "serve.yaml"
    file.write_text(yaml.safe_dump(config))
    done = nodes.run("serve", "deploy", file, "-a", nodes.dashboard)
    assert done.returncode == 0, done.stdout


def _until(true: object, seconds: float = 280) -> None:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(1)
    assert true()


def test_the_file_is_deployed_and_swapped(two_nodes: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = yaml.safe_load(FILE.read_text())
    config["http_options"]["port"] = port
    settings = config["applications"][0]["args"]
    settings["access"]["token_sha256"] = digest(TOKEN)
    _deploy(two_nodes, config)
    endpoint = Endpoint(f"http://127.0.0.1:{port}", TOKEN)
    _until(endpoint.ready)
    gravel, pores = (load(f"trained:{name}", kind=GenerativeModel) for name in ("gravel", "pores"))
    np.testing.assert_array_equal(endpoint.sample("gravel", 2, seed=5), gravel.sample(2, seed=5))
    np.testing.assert_array_equal(endpoint.sample("pores", 1, seed=5, size=96), pores.sample(1, seed=5, size=96))
    assert TOKEN not in two_nodes.run("serve", "config", "-a", two_nodes.dashboard).stdout
    settings["models"]["gravel"] = "trained:pores"
    _deploy(two_nodes, config)
    _until(lambda: endpoint.model("gravel")["source"] == "trained:pores")
    np.testing.assert_array_equal(endpoint.sample("gravel", 2, seed=5), pores.sample(2, seed=5))
