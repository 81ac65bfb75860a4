"""Maps of textures: orientations of gratings, noise, moved maps, and the mixture that networks learn from."""

from collections import Counter

import numpy as np
import pytest
from scipy import ndimage

from raysys.data.textures import (
    angles_of,
    guidance_mixture,
    mixture_part,
    moved,
    orientation_of,
    perlin,
    progression_of,
    rotated,
    stretched,
    vectors_of,
)
from raysys.errors import RaysysError


def grating(degrees: float, *, shape: tuple[int, int] = (72, 96), period: float = 9.0, sign: int = 1) -> np.ndarray:
    """Stripes along an angle from the horizontal, anticlockwise."""
    rows, columns = np.indices(shape)
    turn = np.deg2rad(degrees)
    across = -np.sin(turn) * columns - np.cos(turn) * rows
    return 0.5 + sign * 0.4 * np.sin(2 * np.pi * across / period)


def apart(vectors: np.ndarray, degrees: float | np.ndarray) -> np.ndarray:
    """Degrees between lines and an angle, at most 90."""
    return np.abs((np.rad2deg(angles_of(vectors)) - degrees + 90) % 180 - 90)


@pytest.mark.parametrize("degrees", range(0, 180, 15))
def test_the_orientation_of_a_grating_is_along_its_stripes(degrees: int):
    bright, dark = (orientation_of(grating(degrees, sign=sign)) for sign in (1, -1))
    assert apart(bright, degrees).max() < 3
    assert apart(dark, degrees).max() < 3
    assert np.allclose(np.linalg.norm(bright, axis=-1), 1)


def test_where_two_gratings_meet_each_side_has_its_own_orientation():
    both = np.concatenate([grating(20), grating(110)], axis=1)
    found = orientation_of(np.stack([both, 1 - both, both], axis=-1))
    assert apart(found[:, :80], 20).max() < 3
    assert apart(found[:, 112:], 110).max() < 3


@pytest.mark.parametrize("degrees", [30.0, -75.0])
def test_turning_the_image_turns_its_orientation(degrees: float):
    image = grating(25, shape=(160, 160))
    turned = ndimage.rotate(image, degrees, reshape=False, order=3, mode="mirror")[60:100, 60:100]
    assert apart(orientation_of(turned), 25 + degrees).max() < 3
    assert apart(rotated(orientation_of(image), degrees, shape=(40, 40)), 25 + degrees).max() < 3


def test_a_stretched_field_leans_towards_the_axis_it_is_stretched_along():
    field = vectors_of(np.full((40, 40), np.deg2rad(45)))
    assert apart(stretched(field, (1, 2)), np.rad2deg(np.arctan(1 / 2))).max() < 1e-3
    assert apart(stretched(field, 3), 45).max() < 1e-3


@pytest.mark.parametrize("kind", ["progression", "labels", "orientation"])
def test_a_map_beyond_its_edge_is_the_map_mirrored(kind: str):
    random = np.random.default_rng(0)
    values = {
        "progression": random.random((9, 12)).astype(np.float32),
        "labels": random.integers(0, 5, (9, 12)),
        "orientation": vectors_of(random.random((9, 12)) * np.pi),
    }[kind]
    found = moved(values, (17, 12), centre=(8, 5.5))
    above, below = found[:9], found[8:]
    lines = (lambda one: np.abs((one * above).sum(-1))) if kind == "orientation" else None
    if lines is None:
        assert np.allclose(above, values)
        assert np.allclose(below, values[::-1])
        return
    assert np.allclose(lines(values), 1, atol=1e-5)
    mirrored = values[::-1] * np.array([1, -1])
    assert np.allclose(np.abs((mirrored * below).sum(-1))[1:-1], 1, atol=1e-5)


def test_moving_forth_and_back_is_no_move():
    smooth = perlin((81, 81), seed=1, octaves=1, cell=40)
    there = moved(smooth, degrees=35)
    assert np.abs(moved(there, degrees=-35) - smooth)[30:51, 30:51].max() < 0.01
    quarter = rotated(smooth, 90)
    assert np.allclose(quarter, np.rot90(smooth), atol=1e-5)


def test_perlin_noise_is_smooth_spans_its_range_and_wraps():
    noise = perlin((60, 90), seed=3, octaves=3, periodic=True)
    assert (noise.min(), noise.max(), noise.dtype) == (0, 1, np.float32)
    for axis in (0, 1):
        across = np.abs(noise.take(0, axis) - noise.take(-1, axis)).max()
        assert across <= 1.05 * np.abs(np.diff(noise, axis=axis)).max()
    assert np.array_equal(noise, perlin((60, 90), seed=3, octaves=3, periodic=True))
    assert not np.array_equal(noise, perlin((60, 90), seed=4, octaves=3, periodic=True))
    steps = [np.abs(np.diff(perlin((64, 64), seed=0, octaves=octaves), axis=0)).mean() for octaves in (1, 3, 5)]
    assert steps[0] < steps[1] < steps[2]


