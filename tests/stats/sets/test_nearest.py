"""Nearest windows against counting every window by hand, and what is and is not taken for a copy."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import betabinom

from raysys import RaysysError
from raysys.data import gaussian_random_field
from raysys.stats import Memorising, Nearest, memorising, nearest_windows
from raysys.stats.sets import nearest as module

SIDE = 16


def field(shape: tuple[int, ...], seed: int, length: float = 2.0, phi: float = 0.35, n: int = 1) -> np.ndarray:
    return gaussian_random_field(shape, correlation_length=length, phase_fraction=phi, seed=seed, n=n)


def ways(image: np.ndarray, symmetries: bool) -> list[np.ndarray]:
    """All turns and mirrorings."""
    if not symmetries:
        return [image]
    axes = range(image.ndim)
    subsets = [each for count in range(image.ndim + 1) for each in itertools.combinations(axes, count)]
    return [np.flip(image.transpose(order), each) for order in itertools.permutations(axes) for each in subsets]


def least(image: np.ndarray, training: list[np.ndarray], symmetries: bool) -> float:
    """The smallest share of unlike pixels, window by window."""
    found = []
    for one, turned in itertools.product(training, ways(image, symmetries)):
        free = [range(length - side + 1) for length, side in zip(one.shape, turned.shape, strict=True)]
        for corner in itertools.product(*free):
            cut = tuple(slice(at, at + side) for at, side in zip(corner, turned.shape, strict=True))
            found.append((one[cut] != turned).mean())
    return min(found)


@pytest.mark.parametrize("symmetries", [False, True])
@pytest.mark.parametrize("block", [512, 20])
def test_distances_are_those_of_counting_every_window(monkeypatch: pytest.MonkeyPatch, symmetries: bool, block: int):
    monkeypatch.setattr(module, "BLOCK", block)
    training = [field((31, 40), 1)[0], field((12, 27), 2)[0], field((5, 90), 3)[0]]  # the last holds no window
    images = field((9, 9), 4, n=5)
    found = nearest_windows(images, training, symmetries=symmetries)
    np.testing.assert_array_equal(found.distances, [least(one, training, symmetries) for one in images])
    np.testing.assert_array_equal((found.images != found.windows).mean(axis=(1, 2)), found.distances)
    for (number, y, x), window in zip(found.places, found.windows, strict=True):
        there = training[number][y : y + 9, x : x + 9]
        assert any(np.array_equal(window, one) for one in ways(there, symmetries))


def test_volumes_have_48_symmetries_and_images_that_are_no_squares_four():
    volume = field((14, 12, 13), 5)[0]
    images = field((5, 5, 5), 6, n=2)
    found = nearest_windows(images, volume[None], symmetries=True)
    np.testing.assert_array_equal(found.distances, [least(one, [volume], True) for one in images])
    flat = field((20, 30), 7)[0]
    copy = np.flip(flat[3:9, 4:14], 1)
    assert nearest_windows(copy[None], [flat], symmetries=True).distances[0] == 0
    assert nearest_windows(copy[None], [flat]).distances[0] > 0
    assert len(module._symmetries((6, 10))) == 4


def three_phases(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Labels 0, 1 and 2."""
    return field(shape, seed)[0] * (1 + field(shape, seed + 50, phi=0.6)[0])


@pytest.mark.parametrize("shape", [(31, 40), (12, 11, 13)], ids=str)
def test_labels_are_unlike_wherever_their_phases_differ(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]):
    training = [three_phases(shape, 1), three_phases(shape, 2)]
    images = np.stack([three_phases((7,) * len(shape), seed) for seed in (3, 4, 5)])
    found = nearest_windows(images, training, symmetries=True, labels=True)
    np.testing.assert_array_equal(found.distances, [least(one, training, True) for one in images])
    np.testing.assert_array_equal(found.images, images)
    for image, window, distance, relative in zip(images, found.windows, found.distances, found.relative, strict=True):
        assert (image != window).mean() == distance
        chance = 1 - sum((image == k).mean() * (window == k).mean() for k in range(3))
        assert relative == pytest.approx(distance / chance)
    monkeypatch.setattr(module, "ALLOWED_ERROR", 0.0)
    again = nearest_windows(images, training, symmetries=True, labels=True)
    np.testing.assert_array_equal(again.places, found.places)


