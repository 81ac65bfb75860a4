"""What callers notice of a replica that is killed, and of others that send half a request: nothing."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import numpy as np
import pytest
import ray
from support.serving import Served, array, samples

pytestmark = pytest.mark.slow  # others would wait for the replica that is started in the place of the killed one
HALVES = 100  # of each kind, fewer than an address may have


def replicas(name: str) -> list[str]:
    """Names of the actors that hold a served model."""
    actors = ray.util.list_named_actors(all_namespaces=True)
    return [one["name"] for one in actors if f"#sampler-{name}#" in one["name"]]


def test_a_killed_replica_is_noticed_by_no_caller(client: httpx.Client, served: Served):
    expected = served.models["endless"].sample(24, seed=40, size=64)
    first, *_ = replicas("endless")

    def asked(seed: int) -> np.ndarray:
        if seed == 8:
            ray.kill(ray.get_actor(first, namespace="serve"))
        return array(samples(client, seed=40 + seed, size=64, format="npy"))

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(asked, range(24)))
    np.testing.assert_array_equal(np.concatenate(found), expected)


@pytest.fixture
def halves(served: Served) -> Iterator[int]:
    """Connections that have sent half a header, or a header and half a body, and say no more."""
    url = httpx.URL(served.endpoint.url)
    head = f"POST /v1/models/endless/samples HTTP/1.1\r\nHost: {url.host}\r\n"
    whole = f"Content-Type: application/json\r\nAuthorization: {served.client.headers['Authorization']}\r\n"
    with ExitStack() as opened:
        for number in range(2 * HALVES):
            one = opened.enter_context(socket.create_connection((url.host, url.port), timeout=30))
            half = head if number % 2 else f'{head}{whole}Content-Length: 99\r\n\r\n{{"n": 1'
            one.sendall(half.encode())
        yield 2 * HALVES


def test_half_sent_requests_hold_nobody_up(client: httpx.Client, served: Served, halves: int):
    expected = served.models["endless"].sample(6, seed=3)
    found = [array(samples(client, seed=3 + seed, format="npy"))[0] for seed in range(6)]
    np.testing.assert_array_equal(found, expected)
    assert client.get("/readyz").status_code == 200
