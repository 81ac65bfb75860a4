"""The U-Net: shapes, how far it sees, and the model that segments with it, tile by tile."""

import itertools

import numpy as np
import pytest
import torch

from raysys import RaysysError
from raysys.grey_levels import grey_limits, on_grey_scale
from raysys.methods.unet import model as unet_model
from raysys.methods.unet.model import SegmenterModel
from raysys.methods.unet.network import UNet
from raysys.models import GenerativeModel, ModelCard, load, save_model

CLASSES = ("ground", "oxide", "crack")


def network(**options: object) -> UNet:
    """An untrained one whose normalisations have met other images than those of mean 0 and variance 1."""
    torch.manual_seed(3)
    made = UNet(**({"size": 32, "classes": CLASSES, "depth": 2, "width": 4} | options))
    with torch.no_grad():
        made(torch.randn(4, 1, 32, 32))
        made.head.weight.mul_(3)
    return made


def segmenter(**options: object) -> SegmenterModel:
    made = network(**options)
    card = ModelCard(
        name="tiny-unet",
        architecture="unet",
        hyperparameters=made.hyperparameters,
        images={"kind": "grey", "shape": (made.size, made.size)},
    )
    return SegmenterModel(card, made)


@pytest.fixture(scope="module")
def model() -> SegmenterModel:
    return segmenter()


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    """(101, 150) uint8: sides that no halving fits."""
    return np.random.default_rng(0).integers(0, 256, (101, 150)).astype(np.uint8)


def whole(model: SegmenterModel, image: np.ndarray) -> np.ndarray:
    """Probabilities of one pass over the whole image."""
    found = model.probabilities(image[None], tile=1024)[0]
    assert found.shape == (3, *image.shape)
    return found


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_logits_are_of_the_images_size(depth: int):
    made = UNet(32, classes=CLASSES, depth=depth, width=3)
    assert made(torch.zeros(2, 1, 48, 32)).shape == (2, 3, 48, 32)


