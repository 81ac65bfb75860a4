"""Synthetic microstructures have the statistics their formulas promise."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.data import DataSettings, discs, gaussian_random_field, prepare, read_images
from raysys.data.synthetic import SCENES


def periodic_s2(images, lag):
    return np.mean([(image * np.roll(image, lag, axis)).mean() for image in images for axis in range(image.ndim)])


@pytest.mark.parametrize("shape", [(64, 48), (16, 20, 24)])
@pytest.mark.parametrize("phi", [0.052, 0.352])
def test_phase_fraction_is_exact_to_the_pixel(shape, phi):
    images = gaussian_random_field(shape, correlation_length=2, phase_fraction=phi, seed=0, n=3)
    assert images.shape == (3, *shape)
    assert images.dtype == np.uint8
    assert {int(image.sum()) for image in images} == {round(phi * np.prod(shape))}


def test_at_half_filling_s2_is_the_arcsine_law():
    # P(both above the median) = 1/4 + arcsin(rho) / (2 pi) for two Gaussians with correlation rho (Sheppard 1899).
    images = gaussian_random_field((512, 512), correlation_length=4, phase_fraction=0.5, seed=0, n=2)
    for r in (1, 2, 4, 8, 30):
        expected = 0.25 + np.arcsin(np.exp(-(r**2) / (2 * 4**2))) / (2 * np.pi)
        assert periodic_s2(images, r) == pytest.approx(expected, abs=0.004)


def test_each_axis_has_its_own_length_and_is_turned_by_the_angle():
    """By the arcsine law along each direction; the picture's rows run downwards."""

    def expected(length: float, r: float) -> float:
        return 0.25 + np.arcsin(np.exp(-(r**2) / (2 * length**2))) / (2 * np.pi)

    def along(images: np.ndarray, *step: int) -> float:
        return float((images * np.roll(images, step, (1, 2))).mean())

    for angle, (down, right) in {0: (3, 8), 90: (8, 3), 180: (3, 8)}.items():
        images = gaussian_random_field(
            (512, 512), correlation_length=(3, 8), phase_fraction=0.5, seed=0, n=2, angle=angle
        )
        assert along(images, 4, 0) == pytest.approx(expected(down, 4), abs=0.006)
        assert along(images, 0, 4) == pytest.approx(expected(right, 4), abs=0.006)
    tilted = gaussian_random_field((512, 512), correlation_length=(3, 8), phase_fraction=0.5, seed=0, n=2, angle=45)
    assert along(tilted, 4, 4) == pytest.approx(expected(8, 4 * 2**0.5), abs=0.006)
    assert along(tilted, -4, 4) == pytest.approx(expected(3, 4 * 2**0.5), abs=0.006)
    alike, one = (
        gaussian_random_field((32, 32), correlation_length=told, phase_fraction=0.3, seed=1) for told in ((2, 2), 2)
    )
    np.testing.assert_array_equal(alike, one)
    volume = gaussian_random_field((48, 48, 48), correlation_length=(1.5, 3, 6), phase_fraction=0.5, seed=0)
    found = [(volume * np.roll(volume, 2, axis)).mean() for axis in (1, 2, 3)]
    np.testing.assert_allclose(found, [expected(length, 2) for length in (1.5, 3, 6)], atol=0.015)


@pytest.mark.parametrize("name", SCENES)
def test_images_that_are_drawn_are_read_by_their_names_and_say_whose_they_are(name: str):
    image = read_images(f"synthetic:{name}")
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, read_images(f"synthetic:{name}"))
    tiles = prepare(DataSettings(images=f"synthetic:{name}", dims=2, phase=1, tile=64, stride=64))
    assert tiles.provenance["licence"].startswith("Apache-2.0")
    shares = image.reshape(-1, image.shape[-2] * image.shape[-1]).mean(axis=1)
    expected = np.linspace(0.15, 0.45, 16) if name == "porosities" else [0.27]
    np.testing.assert_allclose(shares, expected, atol=1e-4)
    with pytest.raises(RaysysError, match='no synthetic image "ores"; allowed: oriented-pores, pores, porosities'):
        read_images("synthetic:ores")


def test_discs_follow_the_boolean_model():
    images = discs((512, 512), radius=6, phase_fraction=0.4, seed=0, n=4)
    assert images.mean() == pytest.approx(0.4, abs=0.02)
    intensity = -np.log(0.6) / (np.pi * 36)
    for r in (3, 6, 11, 20):
        half = min(r / 12, 1)
        union = 36 * (2 * np.pi - 2 * np.arccos(half) + 2 * half * np.sqrt(1 - half**2))
        assert periodic_s2(1 - images, r) == pytest.approx(np.exp(-intensity * union), abs=0.02)


def test_one_ball_has_its_volume():
    balls = discs((40, 40, 40), radius=9.5, phase_fraction=0.1, seed=2, n=4)
    assert balls.shape == (4, 40, 40, 40)
    assert balls.mean() == pytest.approx(0.1, abs=0.08)
    assert discs((30, 30), radius=1.5, phase_fraction=0.999, seed=0).mean() > 0.99


@pytest.mark.parametrize("make", [gaussian_random_field, discs])
def test_image_i_has_seed_plus_i(make):
    size = {"correlation_length": 2} if make is gaussian_random_field else {"radius": 3}
    many = make((32, 32), phase_fraction=0.3, seed=5, n=3, **size)
    np.testing.assert_array_equal(many[2:], make((32, 32), phase_fraction=0.3, seed=7, **size))
    assert (many[0] != many[1]).any()


def test_mistakes():
    with pytest.raises(RaysysError, match="phase_fraction is 30; it must lie between 0 and 1"):
        gaussian_random_field((8, 8), correlation_length=1, phase_fraction=30, seed=0)
    with pytest.raises(RaysysError, match="correlation_length is 0"):
        gaussian_random_field((8, 8), correlation_length=0, phase_fraction=0.3, seed=0)
    with pytest.raises(RaysysError, match=r"correlation_length is \(1, 2, 3\); it must be .* one number or 2"):
        gaussian_random_field((8, 8), correlation_length=(1, 2, 3), phase_fraction=0.3, seed=0)
    with pytest.raises(RaysysError, match=r"radius is 9; discs in \(16, 16\) pixels have 0 < radius <= 7\.5"):
        discs((16, 16), radius=9, phase_fraction=0.3, seed=0)
