"""Tiles of pairs: which image, which mask, which specimen, which pixels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError
from support.shared import DATA

from raysys.data.pairs import PairsSettings, find_pairs, pair, read_pair
from raysys.errors import RaysysError
from raysys.grey_levels import grey_limits, on_grey_scale

Make = Callable[..., PairsSettings]
REAL = DATA / "segmentation_pairs"


def test_tiles_lie_on_their_masks(settings: Make):
    data = pair(settings())
    assert data.train.shape == data.train_targets.shape == (96, 16, 16)  # 4 images of 4 x 6 windows
    for place in range(len(data.train)):
        number, row, column = data.train.places[place]
        one = data.train_pairs[number]
        stored, labels = read_pair(one.image, one.mask, settings().classes)
        window = (slice(row, row + 16), slice(column, column + 16))
        np.testing.assert_array_equal(data.train_targets[place], labels[window])
        expected = on_grey_scale(stored, grey_limits(stored))[window]
        np.testing.assert_array_equal(data.train[place], expected)


def test_tiles_are_whole_row_major_and_asked_for_like_an_array(settings: Make):
    data = pair(settings(tile=24, stride=8))
    assert data.train.places[:15].tolist() == [[0, r, c] for r in (0, 8, 16) for c in (0, 8, 16, 24, 32)]
    some = np.array([5, 0, 3])
    np.testing.assert_array_equal(data.train[some], data.train[:][some])
    assert data.train[some].dtype == np.float32
    assert data.train_targets[some].dtype == np.uint8
    assert data.train[2:4].shape == (2, 24, 24)


def test_no_specimen_is_on_both_sides(settings: Make):
    for seed in range(6):
        data = pair(settings(held_out=0.4, seed=seed))
        kept, aside = ({one.specimen for one in pairs} for pairs in (data.train_pairs, data.held_out_pairs))
        assert kept | aside == {"a", "b", "c"}
        assert not kept & aside
        assert len(data.held_out_pairs) <= 2  # of five images; specimens a and c have two
    drawn = {str(pair(settings(held_out=0.4, seed=seed)).provenance["specimens_held_out"]) for seed in range(6)}
    assert len(drawn) > 1
    assert pair(settings(held_out=0.01)).provenance["specimens_held_out"] == ["b"]  # the least that there is


def test_a_specimen_is_named_by_prefix_expression_or_the_whole_name(settings: Make):
    assert {one.specimen for one in find_pairs(settings(specimen=1))} == {"a", "b", "c"}
    assert {one.specimen for one in find_pairs(settings(specimen="[abc]_"))} == {"a_", "b_", "c_"}
    assert {one.specimen for one in find_pairs(settings(specimen=r"._(\d)"))} == {"1", "2"}
    assert {one.specimen for one in find_pairs(settings(specimen=None))} == {"a_1", "a_2", "b_1", "c_1", "c_2"}


def test_held_out_tiles_share_no_pixel(settings: Make):
    data = pair(settings(held_out=["a"], stride=1))
    assert len(data.held_out) == 2 * 2 * 3
    assert data.held_out.shape == data.held_out_targets.shape


def test_tiles_with_a_rare_class_are_drawn_more_often(settings: Make):
    assert pair(settings(balance=0)).train_weights is None
    data = pair(settings(balance=0.5))
    rare = np.array([(tile == 2).any() for tile in data.train_targets[:]])
    assert data.train_weights is not None
    assert data.train_weights.mean() == pytest.approx(1)
    assert data.train_weights[rare].min() > data.train_weights[~rare].max()
    counts = np.bincount(np.concatenate([mask.ravel() for mask in data.train_targets.arrays]), minlength=3)
    np.testing.assert_allclose(data.class_shares, counts / counts.sum())


def test_masks_may_lie_in_a_folder_of_their_own(settings: Make, folder: Path):
    beside = pair(settings())
    (folder / "labels").mkdir()
    for number, mask in enumerate(sorted(folder.glob("*_mask.png"))):
        name = mask.name if number % 2 else mask.name.replace("_mask", "")  # with the suffix, and without
        mask.rename(folder / "labels" / name)
    apart = pair(settings(masks=str(folder / "labels")))
    np.testing.assert_array_equal(apart.train_targets[:], beside.train_targets[:])


def test_a_pattern_and_ilastiks_names_find_the_pairs(settings: Make, folder: Path):
    for mask in folder.glob("*_mask.png"):
        mask.rename(mask.with_name(mask.name.replace("_mask", "_Simple Segmentation")))
    chosen = settings(images=str(folder / "[ab]_*.png"), mask_suffix="_Simple Segmentation")
    assert [one.image.stem for one in find_pairs(chosen)] == ["a_1", "a_2", "b_1"]


def test_other_brightness_and_contrast_are_evened_out():
    grey = np.random.default_rng(0).integers(0, 100, (50, 50)).astype(np.uint8)
    first, second = (on_grey_scale(image, grey_limits(image)) for image in (grey, grey.astype(np.uint16) * 31 + 5000))
    np.testing.assert_allclose(first, second, atol=1e-5)
    assert grey_limits(grey, "stored") == (0, 255)
    np.testing.assert_allclose(on_grey_scale(grey, (0.0, 255.0)), grey / 255, atol=1e-6)


# --- refusals -------------------------------------------------------------------------------------------------------


def test_an_image_without_a_mask_is_named(settings: Make, folder: Path):
    (folder / "c_1_mask.png").unlink()
    with pytest.raises(RaysysError, match=r"image .*c_1\.png has no mask: looked in .* for c_1_mask"):
        pair(settings())


def test_two_masks_of_one_image_are_refused(settings: Make, folder: Path):
    Image.fromarray(np.zeros((40, 56), np.uint8)).save(folder / "a_1_mask.tif")
    with pytest.raises(RaysysError, match=r"a_1\.png has 2 masks, a_1_mask\.png and a_1_mask\.tif"):
        pair(settings())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"tile": 48}, r"40 x 56 pixels, less than one tile of 48; use a smaller data\.tile"),
        ({"held_out": ["d"]}, "held_out names d; there are: a, b, c"),
        ({"held_out": ["a", "b", "c"]}, "one or more must be left to train on"),
        ({"specimen": "x"}, r"does not begin with the specimen 'x'"),
        ({"specimen": "[abc](_)"}, r"all 5 images of .* are of one specimen \(_\); two or more are needed"),
        ({"classes": ["ground", "stripe", "corner", "pore"]}, "no training mask of .* holds the class pore"),
        ({"images": "nowhere"}, "nowhere is no folder of images, and no pattern"),
        ({"masks": "nowhere"}, "there is no folder of masks nowhere"),
        ({"images": "*.nothing"}, "holds no image"),
    ],
)
def test_a_mistake_is_one_sentence(settings: Make, fields: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        pair(settings(**fields))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"classes": ["ground"]}, "classes names 1"),
        ({"classes": ["ground", "ground"]}, "two classes have one name"),
        ({"classes": {"ground": 0, "crack": 0}}, "every class needs values of its own"),
        ({"classes": {"a": 0, "b": 1}, "unlabelled": 1}, "unlabelled is 1, which is also a class"),
        ({"classes": ["ground", "crack/pore"]}, "letters, digits"),
        ({"specimen": "("}, "no regular expression"),
        ({"held_out": 1.5}, "between 0 and 1"),
    ],
)
def test_contradictory_settings_are_refused(settings: Make, fields: dict, words: str):
    with pytest.raises(ValidationError, match=words):
        settings(**fields)


def test_few_tiles_are_warned_of(settings: Make):
    with pytest.warns(UserWarning, match="gives 24 training tiles of 16 pixels, fewer than 32"):
        pair(settings(stride=16))


# --- real pairs -----------------------------------------------------------------------------------------------------


def test_real_coatings_are_split_by_specimen():
    if not REAL.is_dir():
        pytest.skip("needs the folder shared/data")
    data = pair(
        PairsSettings(
            source="pairs",
            images=str(REAL / "ebc"),
            classes=["background", "oxide", "crack"],
            specimen=r"(\d{6}_\d+|S\d+_\d+)",
            held_out=["070516_1"],
            tile=256,
            stride=128,
            balance=0,
        )
    )
    assert [one.image.name for one in data.held_out_pairs] == ["070516_1_S1160020.png", "070516_1_S1160030.png"]
    assert len(data.train) == 12 * 49
    assert data.held_out.shape == (32, 256, 256)
    np.testing.assert_allclose(data.class_shares, [0.7940, 0.2034, 0.0026], atol=1e-4)  # of shared/data/index.csv


def test_held_out_images_without_a_label_are_refused_and_tiles_without_one_left_out(settings: Make, folder: Path):
    mask = np.full((40, 56), 9, np.uint8)
    Image.fromarray(mask).save(folder / "b_1_mask.png")
    with pytest.raises(RaysysError, match=r"nothing is labelled in the held-out specimens .*\(b\).*data.held_out"):
        pair(settings(unlabelled=9))
    mask[20, 20] = 1
    Image.fromarray(mask).save(folder / "b_1_mask.png")
    data = pair(settings(unlabelled=9))
    assert len(data.held_out) == 1
    assert data.held_out_targets[0, 4, 4] == 1
