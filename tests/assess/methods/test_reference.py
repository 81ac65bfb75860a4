"""Which real images a comparison is with."""

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from support.generators import untrained_generator

from raysys import RaysysError
from raysys.assess.methods.reference import Preparation, Real, Reference, reference_of
from raysys.data import DataSettings, Tiles, prepare, read_images, write_images
from raysys.models import GenerativeModel, load


def taken(real: Real, models: dict[str, GenerativeModel], side: int | None = 16, **how: object) -> Reference:
    said: list[str] = []
    found = reference_of(real, Preparation(**how), models, side, said.append)
    assert said == []
    return found


@pytest.fixture
def model(rock_model: Path) -> GenerativeModel:
    return load(rock_model, kind=GenerativeModel)


def test_it_is_the_tiles_held_out_of_the_first_models_training(rock: Path, rock_tiles: Tiles, model: GenerativeModel):
    found = taken(str(rock), {"bare": untrained_generator("bare"), "gan": model})
    np.testing.assert_array_equal(found.images, rock_tiles.held_out)
    np.testing.assert_array_equal(found.others, rock_tiles.train)  # side by side: none lies across a border
    assert len(set(found.groups)) == len(set(found.other_groups)) == 8
    np.testing.assert_array_equal(found.training, rock_tiles.image[None, :, :144])
    np.testing.assert_array_equal(found.aside, rock_tiles.image[None, :, 144:])
    assert found.strangers == {"bare"}
    assert found.notes == [
        f"Reference: 18 tiles of 16 x 16 pixels of {rock}, prepared as for gan, from the part held out of its "
        "training.",
        "The 18 tiles are of 8 regions, worth 15.6 independent tiles (correlation length 4.7 pixels, from S2).",
        f"The card of bare does not say that it was trained on {rock}.",
    ]


def test_a_model_that_was_prepared_otherwise_is_a_stranger(rock: Path, model: GenerativeModel):
    otherwise = prepare(DataSettings(images=str(rock), tile=16, stride=16, held_out=0.5))
    half = untrained_generator("half", provenance={"data": otherwise.provenance})
    found = taken(rock, {"gan": model, "half": half})
    assert found.strangers == {"half"}
    assert "half was prepared otherwise than gan, whose held-out tiles are the reference" in found.notes[2]


def test_thresholds_of_cards_mean_what_they_meant(tmp_path: Path):
    """Before thresholds were stored values, cards had shares of the grey range and no word of it."""
    grey = np.random.default_rng(0).integers(0, 4096, (64, 64)).astype(np.uint16)
    np.save(tmp_path / "grey.npy", grey)
    how = {"images": str(tmp_path / "grey.npy"), "segment": "threshold", "tile": 8, "stride": 8}
    old = prepare(DataSettings(**how, threshold=0.3, threshold_of="grey"))
    new = prepare(DataSettings(**how, threshold=float(grey.min() + 0.3 * np.ptp(grey))))
    np.testing.assert_array_equal(old.image, new.image)
    written = {name: value for name, value in old.provenance["settings"].items() if name != "threshold_of"}
    for tiles, settings in ((old, written | {"phase": "bright"}), (new, new.provenance["settings"])):
        card = untrained_generator("gan", provenance={"data": tiles.provenance | {"settings": settings}})
        np.testing.assert_array_equal(taken(tmp_path / "grey.npy", {"gan": card}).training, new.image[None, :48])


def test_the_first_model_without_held_out_tiles_leaves_those_it_was_trained_on(rock: Path):
    whole = prepare(DataSettings(images=str(rock), tile=16, stride=16, held_out=0))
    found = taken(rock, {"gan": untrained_generator("gan", provenance={"data": whole.provenance})})
    np.testing.assert_array_equal(found.images, whole.train)
    assert found.notes[0] == "No tile was held out of the training of gan: the reference is what it was trained on."
    assert found.notes[1].startswith("The 72 tiles are of 8 regions, worth 6")


def test_without_a_card_or_with_options_it_is_the_images_own_tiles(rock: Path, model: GenerativeModel):
    unknown = taken(rock, {"bare": untrained_generator("bare")})
    assert unknown.images.shape == (72, 16, 16)  # 6 x 12
    assert unknown.training is None
    assert "the models' cards say nothing of its preparation" in unknown.notes[0]
    asked = taken(rock, {"gan": model}, tile=32, stride=16, phase="dark")
    assert asked.images.shape == (32, 32, 32)  # of 55, those that lie in one of eight regions
    assert len(set(asked.groups)) == 8
    assert "the options say so" in asked.notes[0]
    np.testing.assert_array_equal(asked.images[0], 1 - read_images(rock)[:32, :32] // 255)


def test_an_array_is_its_own_reference_whatever_cards_say(rock: Path, rock_tiles: Tiles, model: GenerativeModel):
    found = taken(rock_tiles.held_out, {"gan": model})
    np.testing.assert_array_equal(found.images, rock_tiles.held_out)
    assert found.notes[0].startswith("Reference: 18 images of 16 x 16 pixels of the given images; the models' cards")
    assert taken(rock_tiles.image, {}).images.shape == (72, 16, 16)
    assert taken(rock_tiles.image, {}, side=None).images.shape == (1, 96, 192)


def test_a_grey_image_says_how_it_was_segmented_once_its_phase_is_known(tmp_path: Path):
    image = np.where(np.arange(96) < 36, 0.3, 0.7) + np.random.default_rng(0).normal(0, 0.03, (64, 96))
    write_images(tmp_path / "grey.png", image[None].astype(np.float32))
    for real in (tmp_path / "grey.png", image):
        with pytest.raises(RaysysError, match="is grey, and nobody says which of its phases is compared; add --phase"):
            taken(real, {})
        said: list[str] = []
        found = reference_of(real, Preparation("dark", tile=32), {}, None, said.append)
        assert found.images.shape == (4, 32, 32)  # of 2 x 3: what is darker is 36 pixels wide, and two are next to it
        assert "segmented at Otsu's threshold" in said[0]
        assert "dark phase, fraction 0.37" in said[0]


def test_what_is_not_there_or_too_small_is_refused(rock: Path, model: GenerativeModel):
    with pytest.raises(RaysysError, match=r"no\.tif does not exist"):
        taken("no.tif", {"gan": model})
    with pytest.raises(RaysysError, match="has images of 96 x 192 pixels, smaller than a tile of 500"):
        taken(rock, {}, tile=500)


def test_slices_of_a_volume_are_counted_by_their_correlation_length():
    noise = np.random.default_rng(0).standard_normal((48, 32, 32))
    volume = (gaussian_filter(noise, 2, mode="wrap") > 0).astype(np.uint8)
    found = taken(volume, {}, side=None)
    np.testing.assert_array_equal(found.images, volume)
    assert 1 < len(set(found.groups)) < 8
    assert found.notes[1].startswith("They are slices of one volume: neighbours are correlated (0.")
    cut = taken(volume, {}, tile=16)
    np.testing.assert_array_equal(cut.groups, np.repeat(found.groups, 4))
    assert taken(np.random.default_rng(1).permutation(volume[::16]), {}, side=None).groups is None