def test_two_labels_are_as_near_as_the_phase_of_a_binary_image():
    training, images = [field((40, 50), 1)[0]], field((9, 9), 4, n=5)
    binary = nearest_windows(images, training, symmetries=True)
    labels = nearest_windows(images, training, symmetries=True, labels=True)
    np.testing.assert_array_equal(labels.distances, binary.distances)
    # Windows of one distance may differ, and with them what chance gives.
    same = (labels.windows == binary.windows).all(axis=(1, 2))
    np.testing.assert_allclose(labels.relative[same], binary.relative[same])
    assert same.any()


def test_an_image_of_one_label_has_nothing_to_copy():
    training = [three_phases((40, 50), 1)]
    found = nearest_windows(np.full((1, 3, 3), 2, np.uint8), training, labels=True)
    assert found.relative[0] == 1


def test_copies_of_label_images_are_found():
    image = three_phases((96, 240), 11)
    training, aside = [image[:, :144]], [image[:, 144:]]
    random = np.random.default_rng(3)
    corners = [(random.integers(0, 96 - SIDE), random.integers(0, 144 - SIDE)) for _ in range(16)]
    stolen = np.stack([np.rot90(image[y : y + SIDE, x : x + SIDE]) for y, x in corners])
    assert memorising(stolen, training, aside, labels=True).kind == "copies"
    new = np.stack([three_phases((SIDE, SIDE), seed) for seed in range(100, 116)])
    assert memorising(new, training, aside, labels=True).kind == "no copies"


@pytest.mark.parametrize("side", [8, 96])
def test_double_precision_is_taken_where_single_would_not_do(monkeypatch: pytest.MonkeyPatch, side: int):
    training, images = field((150, 170), 8)[0], field((side, side), 9, n=2)
    single = nearest_windows(images, [training])
    monkeypatch.setattr(module, "ALLOWED_ERROR", 0.0)
    double = nearest_windows(images, [training])
    np.testing.assert_array_equal(single.distances, double.distances)


def test_a_window_is_no_window_of_itself():
    training = field((40, 40), 10)[0]
    place = np.array([[0, 7, 9]])
    image = training[7:19, 9:21][None]
    found = nearest_windows(image, [training], own=place)
    assert nearest_windows(image, [training]).distances[0] == 0
    corners = [(y, x) for y, x in np.ndindex(29, 29) if abs(y - 7) >= 12 or abs(x - 9) >= 12]
    by_hand = [(training[y : y + 12, x : x + 12] != image[0]).mean() for y, x in corners]
    assert found.distances[0] == min(by_hand)
    with pytest.raises(RaysysError, match="too small to hold a second window"):
        nearest_windows(training[None, :30, :30], [training], own=np.array([[0, 0, 0]]))


def test_distances_by_chance_are_one_less_kappa():
    training = (np.random.default_rng(0).random((60, 60)) < 0.4).astype(np.uint8)
    images = np.stack([training[:20, :20], np.zeros((20, 20), np.uint8), 1 - training[5:25, 9:29]])
    found = nearest_windows(images, [training])
    assert found.relative[0] == 0
    assert found.relative[1] == 1  # of one phase
    p, q = found.images[2].mean(), found.windows[2].mean()
    assert found.relative[2] == pytest.approx(found.distances[2] / (p * (1 - q) + q * (1 - p)))


