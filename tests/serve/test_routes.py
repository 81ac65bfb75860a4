"""What the other routes answer, and how every mistake is told."""

import io
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import tifffile
from support.serving import LIMITS, SIZE, Served, refusal, samples

from raysys.data import encode_images
from raysys.stats import characterise


def test_health_and_page_need_no_token(served: Served):
    for path in ("/healthz", "/readyz"):
        assert httpx.get(served.endpoint.url + path).json() == {"status": "ok"}
    page = httpx.get(served.endpoint.url + "/")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script src" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_everything_else_needs_the_token(served: Served):
    for path in ("/v1/models", "/v1/models/endless", "/openapi.json", "/docs", "/v1/models/endless/tiles/3/0/0.png"):
        refusal(httpx.get(served.endpoint.url + path), 401, "unauthorised")
    refusal(httpx.post(served.endpoint.url + "/v1/models/endless/samples", json={}), 401, "unauthorised")


def test_models_are_listed_with_what_they_can_do(client: httpx.Client):
    listed = {model["name"]: model for model in client.get("/v1/models").json()["models"]}
    assert sorted(listed) == ["coder", "endless", "fixed", "porous"]
    assert [listed[name]["encodes"] for name in ("coder", "endless", "fixed")] == [True, False, False]
    assert (listed["endless"]["any_size"], listed["endless"]["cell"]) == (True, 4)
    assert (listed["fixed"]["any_size"], listed["fixed"]["cell"]) == (False, None)
    assert listed["endless"]["native_size"] == [SIZE, SIZE]
    assert listed["endless"]["condition"] is None
    told = {"kind": "number", "name": "phase_fraction", "low": 0.1, "high": 0.7, "mean": 0.4}
    assert listed["porous"]["condition"] == told
    abilities = [listed[name]["abilities"] for name in ("coder", "endless")]
    assert abilities == [["samples", "autoencodes"], ["samples"]]
    facts = ("kind", "channels", "dims", "phases", "classes", "phase_fraction")
    assert [listed["endless"][name] for name in facts] == ["binary", 1, 2, [], [], 0.4]


def test_a_model_tells_its_card_and_reference(client: httpx.Client, served: Served):
    told = client.get("/v1/models/endless").json()
    assert told["card"] == served.models["endless"].card.model_dump(mode="json")
    np.testing.assert_allclose(told["reference"]["S2"]["mean"], served.models["endless"].reference.curves["S2"].mean)
    assert told["reference_n"] == 6


