"""A recipe's labelled images: split class by class, read when they are asked for, and drawn as often as is wanted."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from pydantic import ValidationError

from raysys import RaysysError
from raysys.data.micro2d import LabelledImages, Micro2D, Micro2DSettings, View, class_weights, select, synthesize
from raysys.train.batches import BatchSequence

COUNTS = {"GRF": 40, "NBSA": 12, "VoidSmall": 20}
NAMES = tuple(COUNTS)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("selection") / "data.h5", COUNTS, seed=0, size=32)


@pytest.fixture
def selected(file: Path) -> Callable[..., LabelledImages]:
    return lambda **options: select(settings(file, **options))


def settings(file: Path, **options: Any) -> Micro2DSettings:
    return Micro2DSettings(source="micro2d", images=str(file), **({"tile": 32} | options))


def parts_of(data: LabelledImages) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """All images of each part, and their classes."""
    return {
        "train": (data.train[:], data.train_targets),
        "held_out": (data.held_out, data.held_out_targets),
        "test": (data.test[:], data.test_targets),
    }


def test_every_image_is_in_one_part_and_every_class_has_its_share(file: Path, selected):
    data = selected(shares=(0.5, 0.25, 0.25))
    everything = {image.tobytes() for image in Micro2D(file)[:]}
    assert len(everything) == 72
    found = [image.tobytes() for images, _ in parts_of(data).values() for image in images]
    assert (len(found), set(found)) == (72, everything)
    for part, share in (("train", 0.5), ("held_out", 0.25), ("test", 0.25)):
        counts = np.bincount(parts_of(data)[part][1])
        np.testing.assert_array_equal(counts, [share * count for count in COUNTS.values()])


@pytest.mark.parametrize("classes", [None, ("VoidSmall", "GRF"), NAMES])
def test_an_images_target_is_its_class(file: Path, selected, classes: tuple[str, ...] | None):
    data = selected(classes=classes)
    store = Micro2D(file)
    of_image = {image.tobytes(): name for name in NAMES for image in store[name, :]}
    assert data.target_names == (classes or NAMES)
    for images, targets in parts_of(data).values():
        assert targets.dtype == np.int64
        assert [of_image[image.tobytes()] for image in images] == [data.target_names[number] for number in targets]


def test_held_out_images_take_classes_in_turns(selected):
    targets = selected(shares=(0.5, 0.25, 0.25)).held_out_targets
    assert targets.tolist() == [0, 1, 2] * 3 + [0, 2] * 2 + [0] * 5
    few = selected(shares=(0.5, 0.25, 0.25), held_out_images=7)
    assert few.held_out_targets.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert few.held_out.shape == (7, 32, 32)
    assert few.provenance["images_validation"] == 18  # the rest of them is not trained on either
    assert len(few.train) == 36


def test_a_seed_decides_the_split(selected):
    first, again, other = selected(seed=1), selected(seed=1), selected(seed=2)
    np.testing.assert_array_equal(first.train.indices, again.train.indices)
    np.testing.assert_array_equal(first.held_out, again.held_out)
    assert set(first.train.indices) != set(other.train.indices)


def test_a_class_is_divided_alike_whichever_others_are_chosen_and_in_whichever_order(selected):
    parts = []
    for classes in (tuple(NAMES), tuple(reversed(NAMES)), tuple(NAMES[1:2])):
        data = selected(classes=classes)
        number = data.target_names.index(NAMES[1])
        parts.append({image.tobytes() for image in data.test[:][data.test_targets == number]})
    assert parts[0] == parts[1] == parts[2]
    assert parts[0]


def test_of_each_class_only_the_first_images_may_be_used(file: Path, selected):
    data = selected(per_class=15, shares=(0.6, 0.2, 0.2))
    store = Micro2D(file)
    first = {name: {image.tobytes() for image in store[name, :15]} for name in NAMES}
    found = {name: set() for name in NAMES}
    for images, targets in parts_of(data).values():
        for image, number in zip(images, targets, strict=True):
            found[NAMES[number]].add(image.tobytes())
    assert found == first
    assert {name: len(images) for name, images in found.items()} == {"GRF": 15, "NBSA": 12, "VoidSmall": 15}
    assert data.provenance["classes"] == {"GRF": 9, "NBSA": 8, "VoidSmall": 9}


def test_the_card_says_where_the_images_are_from(file: Path, selected):
    data = selected(balance=0.5)
    told = data.provenance
    assert told["source"] == str(file)
    assert told["attributes"]["source"] == "synthetic"
    assert told["settings"]["balance"] == 0.5
    assert sum(told["classes"].values()) == told["images_train"] == len(data.train)
    assert data.phase_fraction == pytest.approx(data.train[:].mean())


# --- images behind a file -------------------------------------------------------------------------------------------


def test_a_view_is_indexed_like_an_array(file: Path):
    store = Micro2D(file)
    chosen = np.array([50, 3, 20, 71])
    view, array = View(store, chosen), store[:][chosen]
    assert (len(view), view.shape, view.dtype) == (4, array.shape, array.dtype)
    for key in (slice(None), slice(1, 3), slice(None, None, -1), np.array([2, 0, 2]), np.array([], np.int64), 1, -1):
        np.testing.assert_array_equal(view[key], array[key])
    np.testing.assert_array_equal(view.spread(2), array[[0, 3]])
    np.testing.assert_array_equal(view.spread(99), array)
    with pytest.raises(IndexError):
        view[4]


def test_a_view_reads_what_is_asked_for_and_nothing_else(file: Path, tmp_path: Path):
    """One image of the file is destroyed: only who asks for it notices."""
    damaged = tmp_path / "damaged.h5"
    content = bytearray(file.read_bytes())
    with h5py.File(file) as store:
        place = store["GRF/GRF"].id.get_chunk_info(5)
    content[place.byte_offset : place.byte_offset + place.size] = bytes(place.size)
    damaged.write_bytes(content)
    view = View(Micro2D(damaged), np.array([9, 5, 2]))
    np.testing.assert_array_equal(view[np.array([0, 2])], Micro2D(file)[[9, 2]])
    with pytest.raises(RaysysError, match="cannot be read as an HDF5 file"):
        view[1:2]


def test_a_view_travels_to_other_processes_without_its_images(file: Path):
    view = View(Micro2D(file), np.arange(10, 60))
    view[0]
    sent = pickle.dumps(view)
    assert len(sent) < view[:].nbytes / 10
    np.testing.assert_array_equal(pickle.loads(sent)[::7], view[::7])


# --- how often images are drawn -------------------------------------------------------------------------------------


def shares_drawn(data: LabelledImages) -> np.ndarray:
    order = BatchSequence(len(data.train), 8, seed=0, weights=data.train_weights)
    seen = np.concatenate([order.indices(k) for k in range(500)])
    return np.bincount(data.train_targets[seen], minlength=3) / len(seen)


def test_rare_classes_are_drawn_as_often_as_is_asked(selected):
    plain, half, equal = (selected(balance=balance) for balance in (0, 0.5, 1))
    assert plain.train_weights is None
    counts = np.bincount(plain.train_targets)
    np.testing.assert_allclose(shares_drawn(plain), counts / counts.sum(), atol=0.01)
    np.testing.assert_allclose(shares_drawn(equal), 1 / 3, atol=0.03)
    np.testing.assert_allclose(shares_drawn(half), np.sqrt(counts) / np.sqrt(counts).sum(), atol=0.03)
    np.testing.assert_array_equal(half.train_weights, class_weights(half.train_targets, 0.5))


def test_weighted_batches_can_be_asked_for_without_those_before_them(selected):
    weights = selected(balance=1).train_weights
    walked = BatchSequence(len(weights), 8, seed=3, weights=weights)
    walk = [walked.indices(k) for k in range(30)]
    np.testing.assert_array_equal(BatchSequence(len(weights), 8, seed=3, weights=weights).indices(17), walk[17])
    never = np.where(np.arange(len(weights)) < 10, 0.0, weights)
    assert min(BatchSequence(len(weights), 8, seed=3, weights=never).indices(k).min() for k in range(60)) == 10


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tile": 64}, r"data\.h5: its images have 32 x 32 pixels, but tile is 64"),
        ({"classes": ("GRF", "Foam")}, 'no class "Foam"; there are: GRF, NBSA, VoidSmall'),
        ({"classes": ()}, "none is asked for"),
        ({"per_class": 2}, r"data\.h5: class 0 has 2 images, too few for shares of \(0\.7, 0\.15, 0\.15\)"),
    ],
)
def test_what_does_not_fit_the_file_is_refused(selected, options: dict[str, Any], words: str):
    with pytest.raises(RaysysError, match=words) as refused:
        selected(**options)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shares": (0.7, 0.2, 0.2)}, "must add up to 1"),
        ({"shares": (1.0, 0.0, 0.0)}, "the first two above 0"),
        ({"shares": (0.6, 0.6, -0.2)}, "must add up to 1"),
        ({"shares": (0.5, 0.5)}, "shares"),
        ({"classes": ("GRF", "NBSA", "GRF")}, "classes names one of them twice"),
        ({"balance": 1.5}, "less than or equal to 1"),
        ({"per_class": 0}, "greater than or equal to 1"),
        ({"held_out_images": 1}, "greater than or equal to 2"),
        ({"image": "data.h5"}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_make_no_sense_are_refused(file: Path, options: dict[str, Any], words: str):
    with pytest.raises(ValidationError, match=words):
        settings(file, **options)


def test_no_test_images_may_be_wanted(selected):
    data = selected(shares=(0.75, 0.25, 0.0))
    assert (len(data.train), len(data.held_out), len(data.test)) == (54, 18, 0)
    assert data.test[:].shape == (0, 32, 32)
    assert data.test_targets.shape == (0,)
