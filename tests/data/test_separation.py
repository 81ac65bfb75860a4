"""Which tiles of one image may be taken for independent, whatever their kind and wherever they lie."""

import numpy as np
import pytest
from support.kinds import KINDS, data_of

from raysys.data import DataSettings, gaussian_random_field, prepare, split_by_region
from raysys.data.separation import separation
from raysys.data.sources import prepared, training_data
from raysys.form import Form
from raysys.stats import two_point
from raysys.stats.sets.units import correlation_length, effective_number, separated_blocks

FLAT = Form("binary", (16, 16))


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return gaussian_random_field((96, 128), correlation_length=2.0, phase_fraction=0.4, seed=2)[0]


def test_it_is_by_the_correlation_length_of_the_tiles(image: np.ndarray):
    tiles = split_by_region(image, 16, 4)
    found = separation(tiles.train, tiles.train_origins, FLAT)
    chosen = tiles.train[np.linspace(0, len(tiles.train) - 1, 128).round().astype(int)]
    assert found.length == correlation_length(two_point(chosen))
    blocks = separated_blocks(tiles.train_origins, (16, 16), found.length)
    np.testing.assert_array_equal(found.places, np.flatnonzero(blocks.inside))
    assert len(set(found.groups)) >= 8
    assert found.effective == effective_number(tiles.train_origins[found.places], (16, 16), found.length)
    assert 8 < found.effective < len(found.places) / 3
    assert len(separation(tiles.train, tiles.train_origins, FLAT, most=20).places) == 20


@pytest.mark.parametrize("kind", KINDS)
def test_tiles_of_every_kind_of_image_are_separated(kind: str, tmp_path):
    settings = DataSettings(**data_of(kind, tmp_path))
    tiles = prepare(settings)
    found = separation(tiles.train, tiles.train_origins, settings.form)
    assert found.length > 1
    assert 1 <= found.effective <= len(found.places)
    held = [{tuple(pixel) for pixel in _pixels(origin, settings.form.shape)} for origin in found.origins]
    for group in set(found.groups):
        mine, others = (
            set().union(*(held[k] for k in np.flatnonzero(side)))
            for side in (found.groups == group, found.groups != group)
        )
        assert not mine & others


def _pixels(origin: np.ndarray, tile: tuple[int, ...]) -> np.ndarray:
    return np.stack(np.meshgrid(*(np.arange(a, a + side) for a, side in zip(origin, tile, strict=True))), -1).reshape(
        -1, len(tile)
    )


def test_prepared_files_carry_what_is_needed(image: np.ndarray, tmp_path):
    np.save(tmp_path / "image.npy", image)
    settings = DataSettings(images=str(tmp_path / "image.npy"), tile=16, stride=8)
    mapped, whole = training_data(settings, prepared(settings, tmp_path)), prepare(settings)
    one, two = (separation(tiles.train, tiles.train_origins, FLAT) for tiles in (mapped, whole))
    np.testing.assert_array_equal(one.places, two.places)
    np.testing.assert_array_equal(one.groups, two.groups)
    assert one.length == two.length


def test_an_image_of_one_phase_has_regions_but_no_length():
    tiles = split_by_region(np.ones((64, 64), np.uint8), 16, 16)
    found = separation(tiles.train, tiles.train_origins, FLAT)
    assert np.isnan(found.length)
    assert np.isnan(found.effective)
    assert found.words == ""
