"""Samples without the small pieces that their training images were cleaned of, through whatever window."""

import json
from itertools import product

import numpy as np
import pytest
from support.tiny_models import gan

from raysys.data import remove_specks
from raysys.methods.wgan_gp.model import GanModel
from raysys.models import Cleaning, ImagesCard, load, save_model, stream, streaming, write_sample

PIXELS = 9
MARGIN = 2 * PIXELS


def cleaned_model(
    cleaning: Cleaning | None = Cleaning(minimum_object=PIXELS, minimum_hole=PIXELS), **options
) -> GanModel:
    """Of a network whose raw images are full of specks, since it is untrained."""
    model = gan(**({"latent": "lattice"} | options))
    images = model.card.images.model_copy(update={"cleaning": cleaning})
    return GanModel(model.card.model_copy(update={"images": images}), model.network)


@pytest.fixture
def model() -> GanModel:
    return cleaned_model()


@pytest.fixture
def solid() -> GanModel:
    return cleaned_model(size=16, dims=3, width=4)


def filled(image: np.ndarray, start: tuple[int, ...], corners: bool) -> list[tuple[int, ...]]:
    """The piece around a pixel, by flood fill."""
    piece, todo = {start}, [start]
    steps = [s for s in product((-1, 0, 1), repeat=image.ndim) if any(s) and (corners or sum(map(abs, s)) == 1)]
    while todo:
        place = todo.pop()
        for step in steps:
            near = tuple(a + b for a, b in zip(place, step, strict=True))
            inside = all(0 <= a < side for a, side in zip(near, image.shape, strict=True))
            if inside and near not in piece and image[near] == image[start]:
                piece.add(near)
                todo.append(near)
    return list(piece)


def without(image: np.ndarray, value: int, minimum: int, corners: bool = False) -> np.ndarray:
    """The image with pieces of a value that have fewer pixels turned over."""
    found, seen = image.copy(), set()
    for place in zip(*np.nonzero(image == value), strict=True):
        if place not in seen:
            piece = filled(image, tuple(map(int, place)), corners)
            seen.update(piece)
            if len(piece) < minimum:
                found[tuple(np.transpose(piece))] = 1 - value
    return found


@pytest.mark.parametrize("shape", [(23, 31), (7, 9, 11)])
@pytest.mark.parametrize("connectivity", ["faces", "all"])
def test_pieces_are_those_of_a_flood_fill(shape, connectivity):
    image = (np.random.default_rng(0).random(shape) < 0.4).astype(np.uint8)
    corners = connectivity == "all"
    cleaning = Cleaning(minimum_object=6, minimum_hole=4, connectivity=connectivity)
    expected = without(without(image, 1, 6, corners), 0, 4, corners)
    found = cleaning.cleaned(image)
    np.testing.assert_array_equal(found, expected)
    assert (found != image).any()


@pytest.mark.parametrize("shape", [(64, 48), (16, 20, 24)])
def test_it_is_what_the_preparation_does_to_images(shape):
    image = (np.random.default_rng(1).random(shape) < 0.45).astype(np.uint8)
    for pixels in (0, 1, 2, 12):
        cleaning = Cleaning(minimum_object=pixels, minimum_hole=pixels)
        np.testing.assert_array_equal(cleaning.cleaned(image), remove_specks(image, pixels))


@pytest.mark.parametrize("minima", [(PIXELS, PIXELS), (PIXELS, 0), (0, PIXELS), (40, 3)])
def test_a_window_is_the_same_part_of_the_whole_and_the_whole_is_the_raw_image_cleaned(minima):
    model = cleaned_model(Cleaning(minimum_object=minima[0], minimum_hole=minima[1]))
    margin = sum(minima)
    raw = model.sample(
        1, seed=3, size=(90 + 2 * margin, 120 + 2 * margin), origin=(-40 - margin, 7 - margin), raw=True
    )[0]
    expected = without(without(raw, 1, minima[0]), 0, minima[1])[margin:-margin, margin:-margin]
    whole = model.sample(1, seed=3, size=(90, 120), origin=(-40, 7))[0]
    np.testing.assert_array_equal(whole, expected)
    assert (whole != raw[margin:-margin, margin:-margin]).mean() > 0.002
    for top, left, size in [
        (0, 0, (90, 120)),
        (13, 55, (32, 32)),
        (40, 7, (1, 1)),
        (64, 100, (26, 20)),
        (3, 0, (5, 120)),
    ]:
        part = model.sample(1, seed=3, size=size, origin=(top - 40, left + 7))[0]
        np.testing.assert_array_equal(part, whole[top : top + size[0], left : left + size[1]])


