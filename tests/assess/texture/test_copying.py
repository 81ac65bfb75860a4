"""Copy measures of pictures whose answers are known exactly."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, zoom

from raysys.assess.texture.copying import copying
from raysys.assess.texture.nearest import least_distances, nearest_map, stride_for
from raysys.synthesis import quilt

PATCH = 5


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def measured(picture: np.ndarray, source: np.ndarray):
    return copying(picture, source, patch=PATCH, stride=1)


def test_a_map_is_the_nearest_patch_by_brute_force():
    picture, source = noise(14, 17, 3), noise(19, 13, 3, seed=1)
    found = nearest_map(picture, source, patch=PATCH, stride=2)
    for row, column in np.ndindex(found.distance.shape):
        top, left = found.picture[row, column]
        assert (top, left) == (2 * row, 2 * column)
        mine = picture[top : top + PATCH, left : left + PATCH].astype(np.float64)
        all_ = {
            (y, x): np.sqrt(((source[y : y + PATCH, x : x + PATCH] - mine) ** 2).mean())
            for y in range(15)
            for x in range(9)
        }
        assert tuple(found.source[row, column]) == min(all_, key=all_.get)
        assert found.distance[row, column] == pytest.approx(min(all_.values()))


def test_a_crop_is_one_piece():
    source = noise(40, 44, 3)
    found, mapped = measured(source[6:36, 9:39], source)
    assert (found.largest_piece, found.coherent, found.exact, found.distinct) == (1, 1, 1, 1)
    assert (found.largest_bent_piece, found.distance) == (1, 0)
    assert found.source_used == pytest.approx(26 * 26 / (36 * 40))
    assert (found.piece.row, found.piece.column, found.piece.height, found.piece.width) == (0, 0, 30, 30)
    assert (found.piece.source_row, found.piece.source_column) == (6, 9)
    assert (mapped.offset == (6, 9)).all()


def test_the_source_itself_is_covered_and_matched_once():
    source = noise(36, 30)
    found, _ = measured(source, source)
    assert (found.source_used, found.coverage, found.never_matched, found.matched_again) == (1, 0, 0, 0)


def test_a_source_laid_twice_by_twice_is_four_pieces():
    source = noise(24, 24)
    picture = np.tile(source, (2, 2))
    found, mapped = measured(picture, source)
    assert found.largest_piece == 20 * 20 / 44**2  # windows across the seams are nowhere in the source
    assert found.source_used == 1
    sizes = np.sort(np.bincount(mapped.piece.ravel()))[::-1]
    assert sizes[:4].tolist() == [400] * 4
    assert found.exact == 4 * 400 / 44**2
    # Every third place of 24 and of 48 pixels: each source patch has its first copy, the other three have none.
    assert found.never_matched == 1 - 49 / 15**2
    assert found.matched_again == 0


def test_a_picture_of_two_sources_places_is_two_pieces():
    source = noise(40, 40)
    picture = np.concatenate([source[:20], source[20:]], axis=1)
    found, mapped = measured(picture, source)
    assert found.largest_piece == pytest.approx(16 * 36 / (16 * 76))
    assert {tuple(one) for one in mapped.offset[:, [0, 75]].reshape(-1, 2)} == {(0, 0), (20, -40)}


def test_a_quilt_has_the_origins_that_it_was_laid_from():
    source = noise(48, 48, 3)
    made = quilt(source, (64, 64), seed=1, block=24)
    _, mapped = measured(made.image, source)
    inside = PATCH - 1
    whole = np.lib.stride_tricks.sliding_window_view(
        made.origin - np.moveaxis(np.indices((64, 64)), 0, -1), (PATCH, PATCH), axis=(0, 1)
    )
    same = (whole == whole[..., :1, :1]).all((-1, -2, -3))  # windows that lie in one laid block
    assert same.sum() > 1000
    assert (mapped.source[same] == made.origin[: 64 - inside, : 64 - inside][same]).all()
    assert (mapped.distance[same] == 0).all()


def test_a_stretched_copy_is_one_bent_piece():
    smooth = gaussian_filter(noise(60, 60), 1.5)
    source = (smooth - smooth.min()) / np.ptp(smooth)
    found, _ = measured(zoom(source[:48, :48], 1.15, order=1), source)
    assert found.largest_piece < 0.1
    assert found.largest_bent_piece > 0.8


def test_noise_is_no_copy_of_other_noise():
    found, _ = measured(noise(40, 40, seed=1), noise(40, 40))
    assert found.exact == 0
    assert found.coherent < 0.25  # not 0: patches of neighbouring cells share four fifths of their pixels
    assert found.largest_piece < 0.02
    assert found.largest_bent_piece < 0.05
    assert found.distance > 0.1
    assert found.coverage > 0.1


def test_a_copy_of_a_binary_image_is_one_piece_in_its_flat_parts_too():
    source = np.zeros((40, 40), np.uint8)
    source[5:12, 8:30] = source[25:33, 4:9] = source[22:36, 25:31] = 1
    found, _ = measured(source[2:38, 3:37], source)
    assert (found.largest_piece, found.exact) == (1, 1)


def test_a_thinner_grid_measures_the_same_of_a_crop():
    source = noise(60, 60)
    found, _ = copying(source[10:50, 8:48], source, patch=7, stride=3)
    assert (found.largest_piece, found.coherent, found.distinct) == (1, 1, 1)
    assert found.source_used == pytest.approx(36 * 36 / 54**2)
    assert found.cells == 12**2


def test_the_grid_is_as_thin_as_it_must_be():
    assert stride_for((256, 256), (256, 256), 7, pairs=1e12) == 1
    step = stride_for((512, 512), (256, 256), 7, pairs=1e9)
    compared = [(506 / one * 250) ** 2 for one in (step, step - 1)]
    assert compared[0] <= 1e9 < compared[1]


def test_coverage_is_far_where_a_part_of_the_source_is_not_used():
    source = noise(30, 60)
    least = least_distances(source, source[:, :30], patch=PATCH)
    assert (least[:, :26] == 0).all()
    assert (least[:, 30:] > 0.05).all()