def test_openapi_describes_every_route(client: httpx.Client):
    document = client.get("/openapi.json").json()
    assert {
        "/healthz",
        "/readyz",
        "/v1/models",
        "/v1/models/{name}",
        "/v1/models/{name}/samples",
        "/v1/models/{name}/tiles/{z}/{x}/{y}.png",
        "/v1/models/{name}/encode",
        "/v1/models/{name}/autoencode",
        "/v1/models/{name}/interpolate",
        "/v1/models/{name}/segment",
        "/v1/models/{name}/classify",
        "/v1/models/{name}/codes",
        "/v1/models/{name}/between",
        "/v1/models/{name}/follow",
        "/v1/reconstructions",
        "/v1/syntheses",
        "/v1/jobs/samples",
        "/v1/jobs",
        "/v1/jobs/{job}",
        "/v1/jobs/{job}/events",
        "/v1/jobs/{job}/picture.png",
        "/v1/jobs/{job}/files/{name}",
        "/v1/descriptors",
    } <= set(document["paths"])
    problem = document["paths"]["/v1/models/{name}/samples"]["post"]["responses"]["422"]
    assert problem["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_an_uploaded_sample_is_measured(client: httpx.Client, served: Served):
    images = served.models["endless"].sample(2, seed=1, size=48)
    upload = samples(client, n=2, seed=1, size=48, format="tif").content
    answer = client.post("/v1/descriptors", files={"image": upload}, data={"descriptors": ["S2", "P3H"], "r_max": "9"})
    body = answer.json()
    measured = characterise(images, ("S2", "P3H"), r_max=9)
    assert (body["n"], body["shape"], body["threshold"]) == (2, [48, 48], None)
    assert body["phase_fraction"] == pytest.approx(measured.phase_fraction)
    for name, curve in measured.curves.items():
        np.testing.assert_allclose(np.array(body["descriptors"][name]["mean"], float), curve.mean)
    asked = {"descriptors": ["S2_radial", "C2", "minkowski"]}
    body = client.post("/v1/descriptors", files={"image": upload}, data=asked).json()
    measured = characterise(images, ("S2_radial", "C2", "minkowski"))
    assert set(body["descriptors"]) == {"S2_radial", "C2"}
    assert set(body["scalars"]) == {"perimeter", "euler_characteristic"}
    for name, one in measured.scalars.items():
        assert body["scalars"][name]["values"] == one.values.tolist()
        assert (body["scalars"][name]["mean"], body["scalars"][name]["unit"]) == (one.mean, one.unit)
    dark = client.post("/v1/descriptors", files={"image": upload}, data={"phase": "dark"}).json()
    assert dark["phase_fraction"] == pytest.approx(1 - measured.phase_fraction)


def test_the_channel_of_an_upload_is_asked_for(client: httpx.Client, served: Served):
    first, second = served.models["endless"].sample(2, seed=1, size=48)
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.stack([first, second]) * np.uint8(255), imagej=True, metadata={"axes": "CYX"})
    files = {"image": stream.getvalue()}
    assert "holds 2 channels" in refusal(client.post("/v1/descriptors", files=files), 422, "invalid_request")
    body = client.post("/v1/descriptors", files=files, data={"channel": "1"}).json()
    assert body["phase_fraction"] == pytest.approx(second.mean())


def test_uploads_that_are_refused(client: httpx.Client):
    message = refusal(client.post("/v1/descriptors", files={"image": bytes(200_001)}), 413, "too_large")
    assert str(LIMITS.max_upload_bytes) in message
    message = refusal(client.post("/v1/descriptors", files={"image": b"hello"}), 422, "invalid_request")
    assert "PNG" in message
    refusal(client.post("/v1/descriptors"), 422, "invalid_request")
    message = refusal(
        client.post("/v1/descriptors", files={"image": b"x"}, data={"phase": "grey"}), 422, "invalid_request"
    )
    assert message == "phase is 'grey'; allowed: bright, dark, or the number of one of a label image, as 2"


def test_a_phase_of_uploaded_labels_is_measured(client: httpx.Client):
    labels = np.random.default_rng(0).integers(0, 3, (2, 24, 32), np.uint8)
    uploads = {"npy": encode_images(labels, "npy"), "tif": encode_images(labels, "tif", kind="labels")}
    for upload in uploads.values():
        body = client.post("/v1/descriptors", files={"image": upload}, data={"phase": "2", "r_max": "9"}).json()
        expected = characterise((labels == 2).astype(np.uint8), ("S2", "L"), r_max=9)
        assert (body["phase"], body["threshold"], body["n"]) == ("2", None, 2)
        assert body["phase_fraction"] == expected.phase_fraction
        for name, curve in expected.curves.items():
            np.testing.assert_allclose(body["descriptors"][name]["mean"], curve.mean)
    # A picture's palette says which phase a pixel is of, whatever its colours are.
    picture = {"image": encode_images(labels[:1], "png", kind="labels")}
    body = client.post("/v1/descriptors", files=picture, data={"phase": "1"}).json()
    assert body["phase_fraction"] == (labels[0] == 1).mean()
    for asked, words in (
        ({"phase": "7"}, "no pixel of the upload is of the phase 7; it holds 0, 1, 2"),
        ({"phase": "1", "threshold": "0.5"}, "threshold is for phase bright or dark, and phase is 1"),
    ):
        answer = client.post("/v1/descriptors", files={"image": uploads["npy"]}, data=asked)
        assert words in refusal(answer, 422, "invalid_request")