def test_perlin_noise_is_that_of_its_gradients():
    """One cell of 8 pixels: each of its four corners' gradients, blended by Perlin's polynomial."""
    side, angles = 8, np.random.default_rng((5, 0)).uniform(0, 2 * np.pi, (2, 2))

    def fade(t: float) -> float:
        return 6 * t**5 - 15 * t**4 + 10 * t**3

    expected = np.zeros((side, side))
    for i in range(side):
        for j in range(side):
            y, x = (i + 0.5) / side, (j + 0.5) / side
            for a in (0, 1):
                for b in (0, 1):
                    dot = np.sin(angles[a, b]) * (y - a) + np.cos(angles[a, b]) * (x - b)
                    expected[i, j] += fade(1 - abs(y - a)) * fade(1 - abs(x - b)) * dot
    expected = (expected - expected.min()) / np.ptp(expected)
    assert np.allclose(perlin((side, side), seed=5, octaves=1, cell=8), expected, atol=1e-6)


@pytest.mark.parametrize("way", ["brightness", "contrast", "scale"])
def test_a_progression_is_found_whatever_it_changes(way: str):
    """From left to right the image becomes brighter, richer in contrast, or coarser."""
    along = np.linspace(0, 1, 160)[None].repeat(120, 0)
    noise = np.random.default_rng(0).standard_normal((120, 160))
    fine, coarse = ndimage.gaussian_filter(noise, 0.7), ndimage.gaussian_filter(noise, 2)
    image = {
        "brightness": 0.5 * fine / fine.std() + 2 * along,
        "contrast": fine / fine.std() * (0.2 + along),
        "scale": (1 - along) ** 0.5 * fine / fine.std() + along**0.5 * coarse / coarse.std(),
    }[way]
    found = progression_of(image, coarse=8)
    assert (found.min(), found.max(), found.shape) == (0, 1, image.shape)
    correlation = np.corrcoef(found.ravel(), along.ravel())[0, 1]
    assert (correlation if way == "brightness" else abs(correlation)) > 0.8


def test_the_mixture_has_its_published_shares():
    counts = Counter(mixture_part(seed) for seed in range(5000))
    for part, share in {"perturbed": 0.1, "moved": 0.7, "noise": 0.2}.items():
        assert counts[part] / 5000 == pytest.approx(share, abs=4 * (share * (1 - share) / 5000) ** 0.5)


def test_each_part_of_the_mixture_is_what_it_says():
    source = np.full((50, 60), 0.5, np.float32)
    seeds = {mixture_part(seed): seed for seed in range(60)}
    assert np.array_equal(guidance_mixture(source, (32, 40), seeds["moved"]), source[:32, :40])
    perturbed = guidance_mixture(source, (32, 40), seeds["perturbed"])
    assert 0.2 <= np.ptp(perturbed) <= 0.8 + 1e-6
    noise = guidance_mixture(source, (32, 40), seeds["noise"])
    assert (noise.min(), noise.max()) == (0, 1)
    for seed in range(30):
        found = guidance_mixture(source, (32, 40), (seed, 7))
        assert found.shape == (32, 40)
        assert np.array_equal(found, guidance_mixture(source, (32, 40), (seed, 7)))


def test_the_mixture_of_orientations_has_unit_vectors():
    field = orientation_of(grating(30))
    for seed in range(30):
        found = guidance_mixture(field, (24, 20), seed)
        assert found.shape == (24, 20, 2)
        assert np.allclose(np.linalg.norm(found, axis=-1), 1, atol=1e-5)


def test_what_has_no_map_is_refused():
    with pytest.raises(RaysysError, match="one value only, and so no orientation"):
        orientation_of(np.full((20, 20), 0.3))
    with pytest.raises(RaysysError, match="all surroundings in the image are alike"):
        progression_of(np.full((20, 20), 0.3))
    with pytest.raises(RaysysError, match=r"shape \(5, 20\) has no orientation; allowed: .* from 8 x 8"):
        orientation_of(np.zeros((5, 20)))
    with pytest.raises(RaysysError, match="Perlin noise of 20 x 20 pixels in 0 octaves"):
        perlin((20, 20), seed=0, octaves=0)
    with pytest.raises(RaysysError, match=r"a map of shape \(4, 4, 3\) stretched"):
        moved(np.zeros((4, 4, 3)))
