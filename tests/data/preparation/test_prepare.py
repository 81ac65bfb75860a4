"""From settings to tiles."""

import json

import numpy as np
import pydantic
import pytest
from PIL import Image

from raysys import RaysysError
from raysys.data import DataSettings, gaussian_random_field, prepare, write_images

GRAVEL = {"images": "skimage:gravel", "phase": "dark", "downscale": 2, "tile": 64, "stride": 16, "minimum_object": 12}


@pytest.fixture(scope="module")
def gravel():
    return prepare(DataSettings(**GRAVEL))


def test_gravel_gives_the_gaps_between_the_pebbles(gravel):
    assert gravel.image.shape == (256, 256)
    assert gravel.phase_fraction == pytest.approx(0.393, abs=0.01)
    assert gravel.phase_fraction_before == pytest.approx(0.362, abs=0.01)
    assert gravel.train.shape == (117, 64, 64)
    assert gravel.held_out.shape == (13, 64, 64)
    assert gravel.train.dtype == np.uint8
    assert set(np.unique(gravel.train)) == {0, 1}
    assert gravel.grey.shape == (512, 512)
    # The gaps are dark in the photograph.
    gaps = np.kron(gravel.image, np.ones((2, 2)))
    assert gravel.grey[gaps == 1].mean() < gravel.grey[gaps == 0].mean() - 0.15


def test_provenance_says_everything_in_json(gravel):
    said = json.loads(json.dumps(gravel.provenance))
    assert said["source"] == "skimage:gravel"
    assert said["shape_stored"] == [512, 512]
    assert said["shape"] == [256, 256]
    assert said["phase_fraction"] == gravel.phase_fraction
    assert said["tiles_train"] == 117
    assert DataSettings(**said["settings"]) == DataSettings(**GRAVEL)
    assert len(said["sha256"]) == 64


def test_a_swapped_phase_shows_in_the_phase_fraction(tmp_path):
    write_images(tmp_path / "a.png", gaussian_random_field((96, 96), correlation_length=3, phase_fraction=0.2, seed=0))
    options = {"images": str(tmp_path / "a.png"), "tile": 16, "stride": 16}
    assert prepare(DataSettings(phase="bright", **options)).phase_fraction == pytest.approx(0.2, abs=1e-3)
    assert prepare(DataSettings(phase="dark", **options)).phase_fraction == pytest.approx(0.8, abs=1e-3)
    assert prepare(DataSettings(phase=255, **options)).phase_fraction == pytest.approx(0.2, abs=1e-3)


@pytest.mark.parametrize("segmentation", ["otsu", "multi-otsu"])
def test_a_binary_image_comes_through_untouched(tmp_path, segmentation):
    image = np.random.default_rng(0).integers(0, 2, (1, 64, 64), dtype=np.uint8)  # nothing but specks
    write_images(tmp_path / "a.tif", image)
    tiles = prepare(DataSettings(images=str(tmp_path / "a.tif"), tile=16, stride=16, segment=segmentation))
    np.testing.assert_array_equal(tiles.image, image[0])


def test_grey_tiles(tmp_path):
    tiles = prepare(DataSettings(images="skimage:gravel", segment="none", downscale=4, tile=32))
    assert tiles.train.dtype == np.float32
    assert 0 <= tiles.train.min() < tiles.train.max() <= 1
    assert tiles.image.shape == (128, 128)
    write_images(tmp_path / "a.png", np.eye(40, dtype=np.uint8)[None])
    two_levels = prepare(DataSettings(images=str(tmp_path / "a.png"), segment="none", tile=8))
    assert two_levels.train.dtype == np.float32


def test_volumes_and_their_slices(tmp_path):
    volume = gaussian_random_field((32, 24, 24), correlation_length=2, phase_fraction=0.3, seed=0)
    write_images(tmp_path / "a.npy", volume)
    cubes = prepare(DataSettings(images=str(tmp_path / "a.npy"), tile=8, stride=8))
    assert cubes.train.shape == (3 * 3 * 3, 8, 8, 8)
    flat = prepare(DataSettings(images=str(tmp_path / "a.npy"), tile=8, stride=8, dims=2))
    assert flat.train.shape == (24 * 3 * 3, 8, 8)
    small = prepare(
        DataSettings(images=str(tmp_path / "a.npy"), tile=4, stride=4, dims=2, downscale=2, minimum_object=3)
    )
    assert small.image.shape == (32, 12, 12)


def test_raw_file_through_the_settings(tmp_path):
    image = gaussian_random_field((40, 40), correlation_length=2, phase_fraction=0.3, seed=0)[0]
    (tmp_path / "a.raw").write_bytes(image.astype("<u2").tobytes())
    tiles = prepare(DataSettings(images=str(tmp_path / "a.raw"), shape=(40, 40), dtype="<u2", phase=1, tile=8))
    np.testing.assert_array_equal(tiles.image, image)
    assert tiles.grey is None


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"tile": 512}, "skimage:gravel: the training side has 384 x 512 of the image's 512 x 512"),
        ({"tile": 200}, "the held-out side has 128 x 512"),
        ({"phase": 999}, "skimage:gravel: no pixel has the phase value 999"),
        ({"dims": 3}, "array of 2 axes"),
        ({"segment": "threshold", "threshold": 255}, "threshold 255 leaves one phase only"),
        ({"segment": "threshold", "threshold": 0.42}, "threshold 0.42 is no stored value .* 0 to 255, is 107.1"),
        ({"downscale": 600}, "factor 600 is not between 1 and"),
        ({"minimum_object": 10**6}, "one phase is left only"),
        ({"images": "skimage:marble"}, 'ships no image "marble"'),
    ],
)
def test_mistakes_name_the_image(settings, found):
    with pytest.raises(RaysysError, match=found):
        prepare(DataSettings(**{"images": "skimage:gravel", "denoise_sigma_spatial": 0} | settings))


def test_an_image_of_one_grey_level(tmp_path):
    Image.fromarray(np.full((90, 90), 17, np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(RaysysError, match=r"a\.png: the image has one grey level only \(every pixel is 17\)"):
        prepare(DataSettings(images=str(tmp_path / "a.png")))


def test_settings_refuse_what_they_do_not_know():
    for wrong in ({"colour": 1}, {"tile": 1}, {"held_out": 1.0}, {"phase": "pores"}, {"segment": "threshold"}):
        with pytest.raises(pydantic.ValidationError):
            DataSettings(images="a.png", **wrong)
    with pytest.raises(pydantic.ValidationError, match="only read with segment"):
        DataSettings(images="a.png", threshold=0.5)


def test_every_setting_is_documented():
    assert all(field.description for field in DataSettings.model_fields.values())


def test_real_three_phase_micrograph_by_label(shared_image):
    name = str(shared_image("micrograph2d_3phase/sofc_anode_top.png"))
    tiles = prepare(DataSettings(images=name, phase=1, tile=128, stride=128))
    assert tiles.phase_fraction == pytest.approx(0.3534, abs=1e-4)


def test_real_grey_micrograph(shared_image):
    tiles = prepare(DataSettings(images=str(shared_image("rock2d_grey/bse_rock.jpg")), phase="dark", downscale=4))
    assert 0.01 < tiles.phase_fraction < 0.99
    assert len(tiles.held_out) > 0