@pytest.fixture(scope="module")
def micrograph() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Its training part and its held-out part."""
    image = field((160, 288), 11)[0]
    return [image[:, :192]], [image[:, 192:]]


def copies(training: np.ndarray, n: int, seed: int, flipped: float = 0.02, side: int = SIDE) -> np.ndarray:
    """Windows from anywhere, turned, mirrored, and with some pixels of the other phase."""
    random = np.random.default_rng(seed)
    found = []
    for turn in range(n):
        y, x = (random.integers(0, length - side + 1) for length in training.shape)
        window = np.rot90(training[y : y + side, x : x + side], turn % 4)
        window = window.T if turn % 8 >= 4 else window
        found.append(window ^ (random.random(window.shape) < flipped))
    return np.stack(found)


@pytest.mark.parametrize("held_out", [True, False])
def test_copies_that_are_moved_mirrored_and_noisy_are_found(
    micrograph: tuple[list[np.ndarray], list[np.ndarray]], held_out: bool
):
    training, aside = micrograph
    found = memorising(copies(training[0], 32, 0), training, aside if held_out else None)
    assert found.kind == "copies"
    assert found.near == 32
    assert found.generated.distances.mean() == pytest.approx(0.02, abs=0.005)
    assert found.verdict.startswith("made of copies of the training image: 32 of 32 images are nearer")
    assert found.of_training is not held_out


def test_few_copies_among_new_images_are_found(micrograph: tuple[list[np.ndarray], list[np.ndarray]]):
    training, aside = micrograph
    mixed = np.concatenate([copies(training[0], 16, 1), field((SIDE, SIDE), 12, n=48)])
    found = memorising(mixed, training, aside)
    assert found.kind == "some copies"
    assert (found.ratios[:16] < found.limit).all()
    assert len(found.held_out) == 60  # all there are
    assert found.p < 0.01
    assert found.near < 32
    assert found.verdict.startswith(f"partly made of copies of the training image: {found.near} of 64 images")
    assert f"{found.generated.distances[:16].min():.1%} of its pixels" in found.verdict


# Correlation length and phase fraction of the training part, then of the held-out part.
UNLIKE = [((4, 0.35), (2, 0.35)), ((3, 0.35), (1.5, 0.35)), ((2, 0.5), (2, 0.25)), ((2, 0.2), (2, 0.4))]


def mixed(training: tuple[float, float], held_out: tuple[float, float]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Two parts that differ, as of a layered rock: windows of 32 pixels make 30 tiles of each."""
    return [field((160, 192), 11, *training)[0]], [field((160, 192), 12, *held_out)[0]]


@pytest.mark.parametrize(("training", "held_out"), UNLIKE, ids=str)
def test_new_images_of_the_training_part_are_no_copies_where_the_parts_differ(
    training: tuple[float, float], held_out: tuple[float, float]
):
    found = memorising(field((32, 32), 13, *training, n=48), *mixed(training, held_out))
    assert found.kind == "no copies"
    first = replace(found, windows=None, windows_elsewhere=None)
    assert len(found.held_out) == 30
    assert first.p < 1e-3  # held-out tiles alone would call them copies
    assert found.verdict.startswith(f"no sign of copies: {first.near} of 48 images are nearer to it than nearly all 30")
    assert found.verdict.split("; ")[0].endswith("the two parts of the image differ")


@pytest.mark.parametrize(("training", "held_out"), UNLIKE, ids=str)
def test_copies_are_found_where_the_parts_differ(training: tuple[float, float], held_out: tuple[float, float]):
    parts = mixed(training, held_out)
    stolen = copies(parts[0][0], 24, 4, side=32)
    found = memorising(stolen, *parts)
    assert found.kind == "copies"
    assert found.near == 24
    assert "held-out tiles and 30 training windows among themselves" in found.verdict


def test_a_quarter_of_copies_is_found_where_the_parts_differ():
    (training,), (held_out,) = mixed(*UNLIKE[0])
    held_out = np.concatenate([held_out, field((224, 192), 24, *UNLIKE[0][1])[0]])
    images = np.concatenate([copies(training, 16, 5, side=32), field((32, 32), 25, *UNLIKE[0][0], n=48)])
    found = memorising(images, [training], [held_out])
    assert len(found.held_out) == 64
    assert found.kind == "some copies"
    assert 16 <= found.near < 32


def test_nothing_is_said_of_new_images_of_which_tiles_recur_exactly_in_the_held_out_part():
    """Whatever is not a tile of them has a ratio below infinity."""
    period = (np.random.default_rng(6).random((SIDE, SIDE)) < 0.4).astype(np.uint8)
    noise = (np.random.default_rng(7).random((32, SIDE, SIDE)) < 0.4).astype(np.uint8)
    found = memorising(noise, [field((96, 96), 26)[0]], [np.tile(period, (6, 6))])
    assert np.isinf(found.limit)
    assert found.kind == "no copies"
    assert found.p == 1
    assert found.verdict.startswith("no sign of copies, but nothing can be said: real windows of this size recur")


def test_windows_of_a_volume_are_not_compared_with_those_of_neighbouring_slices():
    volume = field((12, 96, 128), 27, 3.0)[0]
    training, aside = list(volume[:, :, :80]), list(volume[:, :, 80:])
    new = field((12, SIDE, SIDE), 28, 3.0, n=4)[:, ::4].reshape(-1, SIDE, SIDE)
    assert memorising(new, training, aside).kind == "no copies"
    found = memorising(copies(training[5], 24, 8), training, aside)
    assert found.kind == "copies"
    assert found.windows is not None
    assert np.median(found.windows.distances) > 0.1  # 0.07 with neighbouring slices


