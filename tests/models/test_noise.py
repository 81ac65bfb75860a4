"""Parts of a noise: each is a function of (seed, absolute coordinates, code), and repeats where the lattice does."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.models import Broadcast, Joined, LatticeNoise, Waves, lattice_noise
from raysys.models.noise import Coarse
from raysys.models.window import Points

CODE = np.array([0.3, -0.7], np.float32).reshape(2, 1, 1)


def tilted(code):
    """Frequencies (3, 2, ...) of three waves, the last of which turns with the code."""
    fixed = np.array([[0.9, 0.0], [0.0, 1.7]]).reshape(2, 2, *(1,) * (code.ndim - 1))
    turned = np.stack([0.5 + 0.3 * code[0], 1.0 - 0.4 * code[1]])[None]
    return np.concatenate([np.broadcast_to(fixed, (2, 2, *turned.shape[2:])), turned])


PARTS = {
    "lattice": LatticeNoise(5),
    "uniform": LatticeNoise(2, "uniform", purpose=7),
    "waves": Waves(3, tilted),
    "coarse": Coarse(LatticeNoise(2, purpose=5), 3),
    "code": Broadcast(2),
    "joined": Joined((LatticeNoise(5), Waves(3, tilted), Broadcast(2), LatticeNoise(4, purpose=9))),
}


@pytest.fixture(params=PARTS)
def part(request):
    return PARTS[request.param]


def test_a_window_is_the_slice_of_a_larger_one(part):
    large = part.at(3, Points((-20, 1_000_000), (40, 30)), CODE)
    small = part.at(3, Points((-11, 1_000_007), (8, 5)), CODE)
    assert large.dtype == np.float32
    assert large.shape == (part.channels, 40, 30)
    # Waves are computed in float64 and rounded once: an array's length does not decide a last bit of a float32.
    np.testing.assert_array_equal(small, large[:, 9:17, 7:12])


def test_a_window_under_a_code_that_varies_is_the_slice_of_a_larger_one(part):
    grid = np.random.default_rng(0).normal(size=(2, 12, 10)).astype(np.float32)
    large = part.at(3, Points((0, 0), (12, 10)), grid)
    small = part.at(3, Points((3, 2), (6, 7)), grid[:, 3:9, 2:9])
    np.testing.assert_array_equal(small, large[:, 3:9, 2:9])


def test_a_period_wraps_every_part(part):
    tile = part.at(3, Points((0, 0), (6, 9), (6, 9)), CODE)
    wrapped = part.at(3, Points((-6, 9), (12, 18), (6, 9)), CODE)
    np.testing.assert_array_equal(wrapped, np.tile(tile, (1, 2, 2)))


def test_coarse_noise_is_that_of_the_coarser_lattice():
    values = Coarse(LatticeNoise(2, purpose=5), 3).at(4, Points((-7, 5), (20, 11)))
    coarse = LatticeNoise(2, purpose=5).at(4, Points((-3, 1), (8, 5)))
    for row, column in np.ndindex(20, 11):
        expected = coarse[:, (row - 7) // 3 + 3, (column + 5) // 3 - 1]
        np.testing.assert_array_equal(values[:, row, column], expected)
    with pytest.raises(RaysysError, match="different ones"):
        Joined((LatticeNoise(1, purpose=5), Coarse(LatticeNoise(1, purpose=5), 2)))


def test_a_wave_is_a_sine_of_absolute_coordinates():
    waves = Waves(3, tilted).at(5, Points((4, -3), (30, 20)), CODE)
    i, j = np.arange(4, 34)[:, None], np.arange(-3, 17)[None]
    frequencies = tilted(CODE).reshape(3, 2)
    phases = 2 * np.pi * lattice_noise(5, 3, (1, 1), distribution="uniform", purpose=1).reshape(3).astype(float)
    for wave, (a, b), phase in zip(waves, frequencies, phases, strict=True):
        np.testing.assert_allclose(wave, np.sin(a * i + b * j + phase), atol=1e-6)
    assert len(np.unique(phases)) == 3


def test_a_wave_of_a_periodic_lattice_is_the_nearest_one_that_closes():
    period, wanted = 10, 0.9  # 1.43 waves in 10 points
    wave = Waves(1, lambda code: np.full((1, 1, 1), wanted)).at(0, Points((0,), (30,), (period,)))[0]
    np.testing.assert_array_equal(wave[:10], wave[10:20])
    spectrum = np.abs(np.fft.rfft(wave[:period]))
    assert spectrum.argmax() == round(wanted * period / (2 * np.pi)) == 1
    np.testing.assert_allclose(np.delete(spectrum, 1), 0, atol=1e-5)  # one wave only, and no jump


def varying(points: Points) -> np.ndarray:
    """A code (2, *points) that varies slowly along both axes, as a function of absolute coordinates."""
    i, j = points.grid()
    return np.stack(np.broadcast_arrays(np.sin(i / 40), np.cos(j / 50))).astype(np.float32)


def test_the_phase_under_a_code_that_varies_is_the_sum_of_frequencies_from_coordinate_0():
    points = Points((-6, 3), (14, 9))
    values = Waves(3, tilted).at(5, points, varying(points), varying)
    phases = 2 * np.pi * lattice_noise(5, 3, (1, 1), distribution="uniform", purpose=1).reshape(3).astype(float)
    for row, column, wave in np.ndindex(*points.shape, 3):
        i, j = row - 6, column + 3
        angle = phases[wave]
        for axis, to in enumerate((i, j)):
            for k in range(min(to, 0), max(to, 0)):
                there = (k, j) if axis == 0 else (i, k)
                rate = tilted(varying(Points(there, (1, 1)))).reshape(3, 2, 1, 1)[wave, axis, 0, 0]
                angle += np.sign(to) * rate
        assert values[wave, row, column] == pytest.approx(np.sin(angle), abs=1e-5)


def test_a_window_under_a_code_that_varies_has_the_bits_of_a_larger_one():
    waves, large = Waves(3, tilted), Points((-20, -7), (60, 50))
    whole = waves.at(5, large, varying(large), varying)
    for origin, shape in (((-20, 0), (7, 9)), ((4, 30), (11, 12)), ((-3, -7), (8, 50))):
        small = Points(origin, shape)
        part = waves.at(5, small, varying(small), varying)
        i, j = origin[0] + 20, origin[1] + 7
        np.testing.assert_array_equal(part, whole[:, i : i + shape[0], j : j + shape[1]])


def test_a_wave_under_a_slow_code_is_slow_far_away_where_frequency_times_place_is_not():
    def along(points: Points) -> np.ndarray:
        return np.sin(points.grid()[0] / 50)[None].astype(np.float32) * np.ones((1, 1, points.shape[1]))

    waves = Waves(1, lambda code: np.stack([0.3 + 0.1 * code, 0 * code], 1))
    far = Points((5000, 0), (200, 1))
    summed, product = (waves.at(0, far, along(far), there)[0, :, 0] for there in (along, None))
    assert np.abs(np.diff(summed)).max() < 0.41  # the highest frequency is 0.4 a point
    assert np.abs(np.diff(product)).max() > 1


def test_a_code_that_is_the_same_everywhere_gives_the_waves_of_a_constant_one():
    points = Points((-5, 8), (9, 10))
    same = lambda there: np.broadcast_to(CODE, (2, *there.shape))  # noqa: E731
    waves = Waves(3, tilted)
    np.testing.assert_allclose(waves.at(1, points, same(points), same), waves.at(1, points, CODE), atol=1e-5)


def test_seeds_move_waves_and_change_noise_but_not_the_code():
    points = Points((0, 0), (9, 9))
    for name, part in PARTS.items():
        same = np.array_equal(part.at(1, points, CODE), part.at(2, points, CODE))
        assert same == (name == "code"), name


def test_the_first_channels_are_those_of_the_noise_alone():
    points = Points((2, 3), (4, 5))
    joined = PARTS["joined"].at(8, points, CODE)
    np.testing.assert_array_equal(joined[:5], lattice_noise(8, 5, (4, 5), origin=(2, 3)))
    np.testing.assert_array_equal(joined[8:10], np.broadcast_to(CODE, (2, 4, 5)))
    assert not np.isin(joined[10:], joined[:5]).any()  # of another purpose


def test_parts_that_would_be_equal_are_refused():
    with pytest.raises(RaysysError, match=r"purposes \[0, 0\]; allowed: different ones"):
        Joined((LatticeNoise(2), LatticeNoise(3)))


@pytest.mark.parametrize(("code", "words"), [(None, "a code of none"), (np.zeros((3, 1, 1)), "a code of 3 values")])
def test_a_code_of_another_length_is_refused(code, words):
    with pytest.raises(RaysysError, match=words):
        Broadcast(2).at(0, Points((0, 0), (2, 2)), code)
