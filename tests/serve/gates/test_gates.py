"""Images that pass, the same in whatever request they are; places among real images against brute force."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from pydantic import ValidationError
from ray.exceptions import ActorDiedError
from support.in_process import Client, Handle, in_process
from support.serving import LIMITS, POROSITY, SIZE, array, refusal, samples, save_untrained

from raysys.models import GenerativeModel, load
from raysys.serve.gates.schemas import Gate
from raysys.serve.measuring import image_errors, places
from raysys.serve.schemas import MAX_SEED, SampleRequest
from raysys.serve.versions import tag_of, version_of
from raysys.stats import characterise, compare, percolating

STEP = 2**32


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, dict[str, Handle]]]:
    folder = tmp_path_factory.mktemp("near")
    folders = {
        "endless": save_untrained(folder, "endless"),
        "porous": save_untrained(folder, "porous", condition=POROSITY),
        "rock": save_untrained(folder, "rock", dims=3),
        "alloy": save_untrained(folder, "alloy", kind="labels"),
        "texture": save_untrained(folder, "texture", kind="colour"),
    }
    with in_process(folders, LIMITS) as found:
        yield found


@pytest.fixture
def client(near: tuple[Client, dict[str, Handle]]) -> Client:
    return near[0]


@pytest.fixture
def model(near: tuple[Client, dict[str, Handle]]) -> GenerativeModel:
    return load(near[1]["endless"]._folder, kind=GenerativeModel)


def first_good(model: GenerativeModel, seed: int, good: object, tries: int = 64) -> tuple[int, int]:
    """By brute force: the first of the seeds of an image whose sample is good, and how many were drawn until it."""
    for attempt in range(tries):
        drawn = (seed + attempt * STEP) % (MAX_SEED + 1)
        if good(model.sample(1, seed=drawn)):
            return drawn, attempt + 1
    raise AssertionError("none is good")


@pytest.mark.parametrize("seed", [0, MAX_SEED - 5])
def test_images_are_the_first_good_ones_of_their_seeds(client: Client, model: GenerativeModel, seed: int):
    low = float(np.quantile([model.sample(1, seed=one).mean() for one in range(12)], 0.6))
    gate = {"phase_fraction": [low, 1], "tries": 64}
    expected = [first_good(model, seed + number, lambda image: image.mean() >= low) for number in range(4)]
    answer = samples(client, n=4, seed=seed, gate=gate, format="npz")
    found = array(answer)
    assert found["seeds"].tolist() == [one for one, _ in expected]
    assert answer.headers["x-raysys-seeds"] == ",".join(str(one) for one, _ in expected)
    assert int(answer.headers["x-raysys-tries"]) == sum(tries for _, tries in expected)
    assert any(tries > 1 for _, tries in expected)
    np.testing.assert_array_equal(found["images"], np.concatenate([model.sample(1, seed=s) for s, _ in expected]))
    # The same image, whatever else is asked for with it.
    alone = array(samples(client, n=1, seed=seed + 2, gate=gate, format="npy"))
    np.testing.assert_array_equal(alone[0], found["images"][2])


def test_every_wish_is_kept(client: Client, model: GenerativeModel):
    body = samples(client, n=6, seed=1, format="json", descriptors=["S2", "specific_surface"]).json()
    alone = [samples(client, seed=1 + one, format="json").json()["error"]["S2"] for one in range(6)]
    bound = float(np.median(alone))
    surface = float(np.median(body["scalars"]["specific_surface"]["values"]))
    drawn = np.concatenate([model.sample(1, seed=one) for one in range(12)])
    leads = np.stack([np.nan_to_num(percolating(drawn, axis).values) > 0 for axis in (0, 1)])
    likely = leads[0].mean() >= 0.5  # along axis 0, or along none
    gates = {
        "max_error": {"S2": bound},
        "numbers": {"specific_surface": [surface, 9]},
        "percolates": 0 if likely else False,
        "max_place": {"S2": 1.0},
    }
    for name, wish in gates.items():
        answer = array(samples(client, n=3, seed=1, gate={name: wish, "tries": 64}, format="npz"))
        images = answer["images"]
        if name == "max_error":
            errors = [compare(model.reference, _measured(model, image[None]))["S2"] for image in images]
            assert max(errors) <= bound
        elif name == "numbers":
            assert (characterise(images, ("specific_surface",)).scalars["specific_surface"].values >= surface).all()
        elif name == "percolates":
            through = [np.nan_to_num(percolating(images, axis).values) > 0 for axis in (0, 1)]
            assert through[0].all() if likely else not np.any(through)


def _measured(model: GenerativeModel, images: np.ndarray):
    return characterise(images, ("S2",), r_max=SIZE // 2 - 1, boundary=model.reference.boundary)


def test_conditions_stay_with_their_images(client: Client, near: tuple[Client, dict[str, Handle]]):
    porous = load(near[1]["porous"]._folder, kind=GenerativeModel)
    asked = [0.2, 0.4, 0.6]
    high = float(max(porous.sample(1, seed=seed, condition=0.4).mean() for seed in range(12)))
    gate = {"phase_fraction": [0.0, high], "tries": 64}
    answer = samples(client, "porous", n=3, seed=5, gate=gate, condition={"phase_fraction": asked}, format="npz")
    found = array(answer)
    for image, seed, fraction in zip(found["images"], found["seeds"], asked, strict=True):
        np.testing.assert_array_equal(image, porous.sample(1, seed=int(seed), condition=fraction)[0])
        assert image.mean() <= high


def test_label_images_pass_by_one_of_their_phases(client: Client):
    shares = array(samples(client, "alloy", n=6, seed=0, format="npz"))["phase_fractions"][:, 1]
    gate = {"phase": "grain", "phase_fraction": [float(np.median(shares)), 1], "tries": 64}
    found = array(samples(client, "alloy", n=3, seed=0, gate=gate, format="npz"))
    assert (found["phase_fractions"][:, 1] >= np.median(shares)).all()


@pytest.mark.parametrize(
    ("name", "gate", "status", "words"),
    [
        ("endless", {"phase_fraction": [0.999, 1], "tries": 2}, 409, "0 of 2 images pass the gate after 4 draws"),
        ("endless", {}, 422, "wants nothing"),
        ("endless", {"phase_fraction": [0.5, 0.4]}, 422, "allowed: the smaller one first"),
        ("endless", {"max_error": {"P4": 1}}, 422, "no reference for P4; allowed in the gate: S2, L"),
        ("endless", {"percolates": 2}, 422, "allowed: true, false, 0 to 1"),
        ("endless", {"percolates": True, "phase": "grain"}, 422, "gate.phase is of label images"),
        ("endless", {"percolates": True, "tries": 999}, 422, "allowed here: up to 256"),
        ("endless", {"numbers": {"colour": [0, 1]}}, 422, "gate.numbers has colour; allowed: "),
        ("alloy", {"percolates": True}, 422, "allowed: pore, grain, clay"),
        ("texture", {"percolates": True}, 422, "these images are colour"),
    ],
)
def test_gates_that_cannot_be_passed(client: Client, name: str, gate: dict, status: int, words: str):
    code = "gate_not_passed" if status == 409 else "invalid_request"
    assert words in refusal(samples(client, name, n=2, seed=1, gate=gate), status, code)


def test_a_gate_is_strict():
    with pytest.raises(ValidationError):
        Gate(percolates=True, tries=0)
    with pytest.raises(ValidationError):
        Gate(percolate=True)


def test_places_are_ranks_among_real_images(model: GenerativeModel):
    reference, images = model.reference, model.sample(3, seed=2)
    measured = _measured(model, images)
    alone = [compare(reference, measured.subset([number]))["S2"] for number in range(3)]
    np.testing.assert_allclose(image_errors(measured, reference)["S2"], alone)
    others = [[one for one in range(reference.n) if one != left] for left in range(reference.n)]
    real = [compare(reference.subset(rest), reference.subset([left]))["S2"] for left, rest in enumerate(others)]
    expected = [np.mean(np.array(real) < error) for error in alone]
    np.testing.assert_allclose(places(measured, reference)["S2"], expected)


def test_places_beside_tiles_of_regions_count_those_of_others(model: GenerativeModel):
    """What comes with raysys has a reference of tiles in groups; images asked about are of none."""
    tiles = model.sample(6, seed=40)
    groups = np.array([0, 0, 0, 1, 1, 2])
    reference = characterise(tiles, ("S2",), groups=groups)
    found = characterise(model.sample(2, seed=50), ("S2",))

    def error(curve: np.ndarray, mean: np.ndarray) -> float:
        scaled = [(one - one[0] ** 2) / (one[0] - one[0] ** 2) for one in (curve, mean)]
        return float(np.mean((scaled[0] - scaled[1]) ** 2))

    curves = reference.curves["S2"].values
    real = [error(one, curves[groups != group].mean(0)) for one, group in zip(curves, groups, strict=True)]
    expected = [np.mean(np.array(real) < error(one, curves.mean(0))) for one in found.curves["S2"].values]
    np.testing.assert_allclose(places(found, reference)["S2"], expected)


def test_answers_tell_places_and_seeds(client: Client, model: GenerativeModel):
    body = samples(client, n=3, seed=2, format="json").json()
    expected = places(_measured(model, model.sample(3, seed=2)), model.reference)
    np.testing.assert_allclose(body["places"]["S2"], expected["S2"])
    assert (body["seeds"], body["tries"]) == ([2, 3, 4], None)
    packed = array(samples(client, n=3, seed=2, format="npz"))
    np.testing.assert_allclose(packed["S2_place"], expected["S2"])


def test_the_same_request_has_the_same_tag(client: Client):
    first = samples(client, seed=3, format="npy")
    tag = first.headers["etag"]
    path, asked = "/v1/models/endless/samples", {"seed": 3, "format": "npy"}
    again = client.post(path, json=asked, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for other in ({"seed": 4}, {"seed": 3, "format": "tif"}, {"seed": 3, "n": 2}):
        answer = client.post(path, json={"format": "npy"} | other, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.headers["etag"] != tag) == (200, True)
    assert "etag" not in samples(client, format="npy").headers  # each of these is another
    tile = client.get("/v1/models/endless/tiles/3/0/0.png")
    kept = client.get("/v1/models/endless/tiles/3/0/0.png", headers={"If-None-Match": tile.headers["etag"]})
    assert (tile.status_code, kept.status_code) == (200, 304)
    assert 'raysys_not_modified_total{model="endless"} 2.0' in client.get("/metrics").text


@pytest.mark.parametrize(
    ("accept", "format_", "media"),
    [
        ("*/*", None, "image/png"),
        ("image/tiff", None, "image/tiff"),
        ("application/x-npz", None, "application/octet-stream"),
        ("text/html, application/json;q=0.9, image/png;q=0.1", None, "application/json"),
        ("image/*", "tif", "image/tiff"),
        ("application/zip", "zarr", "application/zip"),
    ],
)
def test_accept_and_format_agree(client: Client, accept: str, format_: str | None, media: str):
    asked = {"seed": 1} | ({} if format_ is None else {"format": format_})
    answer = client.post("/v1/models/endless/samples", json=asked, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)


@pytest.mark.parametrize(("accept", "format_"), [("text/html", None), ("image/png", "npy"), ("image/png;q=0", "png")])
def test_what_is_not_accepted_is_refused(client: Client, accept: str, format_: str | None):
    asked = {"seed": 1} | ({} if format_ is None else {"format": format_})
    answer = client.post("/v1/models/endless/samples", json=asked, headers={"Accept": accept})
    refusal(answer, 406, "not_acceptable")


def test_a_zip_has_a_file_for_each_image(client: Client, model: GenerativeModel):
    answer = samples(client, n=2, seed=7, format="zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        told = json.loads(archive.read("samples.json"))
        shown = [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in told["files"]]
    assert (told["files"], told["seeds"], told["model"]) == (["7.png", "8.png"], [7, 8], "endless")
    np.testing.assert_array_equal(shown, model.sample(2, seed=7) * 255)
    assert samples(client, n=2, seed=7, format="zip").content == answer.content
    with zipfile.ZipFile(io.BytesIO(samples(client, "rock", seed=7, format="zip").content)) as archive:
        volume = tifffile.imread(io.BytesIO(archive.read("7.tif")))[0]
    np.testing.assert_array_equal(volume, array(samples(client, "rock", seed=7, format="npy"))[0] * 255)


@pytest.mark.parametrize("name", ["endless", "rock", "texture"])
def test_zarr_is_read_by_its_own_library(client: Client, tmp_path: Path, name: str):
    zarr = pytest.importorskip("zarr")
    answer = samples(client, name, n=2, seed=7, format="zarr")
    assert answer.headers["content-disposition"].endswith(f'"{name}-7.zarr.zip"')
    (tmp_path / "a.zarr.zip").write_bytes(answer.content)
    with zarr.storage.ZipStore(tmp_path / "a.zarr.zip", mode="r") as store:
        images = zarr.open_group(store, mode="r", zarr_format=2)["images"]
        np.testing.assert_array_equal(images[:], array(samples(client, name, n=2, seed=7, format="npy")))
        assert images.attrs["seeds"] == [7, 8]


def test_a_tiff_tells_its_seeds(client: Client):
    with tifffile.TiffFile(io.BytesIO(samples(client, n=2, seed=7, format="tif").content)) as tiff:
        assert tiff.shaped_metadata[0]["raysys"] == {"model": "endless", "seeds": [7, 8], "condition": None}
        assert tiff.asarray().shape == (2, SIZE, SIZE)


def test_a_replica_that_dies_is_replaced_for_its_callers(near: tuple[Client, dict[str, Handle]]):
    client, handles = near
    expected = samples(client, seed=1).content
    handles["endless"].failures = [ActorDiedError()]
    assert samples(client, seed=1).content == expected
    handles["endless"].failures = [ActorDiedError(), ActorDiedError()]
    answer = samples(client, seed=1)
    refusal(answer, 503, "busy")
    assert answer.headers["retry-after"] == "2"


def test_a_model_has_a_version_and_tells_no_folder(client: Client, tmp_path: Path, model: GenerativeModel):
    listed = {one["name"]: one for one in client.get("/v1/models").json()["models"]}
    assert listed["endless"]["source"] is None
    assert listed["endless"]["version"] == version_of(model)
    assert len({one["version"] for one in listed.values()}) == len(listed)
    other = load(save_untrained(tmp_path, "endless", seed=5), kind=GenerativeModel)
    assert version_of(other) != version_of(model)


def test_maps_of_other_values_have_other_tags():
    maps = [np.zeros((2, 3)), np.zeros((3, 2)), np.eye(2, 3)]
    asked = [SampleRequest(seed=1).model_copy(update={"condition": {"map": {"values": one}}}) for one in maps]
    assert len({tag_of("v", one) for one in (*asked, SampleRequest(seed=1))}) == 4
    assert tag_of("v", asked[0]) == tag_of("v", asked[0].model_copy(deep=True)) != tag_of("w", asked[0])


def test_what_is_drawn_is_counted(client: Client):
    samples(client, "rock", n=2, seed=1, format="npy")
    page = client.get("/metrics").text
    assert 'raysys_images_drawn_total{model="rock"}' in page
    assert 'raysys_stage_seconds_total{model="rock",stage="draw"}' in page
    assert client.request("HEAD", "/v1/models/rock").status_code == 200
