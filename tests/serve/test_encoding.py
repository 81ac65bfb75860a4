"""Images of every kind as bytes, decoded by other programs' readers."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from raysys.form import Form
from raysys.label_colours import label_colours
from raysys.serve.encoding import GAP, as_png, contact_sheet, encode
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import SliceRequest
from raysys.serve.tiles import NATIVE_ZOOM, TILE, shrink, tile_window

CHANCE = np.random.default_rng(0)
IMAGES = (CHANCE.random((5, 6, 8)) < 0.5).astype(np.uint8)
COLOURS = CHANCE.random((5, 6, 8, 3)).astype(np.float32)
LABELS = CHANCE.integers(0, 3, (5, 6, 8), dtype=np.uint8)
VOLUMES = (CHANCE.random((2, 4, 6, 8)) < 0.5).astype(np.uint8)

BINARY, COLOUR = Form("binary", (6, 8)), Form("colour", (6, 8))
PHASES = Form("labels", (6, 8), ("pore", "grain", "clay"))
ROCK = Form("binary", (4, 6, 8))
KINDS = {"binary": (IMAGES, BINARY), "colour": (COLOURS, COLOUR), "labels": (LABELS, PHASES), "rock": (VOLUMES, ROCK)}


def decoded(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_contact_sheet_holds_every_image_row_by_row():
    sheet = contact_sheet(IMAGES)
    assert sheet.shape == (2 * 6 + GAP, 3 * 8 + 2 * GAP)
    for index, image in enumerate(IMAGES):
        top, left = (index // 3) * (6 + GAP), (index % 3) * (8 + GAP)
        np.testing.assert_array_equal(sheet[top : top + 6, left : left + 8], image)
    assert (sheet[:, 8 : 8 + GAP] == 0.5).all()
    assert (sheet[8:, 20:] == 0.5).all()
    coloured = contact_sheet(COLOURS)
    assert coloured.shape == (*sheet.shape, 3)
    np.testing.assert_array_equal(coloured[:6, 10:18], COLOURS[1])


def test_png_shows_the_phase_white():
    shown = np.asarray(decoded(encode(IMAGES[:1], BINARY, "png")))
    np.testing.assert_array_equal(shown, IMAGES[0] * 255)


def test_an_image_of_one_phase_keeps_its_shade():
    for value in (0, 1):
        shown = np.asarray(decoded(encode(np.full((1, 4, 4), value, np.uint8), BINARY, "png")))
        assert (shown == 255 * value).all()


def test_png_of_colours_is_rgb():
    picture = decoded(encode(COLOURS[:1], COLOUR, "png"))
    assert picture.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(picture), np.rint(COLOURS[0] * 255))
    sheet = np.asarray(decoded(encode(COLOURS, COLOUR, "png")))
    np.testing.assert_array_equal(sheet, np.rint(contact_sheet(COLOURS) * 255))


def test_png_of_labels_keeps_their_numbers_and_shows_their_colours():
    picture = decoded(encode(LABELS[:1], PHASES, "png"))
    assert picture.mode == "P"
    np.testing.assert_array_equal(np.asarray(picture), LABELS[0])
    np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), label_colours(3)[LABELS[0]])
    sheet = decoded(encode(LABELS, PHASES, "png"))
    np.testing.assert_array_equal(np.asarray(sheet)[:6, 10:18], LABELS[1])
    assert (np.asarray(sheet)[:, 8 : 8 + GAP] == 255).all()
    assert sheet.convert("RGB").getpixel((8, 0)) == (128, 128, 128)


@pytest.mark.parametrize("count", [2, 3, 8, 32])
def test_no_two_phases_have_one_colour(count: int):
    colours = label_colours(count)
    assert (colours.shape, colours.dtype) == ((count, 3), np.uint8)
    assert len({tuple(colour) for colour in colours.tolist()} | {(128, 128, 128)}) == count + 1


def test_png_of_volumes_is_a_slice():
    for slice_, expected in (
        (None, VOLUMES[0, 2]),
        (SliceRequest(index=0), VOLUMES[0, 0]),
        (SliceRequest(axis=1), VOLUMES[0, :, 3]),
        (SliceRequest(axis=2, index=7), VOLUMES[0, :, :, 7]),
    ):
        found = np.asarray(decoded(encode(VOLUMES[:1], ROCK, "png", slice_)))
        np.testing.assert_array_equal(found, expected * 255)
    sheet = np.asarray(decoded(encode(VOLUMES, ROCK, "png")))
    np.testing.assert_array_equal(sheet, np.rint(contact_sheet(VOLUMES[:, 2]) * 255))
    coloured = np.stack([VOLUMES / np.float32(2)] * 3, -1)
    picture = decoded(encode(coloured[:1], Form("colour", (4, 6, 8)), "png", SliceRequest(axis=2, index=1)))
    np.testing.assert_array_equal(np.asarray(picture), np.rint(coloured[0, :, :, 1] * 255))


@pytest.mark.parametrize(
    ("form", "images", "slice_", "words"),
    [
        (ROCK, VOLUMES, SliceRequest(index=4), "slice 4 across axis 0 .* 0 to 3"),
        (ROCK, VOLUMES, SliceRequest(axis=1, index=6), "across axis 1 .* 0 to 5"),
        (BINARY, IMAGES, SliceRequest(), "flat"),
    ],
)
def test_slices_that_are_not_there_are_refused(form: Form, images: np.ndarray, slice_: SliceRequest, words: str):
    with pytest.raises(RefusedError, match=words):
        encode(images, form, "png", slice_)


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_keep_their_numbers(kind: str):
    images, form = KINDS[kind]
    for found in (
        np.load(io.BytesIO(encode(images, form, "npy"))),
        np.load(io.BytesIO(encode(images, form, "npz")))["images"],
    ):
        assert found.dtype == images.dtype
        np.testing.assert_array_equal(found, images)


def test_tif_has_colours_and_the_numbers_of_phases():
    colours = tifffile.TiffFile(io.BytesIO(encode(COLOURS, COLOUR, "tif")))
    assert colours.pages[0].photometric.name == "RGB"
    np.testing.assert_array_equal(colours.asarray(), COLOURS)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(encode(LABELS, PHASES, "tif"))), LABELS)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(encode(VOLUMES, ROCK, "tif"))), VOLUMES * 255)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_samples_are_equal_bytes(kind: str):
    images, form = KINDS[kind]
    for format_ in ("png", "npy", "npz", "tif"):
        assert encode(images, form, format_) == encode(images.copy(), form, format_)


@pytest.mark.parametrize("z", range(NATIVE_ZOOM))
@pytest.mark.parametrize(("x", "y"), [(0, 0), (-3, 5)])
def test_four_tiles_cover_the_one_above(z: int, x: int, y: int):
    above = tile_window(z, x, y)
    first, last = tile_window(z + 1, 2 * x, 2 * y), tile_window(z + 1, 2 * x + 1, 2 * y + 1)
    assert first.origin == above.origin
    assert tuple(start + last.side for start in last.origin) == tuple(start + above.side for start in above.origin)
    assert above.side == TILE * above.factor


@pytest.mark.parametrize("tile", [(-1, 0, 0), (NATIVE_ZOOM + 1, 0, 0), (0, 2**62, 0)])
def test_tiles_out_of_range_are_refused(tile: tuple[int, int, int]):
    with pytest.raises(RefusedError, match="allowed"):
        tile_window(*tile)


def test_shrinking_keeps_the_mean():
    image = IMAGES[0].repeat(2, axis=0)[:8, :8]
    small = shrink(image, BINARY, 4)
    assert small.shape == (2, 2)
    assert small.mean() == pytest.approx(image.mean())
    assert small[0, 1] == image[:4, 4:].mean()
    coloured = shrink(COLOURS[0], COLOUR, 2)
    assert coloured.shape == (3, 4, 3)
    np.testing.assert_allclose(coloured[0, 0], COLOURS[0, :2, :2].mean(axis=(0, 1)), rtol=1e-6)


def test_shrunk_labels_are_those_of_most_pixels():
    labels = np.array([[2, 2, 0, 1], [2, 1, 1, 0]], np.uint8)
    small = shrink(labels, PHASES, 2)
    assert small.dtype == np.uint8
    np.testing.assert_array_equal(small, [[2, 0]])  # the second block has two of each, and the first phase is taken
    np.testing.assert_array_equal(np.asarray(decoded(as_png(small, PHASES))), small)