def test_the_published_size_has_the_published_channels():
    made = UNet(256, classes=("a", "b"), depth=4, width=64)
    assert [block[0].out_channels for block in made.down] == [64, 128, 256, 512, 1024]
    assert [block[0].out_channels for block in made.up] == [512, 256, 128, 64]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_pixel_depends_on_those_within_reach_and_on_no_other(depth: int):
    made = UNet(32, classes=CLASSES, depth=depth, width=2).eval().double()
    with torch.no_grad():
        for weights in made.parameters():
            weights.abs_()  # so that no ReLU is shut, and what a pixel depends on shows in its gradient
    side = 2 * (made.reach + 2 * made.cell)
    side += -side % made.cell
    farthest = 0
    for place in range(side // 2, side // 2 + made.cell):  # each place within a cell sees another window
        images = torch.rand(1, 1, side, side, dtype=torch.double, requires_grad=True)
        made(images)[0, 0, place, place].backward()
        touched = images.grad[0, 0].abs().sum(0).nonzero()
        farthest = max(farthest, place - int(touched.min()), int(touched.max()) - place)
    # The gradient passes one of four pixels at each halving, so the last few may not be met.
    assert made.reach - made.cell < farthest <= made.reach


def test_shifts_by_a_cell_shift_the_labels():
    made = network().eval()
    images = torch.rand(1, 1, 128, 128)
    with torch.inference_mode():
        first, second = made(images), made(images.roll(4, -1))
    edge = made.reach + 4
    np.testing.assert_allclose(second[..., edge : -edge + 4].numpy(), first[..., edge - 4 : -edge].numpy(), atol=1e-5)


def test_tiles_agree_with_one_pass_wherever_no_border_is_within_reach(model: SegmenterModel):
    image = np.random.default_rng(1).integers(0, 256, (201, 262)).astype(np.uint8)
    side, overlap, reach = 128, 64, model.network.reach
    expected, found = whole(model, image), model.probabilities(image[None], tile=side, overlap=overlap)[0]
    # Where the tiles begin, in an image padded to 204 x 264; a pixel is sure if each tile that holds it holds
    # its reach, beyond which only the image's own border may lie.
    sure, tiles = [], []
    for length, padded, starts in ((201, 204, (0, 64, 76)), (262, 264, (0, 64, 128, 136))):
        places = np.arange(length)
        held = np.array([(places >= start) & (places < start + side) for start in starts])
        far = np.array(
            [
                ((start == 0) | (places - start >= reach))
                & ((start + side == padded) | (start + side - 1 - places >= reach))
                for start in starts
            ]
        )
        sure.append((~held | far).all(0))
        tiles.append(held.sum(0))
    both = np.outer(*sure)
    blended = both & (np.outer(*tiles) > 1)
    assert 0.2 < both.mean() < 1
    assert blended.sum() > 1000
    np.testing.assert_allclose(found[:, both], expected[:, both], atol=1e-6)
    assert np.abs(found - expected)[:, ~both].max() > 1e-3  # elsewhere the tiles' borders are felt
    assert np.abs(found - expected).max() < 0.5 * np.abs(expected - 1 / 3).max()


@pytest.mark.parametrize(("height", "width"), [(201, 262), (64, 190), (190, 61), (30, 33), (3, 70)])
@pytest.mark.parametrize(("tile", "overlap"), [(64, 16), (64, 0), (64, 40), (32, 17), (4, 0)])
def test_bands_of_rows_are_the_whole_image_bit_for_bit(
    model: SegmenterModel, height: int, width: int, tile: int, overlap: int
):
    if tile == 4 and height * width > 6000:
        return  # thousands of tiles show no more
    image = np.random.default_rng(2).integers(0, 256, (height, width)).astype(np.uint8)
    limits = grey_limits(image)
    asked: list[tuple[int, int]] = []

    def read(start: int, stop: int) -> np.ndarray:
        asked.append((start, stop))
        return image[start:stop]

    bands = list(model.bands(read, image.shape, limits=limits, tile=tile, overlap=overlap))
    found = np.concatenate(bands, axis=1)
    np.testing.assert_array_equal(found, at_once(model, image, tile, overlap))
    np.testing.assert_array_equal(found, model.probabilities(image[None], tile=tile, overlap=overlap)[0])
    assert all(0 <= start < stop <= height and stop - start <= tile + 4 for start, stop in asked)
    assert [start for start, _ in asked] == sorted(start for start, _ in asked)


def at_once(model: SegmenterModel, image: np.ndarray, tile: int, overlap: int) -> np.ndarray:
    """All tiles of the whole padded image added up, then divided."""
    grey = on_grey_scale(image, grey_limits(image))
    padded = np.pad(grey, [(0, -length % 4) for length in grey.shape], mode="symmetric")
    total, weight = np.zeros((3, *padded.shape), np.float32), np.zeros(padded.shape, np.float32)
    places = [unet_model._starts(length, tile, overlap, 4) for length in padded.shape]
    sides = [min(tile, length) for length in padded.shape]
    weights = np.outer(*(unet_model._fade(side, overlap) for side in sides))
    for row, column in itertools.product(*places):
        cut = (slice(row, row + sides[0]), slice(column, column + sides[1]))
        with torch.inference_mode():
            found = model.network(torch.from_numpy(padded[cut])[None, None] * 2 - 1).softmax(1)[0].numpy()
        total[:, *cut] += found * weights
        weight[cut] += weights
    return (total / weight)[:, : image.shape[0], : image.shape[1]]


def test_weights_fade_towards_a_tiles_border(model: SegmenterModel):
    """Two networks' answers to two halves blend monotonically: no seam between tiles."""
    flat = np.full((64, 160), 128, np.uint8)
    seen = iter(range(10**6))
    ours = segmenter()

    def passed(padded, cut, batch):
        for down, across in cut:
            found = np.zeros((3, down.stop - down.start, across.stop - across.start), np.float32)
            found[next(seen)] = 1  # each tile says another class
            yield found

    ours._passed = passed
    likely = ours.probabilities(flat[None], tile=64, overlap=16)[0]
    np.testing.assert_allclose(likely.sum(0), 1, atol=1e-6)
    first, second = likely[0, 30], likely[1, 30]
    assert (first[:48] == 1).all()
    assert (np.diff(first[47:65]) < 0).all()
    assert (np.diff(second[47:65]) > 0).all()
    assert first[55] == pytest.approx(1 - first[56], abs=1e-6)
    assert np.abs(np.diff(first)).max() < 0.15


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (7, 300), (64, 64), (257, 33)])
def test_any_size_is_segmented(model: SegmenterModel, shape: tuple[int, int]):
    images = np.random.default_rng(2).integers(0, 256, (2, *shape)).astype(np.uint8)
    likely, labels = model.probabilities(images, tile=64), model.segment(images, tile=64)
    assert likely.shape == (2, 3, *shape)
    assert likely.dtype == np.float32
    assert labels.dtype == np.uint8
    np.testing.assert_allclose(likely.sum(1), 1, atol=1e-5)
    np.testing.assert_array_equal(labels, likely.argmax(1))


