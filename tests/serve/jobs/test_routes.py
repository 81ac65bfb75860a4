"""Jobs over HTTP, on the farm, with the process killed that works at them."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
from support.serving import Served, refusal

from raysys.anneal import Schedule, Target, reconstruct
from raysys.data import encode_images, gaussian_random_field

ROCK = gaussian_random_field((32, 32), correlation_length=3.0, phase_fraction=0.4, seed=1, n=1)
UPLOAD = encode_images(ROCK, "png")
# Some seconds of work, in stages of milliseconds.
LONG = {"shape": "24x24", "chains": 1, "stages": 1500, "moves": 2000, "seed": 4}


def over(client: httpx.Client, url: str) -> dict:
    until = time.monotonic() + 240
    while (told := client.get(url).json())["state"] in ("waiting", "running"):
        assert time.monotonic() < until, told
        time.sleep(0.1)
    return told


def workers() -> list[int]:
    """Processes of the deployment that works at jobs."""
    named = ((one.pid, " ".join(one.cmdline())) for one in psutil.Process().children(recursive=True))
    return [pid for pid, line in named if "ServeReplica" in line and ":jobs" in line]


def test_a_job_outlives_whoever_works_at_it(client: httpx.Client):
    answer = client.post("/v1/reconstructions", files={"image": UPLOAD}, data=LONG)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    url = answer.headers["location"]
    assert url == f"/{job['url']}"
    while client.get(url).json()["fraction"] == 0:
        time.sleep(0.1)
    (victim,) = workers()
    os.kill(victim, signal.SIGKILL)
    told = over(client, url)
    assert (told["id"], told["state"], told["fraction"]) == (job["id"], "done", 1.0), told
    assert workers() != [victim]
    # The same as if nothing had happened.
    schedule = Schedule(stages=LONG["stages"], moves=LONG["moves"])
    (expected,) = reconstruct(Target.from_images(ROCK, r_max=11), (24, 24), chains=1, seed=4, schedule=schedule)
    file = next(file for file in told["files"] if file["name"] == "reconstructions.npz")
    whole = client.get(f"/{file['url']}")
    assert whole.headers["etag"] == f'"{file["sha256"]}"'
    assert hashlib.sha256(whole.content).hexdigest() == file["sha256"]
    np.testing.assert_array_equal(np.load(io.BytesIO(whole.content))["images"], [expected.image])
    _parts(client, f"/{file['url']}", whole.content, whole.headers["etag"])
    assert client.get(f"/{told['picture']}").headers["content-type"] == "image/png"
    assert [one["id"] for one in client.get("/v1/jobs").json()["jobs"]][-1] == job["id"]
    assert client.delete(url).json()["state"] == "done"
    assert "no job" in refusal(client.get(url), 404, "unknown_job")


def _parts(client: httpx.Client, url: str, whole: bytes, tag: str) -> None:
    part = client.get(url, headers={"Range": "bytes=10-99"})
    assert (part.status_code, part.content) == (206, whole[10:100])
    assert part.headers["content-range"] == f"bytes 10-99/{len(whole)}"
    assert client.get(url, headers={"Range": "bytes=-7", "If-Range": tag}).content == whole[-7:]
    assert client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'}).content == whole
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    refusal(client.get(url, headers={"Range": f"bytes={len(whole)}-"}), 416, "range_not_satisfiable")


def test_a_job_is_followed_event_by_event(client: httpx.Client, served: Served):
    body = {"model": "porous", "size": [20, 40], "condition": {"phase_fraction": 0.3}, "format": "npy"}
    job = client.post("/v1/jobs/samples", json=body, headers={"Idempotency-Key": "one"}).json()
    assert client.post("/v1/jobs/samples", json=body, headers={"Idempotency-Key": "one"}).json()["id"] == job["id"]
    with client.stream("GET", f"/{job['events']}") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = list(answer.iter_lines())
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [line.removeprefix("event: ") for line in lines if line.startswith("event: ")][-1] == "done"
    assert [one["fraction"] for one in told] == sorted(one["fraction"] for one in told)
    found = np.load(io.BytesIO(client.get(f"/{told[-1]['files'][0]['url']}").content))
    asked = {"seed": job["request"]["seed"], "size": (20, 40), "condition": {"phase_fraction": 0.3}}
    np.testing.assert_array_equal(found, served.models["porous"].sample(1, **asked))


def test_refusals_of_jobs(client: httpx.Client):
    both = {"image": UPLOAD, "characterisation": UPLOAD}
    for files in ({}, both):
        answer = client.post("/v1/reconstructions", files=files or None, data={"chains": 1})
        assert "send one file" in refusal(answer, 422, "invalid_request")
    path = {"model": "endless", "uri": "/etc"}
    assert "uri" in refusal(client.post("/v1/jobs/samples", json=path), 422, "invalid_request")
    refusal(client.post("/v1/jobs/samples", json={"model": "nobody"}), 404, "unknown_model")
    refusal(client.get("/v1/jobs/nothing/events"), 404, "unknown_job")


PROGRAM = """
import sys
from raysys.cluster import connected
from raysys.serve import serve_until_stopped
with connected("local", num_cpus=2):
    announce = lambda endpoint: print(endpoint.url, flush=True)
    serve_until_stopped({"pores": "trained:pores"}, announce=announce, port=0, jobs=sys.argv[1])
"""


@contextmanager
def an_endpoint(folder: Path) -> Iterator[str]:
    """An endpoint in processes of its own, all of which are killed in the end."""
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                one.kill()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_job_outlives_the_whole_endpoint(tmp_path: Path):
    with an_endpoint(tmp_path) as url, httpx.Client(base_url=url, timeout=120) as client:
        job = client.post("/v1/reconstructions", files={"image": UPLOAD}, data=LONG).json()
        while client.get(f"/{job['url']}").json()["fraction"] == 0:
            time.sleep(0.1)
    with an_endpoint(tmp_path) as url, httpx.Client(base_url=url, timeout=120) as client:
        told = over(client, f"/{job['url']}")
        assert (told["id"], told["state"]) == (job["id"], "done"), told
        file = next(file for file in told["files"] if file["name"] == "reconstructions.npz")
        found = np.load(io.BytesIO(client.get(f"/{file['url']}").content))["images"]
    schedule = Schedule(stages=LONG["stages"], moves=LONG["moves"])
    (expected,) = reconstruct(Target.from_images(ROCK, r_max=11), (24, 24), chains=1, seed=4, schedule=schedule)
    np.testing.assert_array_equal(found, [expected.image])
