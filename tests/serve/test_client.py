"""`raysys.serve.client`: arrays of an endpoint, bit for bit those of the same model in this process."""

import http.server
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from support.serving import LIMITS, SIZE, TOKEN, Served

from raysys.data import gaussian_random_field
from raysys.errors import RaysysError
from raysys.serve.client import Endpoint
from raysys.stats import characterise

IMAGES = gaussian_random_field((24, 32), correlation_length=2.0, phase_fraction=0.4, seed=3, n=2)


@pytest.fixture
def endpoint(served: Served) -> Endpoint:
    return Endpoint(served.endpoint.url + "/", TOKEN)


def test_it_loads_no_platform():
    program = "import raysys.serve.client, sys; "
    program += "print(sorted({'ray', 'torch', 'mlflow', 'optuna', 'fastapi', 'pydantic', 'PIL'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_served_is_told(endpoint: Endpoint, served: Served):
    assert [model["name"] for model in endpoint.models()] == ["coder", "endless", "fixed", "porous"]
    assert endpoint.model("coder")["abilities"] == ["samples", "autoencodes"]
    assert endpoint.model("endless")["card"] == served.models["endless"].card.model_dump(mode="json")
    assert (endpoint.health(), endpoint.ready()) == (True, True)


def test_samples_are_the_models(endpoint: Endpoint, served: Served):
    window = {"seed": 9, "size": (24, 37), "origin": np.array([-5, 11])}
    found = endpoint.sample("endless", 2, **window)
    np.testing.assert_array_equal(found, served.models["endless"].sample(2, **window))
    for request in ({"grey": True}, {"periodic": True, "size": 32}, {}):
        np.testing.assert_array_equal(
            endpoint.sample("endless", **request), served.models["endless"].sample(1, **request)
        )
    asked = {"phase_fraction": np.array([0.2, 0.6], np.float32)}
    expected = served.models["porous"].sample(2, condition=asked)
    np.testing.assert_array_equal(endpoint.sample("porous", 2, condition=asked), expected)


def test_tiles_are_what_the_endpoint_shows(endpoint: Endpoint, served: Served):
    expected = served.models["porous"].sample(1, seed=3, size=256, condition=0.2)[0]
    found = endpoint.tile("porous", 3, 0, 0, seed=3, condition={"phase_fraction": 0.2})
    np.testing.assert_array_equal(found, expected * 255)


def test_uploads_come_back_coded(endpoint: Endpoint, served: Served):
    coder = served.models["coder"]
    np.testing.assert_array_equal(endpoint.encode("coder", IMAGES), coder.encode(IMAGES))
    np.testing.assert_array_equal(endpoint.autoencode("coder", IMAGES), coder.autoencode(IMAGES))
    grey = np.random.default_rng(0).random((1, SIZE, SIZE), np.float32)
    found = endpoint.autoencode("coder", grey, grey=True)
    np.testing.assert_array_equal(found, coder.autoencode(grey, grey=True))
    line = endpoint.interpolate("coder", *IMAGES, 4)
    np.testing.assert_array_equal(line, coder.interpolate(*IMAGES, 4))


def test_images_are_measured(endpoint: Endpoint):
    found = endpoint.descriptors(IMAGES, ("S2", "P3H", "specific_surface"), phase="dark", r_max=9)
    expected = characterise(1 - IMAGES, ("S2", "P3H", "specific_surface"), r_max=9)
    assert (found["n"], found["shape"], found["phase"]) == (2, [24, 32], "dark")
    for name, curve in expected.curves.items():
        np.testing.assert_allclose(found["descriptors"][name]["mean"], curve.mean)
        np.testing.assert_array_equal(found["descriptors"][name]["r"], curve.r)
    assert found["scalars"]["specific_surface"]["mean"] == expected.scalars["specific_surface"].mean