@pytest.mark.parametrize(("length", "phi"), [(2.0, 0.35), (5.0, 0.35), (1.0, 0.35), (2.0, 0.15), (2.0, 0.6)], ids=str)
def test_new_images_are_no_copies_even_if_coarser_or_denser_than_real_ones(
    micrograph: tuple[list[np.ndarray], list[np.ndarray]], length: float, phi: float
):
    found = memorising(field((SIDE, SIDE), 13, length, phi, n=48), *micrograph)
    assert found.kind == "no copies"
    assert found.verdict.startswith("no sign of copies")


def test_tiles_of_the_held_out_part_are_no_copies_of_the_training_part(
    micrograph: tuple[list[np.ndarray], list[np.ndarray]],
):
    training, aside = micrograph
    others = [field((160, 96), 14)[0]]
    tiles = np.stack([aside[0][y : y + SIDE, x : x + SIDE] for y in range(0, 160, 16) for x in range(0, 96, 16)])
    assert memorising(tiles, training, others).kind == "no copies"


def test_small_copies_inside_new_images_are_found_by_their_own_side(
    micrograph: tuple[list[np.ndarray], list[np.ndarray]],
):
    training, aside = micrograph
    quarters = copies(training[0], 64, 3).reshape(16, 2, 2, SIDE, SIDE)
    images = quarters.transpose(0, 1, 3, 2, 4).reshape(16, 2 * SIDE, 2 * SIDE)
    found = memorising(images, training, aside, side=SIDE)
    assert len(found.generated) == 64
    assert found.kind == "copies"
    np.testing.assert_array_equal(found.generated.images[3], images[0, SIDE:, SIDE:])


def given(generated: np.ndarray, held_out: np.ndarray) -> Memorising:
    def one(relative: np.ndarray) -> Nearest:
        blank = np.zeros((len(relative), 2, 2), np.uint8)
        return Nearest(blank, blank, relative, relative, np.zeros((len(relative), 3), np.int64))

    return Memorising(one(generated), one(held_out))


def test_the_test_has_the_size_that_it_says():
    random = np.random.default_rng(1)
    found = [given(random.random(20), random.random(39)).p < 0.01 for _ in range(2000)]
    assert np.mean(found) < 0.01 + 3 * math.sqrt(0.01 / 2000)
    assert any(found)


def test_the_probability_is_that_of_the_beta_binomial():
    held = np.linspace(1, 2, 59)
    found = given(np.array([0.5] * 4 + [1.03] * 3 + [1.9] * 13), held)
    assert found.rank == 3
    assert found.limit == held[2]
    assert found.near == 7
    tails = betabinom.sf(3, 20, 1, 59), betabinom.sf(6, 20, 3, 57)
    assert found.p == pytest.approx(2 * min(tails))
    few = given(np.zeros(10), np.ones(3))
    assert few.p == pytest.approx(betabinom.pmf(10, 10, 1, 3))


def test_progress_counts_every_look_up(micrograph: tuple[list[np.ndarray], list[np.ndarray]]):
    told: list[tuple[int, int]] = []
    images = field((SIDE, SIDE), 15, n=3)
    found = memorising(images, *micrograph, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2 * (3 + len(found.held_out)),) * 2
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize(
    ("images", "training", "held_out", "expected"),
    [
        ((2, 8, 8), (8, 7), None, "the training images hold no window"),
        ((2, 8, 8), (8, 7), (16, 16), "no training image holds a window"),
        ((2, 8, 8), (9, 9, 9), (16, 16), "allowed: (N, H, W) with training images (H, W)"),
        ((2, 8, 8), (20, 20), (20, 7), "the held-out part holds no window"),
        ((2, 8, 8), (20, 20), (9, 9, 9), "allowed: as many axes"),
    ],
)
def test_what_does_not_fit_is_refused(
    images: tuple[int, ...], training: tuple[int, ...], held_out: tuple[int, ...] | None, expected: str
):
    one = np.zeros(images, np.uint8)
    with pytest.raises(RaysysError) as error:
        memorising(one, [np.zeros(training, np.uint8)], None if held_out is None else [np.zeros(held_out, np.uint8)])
    assert expected in str(error.value)
    with pytest.raises(RaysysError, match="side is 9; allowed: 2 to 8"):
        memorising(np.zeros((2, 8, 8)), np.zeros((1, 30, 30)), side=9)
