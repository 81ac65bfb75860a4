import io

import numpy as np
import pytest
from PIL import Image

from raysys.serve.encoding import GAP, contact_sheet, encode
from raysys.serve.problems import RefusedError
from raysys.serve.tiles import NATIVE_ZOOM, TILE, shrink, tile_window

IMAGES = (np.random.default_rng(0).random((5, 6, 8)) < 0.5).astype(np.uint8)


def test_a_contact_sheet_holds_every_image_row_by_row():
    sheet = contact_sheet(IMAGES)
    assert sheet.shape == (2 * 6 + GAP, 3 * 8 + 2 * GAP)
    for index, image in enumerate(IMAGES):
        top, left = (index // 3) * (6 + GAP), (index % 3) * (8 + GAP)
        np.testing.assert_array_equal(sheet[top : top + 6, left : left + 8], image)
    assert (sheet[:, 8 : 8 + GAP] == 0.5).all()
    assert (sheet[8:, 20:] == 0.5).all()


def test_png_shows_the_phase_white():
    shown = np.asarray(Image.open(io.BytesIO(encode(IMAGES[:1], "png"))))
    np.testing.assert_array_equal(shown, IMAGES[0] * 255)


def test_an_image_of_one_phase_keeps_its_shade():
    for value in (0, 1):
        shown = np.asarray(Image.open(io.BytesIO(encode(np.full((1, 4, 4), value, np.uint8), "png"))))
        assert (shown == 255 * value).all()


def test_volumes_fit_no_png():
    with pytest.raises(RefusedError, match="npy"):
        encode(np.zeros((1, 4, 4, 4), np.uint8), "png")


def test_equal_samples_are_equal_bytes():
    for kind in ("png", "npy", "npz", "tif"):
        assert encode(IMAGES, kind) == encode(IMAGES.copy(), kind)


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
    small = shrink(image, 4)
    assert small.shape == (2, 2)
    assert small.mean() == pytest.approx(image.mean())
    assert small[0, 1] == image[:4, 4:].mean()
