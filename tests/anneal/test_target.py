"""What a target may be made of."""

import numpy as np
import pytest

from raysys import RaysysError, stats
from raysys.anneal import Target


def test_target_of_images_is_their_mean_two_point_function(field):
    images = np.stack([field((48, 64), 0.3, 3, seed) for seed in range(4)])
    target = Target.from_images(images)
    curve = stats.two_point(images)
    assert target.r_max == 23
    assert np.array_equal(target.S2, curve.mean[1:])
    assert target.phase_fraction == pytest.approx(images.mean())
    assert (target.boundary, target.values, target.images) == ("open", (0, 1), 4)


def test_target_of_a_characterisation_is_that_of_its_images(field):
    images = field((48, 48), 0.3, 3)[None]
    target = Target.from_characterisation(stats.characterise(images, ("S2", "L"), boundary="periodic"))
    assert target.same_as(Target.from_images(images, boundary="periodic"))
    assert target.boundary == "periodic"


def test_the_other_phase_is_a_target_too(field):
    images = field((48, 48), 0.3, 3)[None]
    assert Target.from_images(images, phase=0).phase_fraction == pytest.approx(1 - images.mean())


@pytest.mark.parametrize("descriptors", [("S2", "C2"), ("P5",), ()])
def test_descriptors_that_cannot_be_annealed_are_named(field, descriptors):
    images = field((48, 48), 0.3, 3)[None]
    with pytest.raises(RaysysError, match="allowed: S2, S2_axis0"):
        Target.from_images(images, descriptors)
    with pytest.raises(RaysysError, match="allowed: S2, S2_axis0"):
        Target.from_characterisation(stats.characterise(images), descriptors)


def test_a_characterisation_without_two_point_function_is_refused(field):
    with pytest.raises(RaysysError, match="needs S2"):
        Target.from_characterisation(stats.characterise(field((48, 48), 0.3, 3)[None], ("L",)))


def test_images_without_a_sample_axis_are_refused():
    with pytest.raises(RaysysError, match=r"\(N, H, W\)"):
        Target.from_images(np.eye(16, dtype=np.uint8))


def test_one_phase_only_is_refused():
    with pytest.raises(RaysysError, match="both phases"):
        Target.from_images(np.ones((2, 16, 16), np.uint8))


@pytest.mark.parametrize("S2", [[], [np.nan], [[0.1]]])
def test_a_curve_must_be_finite_and_one_dimensional(S2):
    with pytest.raises(RaysysError, match="finite values"):
        Target.of_two_point(0.3, S2)