def test_a_box_is_the_same_part_of_a_volume(solid):
    size, margin = (20, 17, 24), MARGIN
    raw = solid.sample(1, seed=2, size=[side + 2 * margin for side in size], origin=[5 - margin] * 3, raw=True)[0]
    inside = (slice(margin, -margin),) * 3
    whole = solid.sample(1, seed=2, size=size, origin=(5, 5, 5))[0]
    np.testing.assert_array_equal(whole, remove_specks(raw, PIXELS)[inside])
    assert (whole != raw[inside]).any()
    part = solid.sample(1, seed=2, size=(7, 6, 5), origin=(9, 10, 20))[0]
    np.testing.assert_array_equal(part, whole[4:11, 5:11, 15:20])


@pytest.mark.parametrize("size", [(32, 64), (16, 16)])  # the halo is as wide as the smaller image
def test_a_periodic_image_is_cleaned_as_the_endless_one_that_repeats_it(model, size):
    model = cleaned_model(levels=2) if min(size) < 32 else model
    raw = model.sample(1, seed=5, size=size, periodic=True, raw=True)[0]
    many = remove_specks(np.tile(raw, (5, 5)), PIXELS)
    middle = many[2 * size[0] : 3 * size[0], 2 * size[1] : 3 * size[1]]
    image = model.sample(1, seed=5, size=size, periodic=True)[0]
    np.testing.assert_array_equal(image, middle)
    assert (image != raw).any()
    moved = model.sample(1, seed=5, size=size, origin=(11, -6), periodic=True)[0]
    np.testing.assert_array_equal(moved, np.roll(image, (-11, 6), axis=(0, 1)))


def test_an_image_does_not_depend_on_its_batch(model, solid):
    for one in (model, solid):
        together = one.sample(3, seed=8)
        for number, image in enumerate(together):
            np.testing.assert_array_equal(image, one.sample(1, seed=8 + number)[0])


def test_a_conditional_models_windows_agree_too():
    model = cleaned_model(conditions=1)
    values = np.linspace(0.2, 0.6, 6).reshape(1, 6)
    condition = {"phase_fraction": {"values": values, "origin": [0, 0], "extent": [96, 96]}}
    whole = model.sample(1, seed=3, size=96, condition=condition)[0]
    part = model.sample(1, seed=3, size=(40, 30), origin=(20, 51), condition=condition)[0]
    np.testing.assert_array_equal(part, whole[20:60, 51:81])


def test_a_model_of_one_size_is_cleaned_as_an_image_by_itself():
    model = cleaned_model(latent="vector")
    raw = model.sample(2, seed=4, raw=True)
    np.testing.assert_array_equal(model.sample(2, seed=4), [remove_specks(image, PIXELS) for image in raw])


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("axes", [2, 3])
def test_a_file_holds_the_bits_of_the_sample(model, solid, axes, periodic, tmp_path, monkeypatch):
    one = model if axes == 2 else solid
    monkeypatch.setattr(streaming, "MOST_BYTES", 2000)  # so that slabs are cut along two axes
    size = ((224, 96), (48, 32, 16))[axes - 2] if periodic else ((211, 77), (45, 19, 23))[axes - 2]
    how = {"seed": 3, "size": size, "origin": (-21, 5, 3)[:axes], "periodic": periodic}
    expected, told = one.sample(2, **how), []
    written = write_sample(one, tmp_path / "a.npy", n=2, progress=lambda *done: told.append(done), **how)
    np.testing.assert_array_equal(np.load(written.path), expected)
    assert told[-1][0] == told[-1][1] == len(told)
    np.testing.assert_array_equal(np.concatenate(list(stream(one, 2, **how))), np.concatenate(expected))


def test_who_asks_for_it_gets_what_the_network_made(model):
    plain = cleaned_model(None)
    np.testing.assert_array_equal(model.sample(1, seed=1, raw=True), plain.sample(1, seed=1))
    np.testing.assert_array_equal(model.sample(1, seed=1, grey=True), plain.sample(1, seed=1, grey=True))
    assert (model.sample(1, seed=1) != plain.sample(1, seed=1)).any()


def test_a_card_from_before_it_was_told_cleans_nothing(model, tmp_path):
    card = save_model(tmp_path / "model", model) / "model.json"
    np.testing.assert_array_equal(load(tmp_path / "model").sample(1), model.sample(1))
    told = model.card.model_dump(mode="json")
    assert told["images"].pop("cleaning") == {"minimum_object": 9, "minimum_hole": 9, "connectivity": "faces"}
    card.write_text(json.dumps(told))
    np.testing.assert_array_equal(load(tmp_path / "model").sample(1), model.sample(1, raw=True))


def test_only_binary_images_have_objects():
    with pytest.raises(ValueError, match="cleaning is of binary images, and these are grey ones"):
        ImagesCard(kind="grey", shape=(8, 8), cleaning=Cleaning(minimum_object=4))