@pytest.mark.parametrize(
    ("name", "request_", "word"),
    [
        ("endless", {"n": 0}, "n"),
        ("endless", {"n": 9}, "1 to 8"),
        ("endless", {"size": 513}, "512"),
        ("endless", {"size": 512, "n": 2}, "n = 1"),
        ("endless", {"size": [16, 16, 16]}, "2 axes"),
        ("endless", {"origin": [1]}, "2 axes"),
        ("endless", {"size": 30, "periodic": True}, "multiple"),
        ("endless", {"format": "gif"}, "png"),
        ("endless", {"sede": 3}, "sede"),
        ("endless", {"grey": True, "format": "json", "descriptors": ["S2"]}, "binary"),
        ("endless", {"format": "json", "descriptors": ["L_axis2"]}, "allowed for images of 2 axes"),
        ("endless", {"format": "json", "descriptors": ["permeability"]}, "'percolation'"),
        ("endless", {"seed": 2**53 - 1, "n": 2}, "allowed"),
        ("fixed", {"size": 32}, "native size"),
        ("endless", {"condition": {"phase_fraction": 0.3}}, "not conditional"),
        ("porous", {"condition": {"phase_fraction": 0.9}}, "allowed: 0.1 to 0.7"),
        ("porous", {"condition": {"phase_fraction": True}}, "valid number"),
        ("porous", {"condition": {"phase_fraction": "0.3"}}, "allowed: a number"),
        ("porous", {"condition": {"phase_fraction": [0.2, 0.3]}, "n": 3}, "one, or 3"),
        ("porous", {"condition": {"colour": 1}}, "phase_fraction only"),
        ("porous", {"condition": 0.3}, "condition"),
    ],
)
def test_wrong_requests_are_told_what_is_allowed(client: httpx.Client, name: str, request_: dict, word: str):
    assert word in refusal(samples(client, name, **request_), 422, "invalid_request")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (r'{"condition": {"\ud800": 0.3}}', r"condition: holds \ud800, which is half of a character"),
        (r'{"condition": {"phase_fraction": "\udc00"}}', r"holds \udc00, which is half of a character; allowed: whole"),
        (r'{"\ud800": 0.3}', "unable to parse raw data as a unicode string"),
    ],
)
def test_half_a_character_kills_no_replica(client: httpx.Client, body: str, said: str):
    """JSON can write one, and neither Ray nor an answer can carry it."""
    address = "/v1/models/porous/samples"
    answer = client.post(address, content=body, headers={"Content-Type": "application/json"})
    assert said in refusal(answer, 422, "invalid_request")
    assert samples(client, "porous", seed=1).status_code == 200


def test_a_refused_request_spoils_no_other(client: httpx.Client, served: Served):
    with ThreadPoolExecutor(8) as pool:
        asked = [{"size": 32, "periodic": True}, {"size": 30, "periodic": True}] * 6
        answers = list(pool.map(lambda request: samples(client, seed=1, format="npy", **request), asked))
    assert [answer.status_code for answer in answers] == [200, 422] * 6


def test_unknown_models_are_404_with_the_known_ones(client: httpx.Client):
    for answer in (client.get("/v1/models/nobody"), samples(client, "nobody"), samples(client, "%2e%2e")):
        assert "known: coder, endless, fixed" in refusal(answer, 404, "unknown_model")


def test_unknown_routes_and_methods_are_problems_too(client: httpx.Client):
    refusal(client.get("/v2/models"), 404, "not_found")
    refusal(client.get("/v1/models/endless/samples"), 405, "method_not_allowed")
    refusal(client.post("/v1/models/endless/samples", content=b"{"), 422, "invalid_request")
