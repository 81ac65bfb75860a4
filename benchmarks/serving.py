"""What an endpoint costs beside the bare model: throughput of 16 callers, latency of one, and where the time goes.

    python benchmarks/serving.py [--requests 200] [--callers 16] [--repeats 3] [--model trained:pores]
    RAY_SERVE_ENABLE_HA_PROXY=1 python benchmarks/serving.py     # with HAProxy in front

Server, callers and the bare model share this machine's cores; the two take turns, and ratios are of medians. Every
answer is compared with the model's own. Seconds by stage are those of `/metrics`; what is left of a request is the way
through proxy, gate and Ray. CPU time is that of all of Ray's processes.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
from farm import FamilyTime
from timing import machine, one_thread

from raysys.cluster import connected
from raysys.models import GenerativeModel, load
from raysys.serve import start

CASES = {"one of 128^2": (1, 128), "16 of 128^2": (16, 128), "one of 512^2": (1, 512)}


def asked(client: httpx.Client, seed: int, n: int, size: int) -> np.ndarray:
    """One answer of the endpoint."""
    request = {"n": n, "seed": seed, "size": size, "format": "npy"}
    answer = client.post("/v1/models/model/samples", json=request)
    answer.raise_for_status()
    return np.load(io.BytesIO(answer.content))


def images_per_second(client: httpx.Client, requests: int, callers: int, n: int, size: int) -> tuple[float, float]:
    """Of `callers` that ask one after the other, and CPU milliseconds of a request."""
    with FamilyTime() as family, ThreadPoolExecutor(callers) as pool:
        began = time.perf_counter()
        list(pool.map(lambda seed: asked(client, seed, n, size), range(requests)))
        taken = time.perf_counter() - began
    return n * requests / taken, 1e3 * family.seconds / requests


def bare(model: GenerativeModel, requests: int, n: int, size: int) -> float:
    """Images per second of the model in this thread."""
    began = time.perf_counter()
    for seed in range(requests):
        model.sample(n, seed=seed, size=size)
    return n * requests / (time.perf_counter() - began)


def throughput(client: httpx.Client, model: GenerativeModel, options: argparse.Namespace) -> None:
    print(f"\nthroughput, {options.callers} callers")
    for name, (n, size) in CASES.items():
        requests = max(options.callers, options.requests // (1 if n * size**2 < 2**17 else 4))
        served, alone = [], []
        for _ in range(options.repeats):
            served.append(images_per_second(client, requests, options.callers, n, size))
            alone.append(bare(model, max(4, requests // 4), n, size))
        rate, own = statistics.median(rate for rate, _ in served), statistics.median(alone)
        cpu = statistics.median(milliseconds for _, milliseconds in served)
        print(f"  {name:14} {rate:9.1f} images/s  {rate / own:6.2f} x the bare model  {cpu:8.1f} ms CPU a request")


def latency(client: httpx.Client, model: GenerativeModel, requests: int) -> None:
    both: dict[str, list[float]] = {"endpoint": [], "bare model": []}
    for seed in range(requests):
        for name, work in (
            ("endpoint", asked),
            ("bare model", lambda _, s, n, size: model.sample(n, seed=s, size=size)),
        ):
            began = time.perf_counter()
            work(client, seed, 1, 64)
            both[name].append(1e3 * (time.perf_counter() - began))
    print("\nlatency of one 64^2, one caller")
    for name, taken in both.items():
        print(f"  {name:14} median {statistics.median(taken):7.2f} ms  95 % {np.quantile(taken, 0.95):7.2f} ms")


def stages(client: httpx.Client) -> None:
    """Seconds of each stage over all answers, beside those of whole requests."""
    lines = [line for line in client.get("/metrics").text.splitlines() if not line.startswith("#")]
    series = {key: float(value) for key, value in (line.rsplit(" ", 1) for line in lines)}
    route = 'route="/v1/models/{name}/samples"'
    whole = sum(value for key, value in series.items() if key.startswith("raysys_request_seconds_sum") and route in key)
    print("\nwhere the time of samples goes (waiting for the model's thread is part of draw)")
    for key, value in series.items():
        if key.startswith("raysys_stage_seconds_total"):
            print(f"  {key.split('stage=')[1].strip(chr(34) + '}'):10} {value / whole:6.1%}")
    told = sum(value for key, value in series.items() if key.startswith("raysys_stage_seconds_total"))
    print(f"  {'between':10} {1 - told / whole:6.1%}  (gate to sampler and back)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--model", default="trained:pores")
    options = parser.parse_args()
    proxy = "HAProxy" if os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") == "1" else "Serve's own proxy"
    print(machine("ray", "torch", "fastapi"), f"\n{proxy}, one replica of {options.model}")
    model = load(options.model, kind=GenerativeModel)
    with connected("local"), start({"model": options.model}, port=0) as endpoint:
        limits = httpx.Limits(max_connections=options.callers)
        with httpx.Client(base_url=endpoint.url, timeout=300, limits=limits) as client:
            for n, size in CASES.values():
                np.testing.assert_array_equal(asked(client, 5, n, size), model.sample(n, seed=5, size=size))
            throughput(client, model, options)
            latency(client, model, options.requests)
            stages(client)


if __name__ == "__main__":
    one_thread()
    main()
