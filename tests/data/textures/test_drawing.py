"""Drawn maps and refined ones, and maps in files."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from raysys.data import write_images
from raysys.data.textures import (
    Shape,
    angles_of,
    clustered,
    distances,
    gradient,
    map_picture,
    painted,
    perlin,
    read_map,
    refined,
    vectors_of,
    write_map,
)
from raysys.data.textures.refinement import as_distributed, laplacian_pyramid
from raysys.errors import RaysysError


def test_gradients_rise_where_they_say():
    assert np.allclose(gradient((5, 11))[2], np.linspace(0, 1, 11))
    assert np.allclose(gradient((5, 5), degrees=90)[:, 2], np.linspace(1, 0, 5))
    rings = gradient((9, 9), radial=True)
    assert rings[4, 4] == 0
    assert rings[0, 0] == rings[8, 8] == 1


def test_distances_are_those_from_the_mask():
    mask = np.zeros((20, 30), int)
    mask[4, 5] = mask[15, 20] = 3
    y, x = np.indices(mask.shape)
    expected = np.minimum(np.hypot(y - 4, x - 5), np.hypot(y - 15, x - 20))
    assert np.allclose(distances(mask), expected / expected.max(), atol=1e-6)


def test_shapes_lie_where_they_are_painted():
    labels = painted((100, 200), [Shape("box", 2, (0, 0, 0.5, 1.0)), Shape("disc", 7, (0.5, 1.0, 0.2))], ground=1)
    assert (labels == 7).sum() == pytest.approx(np.pi * 20**2, rel=0.02)
    assert labels[50, 100] == 7
    assert (labels[:29, :99] == 2).all()
    assert (labels[60:, :50] == 1).all()
    band = painted((100, 100), [Shape("band", 1, (0.5, 0.5, 0.1), 45.0)])
    assert band[20, 80] == band[80, 20] == 1
    assert band[20, 20] == 0


def test_parts_that_look_alike_have_one_label_from_dark_to_bright():
    random = np.random.default_rng(0)
    noise = ndimage.gaussian_filter(random.standard_normal((90, 120)), 1)
    image = np.where(np.arange(120) < 40, 0.2, np.where(np.arange(120) < 80, 0.5, 0.8)) + 0.05 * noise / noise.std()
    labels = clustered(image, 3)
    assert np.array_equal(labels, clustered(image, 3))
    for label, columns in enumerate((slice(0, 34), slice(46, 74), slice(86, 120))):
        assert (labels[:, columns] == label).mean() > 0.98


def test_a_pyramid_adds_up():
    """From the coarsest on, each band over the interpolated sum of those below it is the map again."""
    values = perlin((37, 50), seed=0).astype(float)
    bands = laplacian_pyramid(values, 4)
    assert [one.shape for one in bands] == [(37, 50), (19, 25), (10, 13), (5, 7)]
    whole = bands[-1]
    for band in bands[-2::-1]:
        places = np.meshgrid(*(np.arange(side) / 2 for side in band.shape), indexing="ij")
        whole = band + ndimage.map_coordinates(whole, places, order=1, mode="nearest")
    assert np.allclose(whole, values)


def test_a_refined_map_has_the_sources_histogram_and_roughness_and_still_rises():
    drawn = gradient((128, 128))
    source = perlin((128, 128), seed=1, octaves=5, persistence=0.7)
    found = refined(drawn, source, seed=2)
    assert np.allclose(np.sort(found, axis=None), np.sort(source, axis=None), atol=1e-6)
    spreads = [[band.std() for band in laplacian_pyramid(one.astype(float), 5)] for one in (found, source, drawn)]
    for ours, theirs, before in zip(*spreads, strict=True):
        assert abs(ours - theirs) < 0.5 * abs(before - theirs)
    assert np.corrcoef(found.ravel(), drawn.ravel())[0, 1] > 0.5
    assert np.array_equal(found, refined(drawn, source, seed=2))


def test_a_smooth_source_makes_a_rough_map_smooth():
    found = refined(perlin((64, 64), seed=0, octaves=5), gradient((64, 64)), seed=0)
    rough = perlin((64, 64), seed=0, octaves=5)
    assert np.abs(np.diff(found, axis=0)).mean() < 0.7 * np.abs(np.diff(rough, axis=0)).mean()


def test_the_distribution_of_another_map_keeps_the_order():
    values, like = np.random.default_rng(0).random((2, 20, 20))
    found = as_distributed(values, like**3)
    assert (np.diff(found.ravel()[np.argsort(values.ravel())]) >= 0).all()
    assert np.allclose(np.sort(found.ravel()), np.sort(like.ravel() ** 3))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".npy"])
def test_maps_are_read_as_they_were_written(suffix: str, tmp_path: Path):
    random, path = np.random.default_rng(0), tmp_path / f"map{suffix}"
    progression = random.random((12, 15)).astype(np.float32)
    write_map(path, progression, "progression")
    assert np.abs(read_map(path, "progression") - progression).max() <= (0 if suffix == ".npy" else 0.5 / 255 + 1e-6)
    angles = random.random((12, 15)) * np.pi
    write_map(path, vectors_of(angles), "orientation")
    apart = np.abs((angles_of(read_map(path, "orientation")) - angles + np.pi / 2) % np.pi - np.pi / 2)
    assert np.rad2deg(apart).max() < (0.01 if suffix == ".npy" else 0.4)
    labels = random.integers(0, 200, (12, 15))
    write_map(path, labels, "annotation")
    assert np.array_equal(read_map(path, "annotation"), labels)


def test_arrays_of_angles_are_radians(tmp_path: Path):
    np.save(tmp_path / "angles.npy", np.full((8, 9), 2.5))
    assert angles_of(read_map(tmp_path / "angles.npy", "orientation")) == pytest.approx(2.5)


def test_pictures_of_maps_tell_values_apart():
    field = vectors_of(np.repeat(np.linspace(0, np.pi, 5)[:, None], 40, 1).repeat(8, 0))
    shown = map_picture(field, "orientation")
    assert shown.shape == (40, 40, 3)
    assert 0 <= shown.min() < shown.max() <= 1
    hues = [shown[8 * k : 8 * k + 8].mean((0, 1)) / shown[8 * k : 8 * k + 8].mean() for k in range(5)]
    assert np.allclose(hues[0], hues[4], atol=0.1)
    assert np.abs(hues[0] - hues[2]).max() > 0.3
    assert np.diff(map_picture(np.linspace(0, 1, 9)[None], "progression").mean(-1)).min() > 0
    assert len(np.unique(map_picture(np.arange(6)[None], "annotation")[0], axis=0)) == 6
    assert map_picture(np.array([[-3, 900]]), "annotation").shape == (1, 2, 3)


def test_what_is_no_map_is_refused(tmp_path: Path):
    write_images(tmp_path / "stack.tif", np.zeros((3, 8, 9), np.uint8) + 5)
    with pytest.raises(RaysysError, match=r"stack.tif holds \(3, 8, 9\), a volume or several images"):
        read_map(tmp_path / "stack.tif", "progression")
    np.save(tmp_path / "zero.npy", np.zeros((8, 9, 2)))
    with pytest.raises(RaysysError, match=r"zero.npy has vectors without a direction"):
        read_map(tmp_path / "zero.npy", "orientation")
    with pytest.raises(RaysysError, match=r"map.gif: unknown format of a map; allowed: .png, .tif, .npy"):
        write_map(tmp_path / "map.gif", np.zeros((8, 9)), "progression")
    with pytest.raises(RaysysError, match=r"absent.png does not exist"):
        read_map(tmp_path / "absent.png", "annotation")
    with pytest.raises(RaysysError, match="the mask is 0 everywhere"):
        distances(np.zeros((8, 9)))
    with pytest.raises(RaysysError, match=r"the shape star of label 1 .* allowed: disc"):
        painted((8, 9), [Shape("star", 1, (0.5,))])
    with pytest.raises(RaysysError, match="1 labels of an image; allowed: 2 to 16"):
        clustered(np.random.default_rng(0).random((20, 20)), 1)