def test_the_answer_depends_on_no_batch(model: SegmenterModel, image: np.ndarray):
    images = np.stack([image, image[::-1]])
    first = model.probabilities(images, tile=48, batch=1)
    for batch in (3, 64):
        np.testing.assert_array_equal(model.probabilities(images, tile=48, batch=batch), first)
    np.testing.assert_array_equal(model.probabilities(images[1:], tile=48)[0], first[1])


def test_the_path_of_an_accelerator_gives_the_same_up_to_rounding(model: SegmenterModel, image: np.ndarray):
    with torch.inference_mode():
        tiles = torch.rand(5, 1, 32, 32) * 2 - 1
        together = model.network(tiles).softmax(1).numpy()
        alone = np.concatenate([model.network(tile[None]).softmax(1).numpy() for tile in tiles])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_a_window_with_its_halo_has_the_labels_of_the_whole_image(model: SegmenterModel):
    image = np.random.default_rng(4).integers(0, 256, (160, 200)).astype(np.uint16) * 99
    limits, halo = grey_limits(image), model.halo
    assert halo % model.network.cell == 0
    expected = model.probabilities(image[None], tile=1024)[0][:, 60:100, 80:120]
    window = image[60 - halo : 100 + halo, 80 - halo : 120 + halo]
    found = model.probabilities(window[None], tile=1024, limits=limits)[0][:, halo:-halo, halo:-halo]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_exposure_does_not_matter_but_with_stored_greys_it_does(image: np.ndarray):
    dim = (image // 4 + 30).astype(np.uint8)
    even, stored = segmenter(), segmenter(grey="stored")
    np.testing.assert_allclose(whole(even, image // 4 * 4), whole(even, dim), atol=1e-3)
    assert np.abs(whole(stored, image) - whole(stored, dim)).max() > 0.01
    scaled = on_grey_scale(image, (0, 255))
    np.testing.assert_allclose(whole(stored, image), whole(stored, scaled), atol=1e-6)


def test_save_and_load_keep_every_bit(model: SegmenterModel, image: np.ndarray, tmp_path):
    save_model(tmp_path / "model", model)
    loaded = load(tmp_path / "model", kind=SegmenterModel)
    assert loaded.classes == CLASSES
    assert loaded.native_size == (32, 32)
    np.testing.assert_array_equal(whole(loaded, image), whole(model, image))
    with pytest.raises(RaysysError, match="of architecture unet, which segments images; wanted"):
        load(tmp_path / "model", kind=GenerativeModel)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 30}, "30 pixels cannot be halved 2 times"),
        ({"depth": 0}, "cannot be halved 0 times"),
        ({"classes": ("a",)}, "the classes are a; allowed: two or more"),
        ({"classes": ("a", "a")}, "different names"),
        ({"grey": "bright"}, "grey is 'bright'"),
    ],
)
def test_networks_that_cannot_be_are_refused(options: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        network(**options)


@pytest.mark.parametrize(
    ("images", "options", "words"),
    [
        (np.zeros((4, 4)), {}, r"shape \(4, 4\) cannot be segmented"),
        (np.zeros((0, 4, 4)), {}, "one image or more"),
        (np.full((1, 4, 4), np.nan), {}, "NaN or infinite"),
        (np.zeros((1, 4, 4)), {"tile": 32, "overlap": 32}, "less than the 32 pixels of a tile"),
    ],
)
def test_bad_requests_are_one_sentence(model: SegmenterModel, images: np.ndarray, options: dict, words: str):
    with pytest.raises(RaysysError, match=words):
        model.segment(images, **options)


def test_logits_of_sides_that_cannot_be_halved_are_refused(model: SegmenterModel):
    with pytest.raises(RaysysError, match="sides that are multiples of 4"):
        model.network(torch.zeros(1, 1, 30, 32))