def test_refusals_are_the_endpoints_own_sentences(endpoint: Endpoint, served: Served):
    with pytest.raises(RaysysError, match="refused: no model 'nobody' is served here; known: coder, endless"):
        endpoint.sample("nobody")
    with pytest.raises(RaysysError, match=f"1 to {LIMITS.max_n}"):
        endpoint.sample("endless", LIMITS.max_n + 1)
    with pytest.raises(RaysysError, match="but encodes none"):
        endpoint.encode("endless", IMAGES)
    with pytest.raises(RaysysError, match="asks for a token"):
        Endpoint(served.endpoint.url).models()
    assert Endpoint(served.endpoint.url, "wrong").health()  # probes carry no secrets


def test_where_nothing_answers():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        there = Endpoint(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        with pytest.raises(RaysysError, match=r"not answered within 0\.2 s"):
            there.models()
        assert not there.health()
    with pytest.raises(RaysysError, match="start one with raysys serve"):
        there.models()
    with pytest.raises(RaysysError, match="begins with http"):
        Endpoint("file:///etc/passwd").models()


def test_images_are_saved_as_they_come(endpoint: Endpoint, served: Served, tmp_path: Path):
    path = endpoint.save_sample(tmp_path / "s.npy", "endless", 2, seed=3, size=[24, 40])
    np.testing.assert_array_equal(np.load(path), served.models["endless"].sample(2, seed=3, size=(24, 40)))
    with pytest.raises(RaysysError, match=r"unknown format; allowed: \.png"):
        endpoint.save_sample(tmp_path / "s.gif", "endless")


def test_a_job_is_awaited_and_downloaded(
    endpoint: Endpoint, served: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    begun = endpoint.sample_large("endless", size=[40, 300], seed=5, format="npy")
    assert endpoint.job(begun.id).id == endpoint.jobs()[0].id == begun.id
    looks: list[float] = []
    begun.wait(bar=True, progress=lambda facts: looks.append(facts["fraction"]))
    assert (looks[-1], begun.state) == (1.0, "done")
    assert f"[{'=' * 30}] 100 % done" in capsys.readouterr().err
    expected = served.models["endless"].sample(1, seed=5, size=(40, 300))
    paths = begun.download(tmp_path)
    assert [path.name for path in paths] == ["samples.npy", "summary.json"]
    np.testing.assert_array_equal(np.load(paths[0]), expected)
    # What came before is not asked for again, and a part is gone on with.
    whole = paths[0].read_bytes()
    paths[0].rename(tmp_path / "samples.npy.part")
    (tmp_path / "samples.npy.part").write_bytes(whole[:1000])
    begun.download(tmp_path)
    assert paths[0].read_bytes() == whole
    (tmp_path / "samples.npy.part").write_bytes(b"x" * 1000)
    paths[0].unlink()
    with pytest.raises(RaysysError, match="another checksum"):
        begun.download(tmp_path)
    begun.download(tmp_path)
    assert begun.cancel().state == "done"
    with pytest.raises(RaysysError, match="no job"):
        begun.look()
    with pytest.raises(RaysysError, match="no weight"):
        endpoint.reconstruct(IMAGES[:1], target="S2:x")


class Busy(http.server.BaseHTTPRequestHandler):
    """Answers 503 or ends the connection, as often as its server says, and then what was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(body)
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault == "lost":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        content = b"" if fault else body
        self.send_response(503 if fault else 200)
        self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def test_a_busy_endpoint_is_asked_the_same_again():
    with http.server.HTTPServer(("127.0.0.1", 0), Busy) as server:
        server.heard, server.faults = [], ["busy", "lost", "busy"]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there = Endpoint(f"http://127.0.0.1:{server.server_port}")
        assert there.call("v1", b"seed 7", "text/plain") == b"seed 7"
        assert server.heard == [b"seed 7"] * 4
        server.faults = ["busy"] * 9
        with pytest.raises(RaysysError, match="refused: HTTP status 503"):
            Endpoint(there.url, retries=1).call("v1", b"", "text/plain")
        assert len(server.faults) == 7
        server.shutdown()
