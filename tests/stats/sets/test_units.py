"""How many independent images tiles are worth, against the variance of means over many realisations."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.stats import Curve, two_point, two_point_along
from raysys.stats.groups import half_widths
from raysys.stats.sets.units import correlation_length, effective_number, separated_blocks

REGION, REALISATIONS = (128, 160), 150


def field(shape: tuple[int, ...], sigma: float, seed: int) -> np.ndarray:
    """Periodic Gaussian field of variance 1 whose correlation is exp(-r^2 / 4 sigma^2)."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    waves = np.meshgrid(*(2 * np.pi * np.fft.fftfreq(n) for n in shape), indexing="ij")
    smooth = np.exp(-sum(wave**2 for wave in waves) * sigma**2 / 2)
    found = np.fft.ifftn(np.fft.fftn(noise) * smooth).real
    return found / np.sqrt((smooth**2).mean())


def origins_of(shape: tuple[int, ...], tile: int, stride: int) -> np.ndarray:
    axes = [np.arange(0, length - tile + 1, stride) for length in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(shape))


def cut(image: np.ndarray, origins: np.ndarray, tile: int) -> np.ndarray:
    return np.stack([image[a : a + tile, b : b + tile] for a, b in origins])


@pytest.fixture(scope="module", params=[(2.0, 32, 8), (3.0, 32, 32)], ids=["overlapping", "side by side"])
def realised(request: pytest.FixtureRequest):
    """Fractions (realisations, tiles) of tiles of many realisations, and the correlation length of some."""
    sigma, tile, stride = request.param
    origins, fractions, lengths = origins_of(REGION, tile, stride), [], []
    for seed in range(REALISATIONS):
        image = (field((192, 224), sigma, seed)[: REGION[0], : REGION[1]] > 0.2).astype(np.uint8)
        tiles = cut(image, origins, tile)
        fractions.append(tiles.reshape(len(tiles), -1).mean(axis=1))
        if seed < 4:
            lengths.append(correlation_length(two_point(tiles)))
    return origins, tile, np.array(fractions), float(np.mean(lengths))


class TestCorrelationLength:
    def test_of_white_noise_is_one_pixel(self):
        noise = (np.random.default_rng(0).random((4, 128, 128)) < 0.3).astype(np.uint8)
        assert correlation_length(two_point(noise)) == pytest.approx(1, abs=0.05)

    @pytest.mark.parametrize("sigma", [2.0, 4.0])
    def test_is_the_integral_of_the_known_correlation(self, sigma):
        images = (field((512, 512), sigma, 3) > 0).astype(np.uint8)[None]
        lags = np.arange(-200, 201)
        rho = 2 / np.pi * np.arcsin(np.exp(-(lags**2) / 4 / sigma**2))  # of a Gaussian field cut at its median
        assert correlation_length(two_point(images, boundary="periodic")) == pytest.approx(rho.sum(), rel=0.1)

    def test_can_be_asked_along_an_axis(self):
        stretched = np.repeat((field((256, 64), 2.0, 5) > 0).astype(np.uint8), 4, axis=1)[None]
        along = [correlation_length(two_point_along(stretched, axis)) for axis in (0, 1)]
        assert along[1] / along[0] == pytest.approx(4, rel=0.3)

    def test_one_phase_has_none_and_lags_must_be_complete(self):
        assert np.isnan(correlation_length(two_point(np.ones((2, 16, 16), np.uint8))))
        with pytest.raises(RaysysError, match="a correlation length needs r = 0, 1, 2"):
            correlation_length(Curve("S2", np.array([0, 2, 4]), np.ones((1, 3))))


class TestEffectiveNumber:
    def test_is_the_ratio_of_the_variances_of_one_tile_and_of_all(self, realised):
        origins, tile, fractions, length = realised
        true = fractions.var(axis=0).mean() / fractions.mean(axis=1).var()
        assert true < len(origins)
        # The variance of so many means is itself known to 1 / sqrt(2 realisations) = 6 %; the length is a bit short.
        assert effective_number(origins, (tile, tile), length) == pytest.approx(true, rel=0.35)

    def test_tiles_far_apart_are_all_counted_and_a_tile_twice_once(self):
        apart = np.array([[0, 0], [0, 500], [500, 0]])
        assert effective_number(apart, (32, 32), 5) == pytest.approx(3)
        assert effective_number(np.repeat(apart, 4, axis=0), (32, 32), 5) == pytest.approx(3)

    def test_flat_tiles_of_neighbouring_slices_are_hardly_more_than_one(self):
        slices = np.stack([np.arange(40), np.zeros(40), np.zeros(40)], axis=1).astype(np.int64)
        assert effective_number(slices, (32, 32), 10) == pytest.approx(40 / 10, rel=0.25)


class TestBlocks:
    @pytest.mark.parametrize(
        ("shape", "tile", "stride"), [((225, 341), 64, 8), ((96, 48), 16, 16), ((300, 300), 64, 50)]
    )
    def test_share_no_pixel(self, shape, tile, stride):
        origins = origins_of(shape, tile, stride)
        blocks = separated_blocks(origins, (tile, tile), 5)
        owner = np.full(shape, -1)
        for (a, b), group in zip(origins[blocks.inside], blocks.groups[blocks.inside], strict=True):
            held = owner[a : a + tile, b : b + tile]
            assert set(np.unique(held)) <= {-1, group}
            held[...] = group
        assert len(set(blocks.groups[blocks.inside])) == len(set(blocks.groups)) >= 8

    def test_narrow_ones_are_a_correlation_length_apart(self):
        origins, length = origins_of((225, 341), 64, 8), 60
        blocks = separated_blocks(origins, (64, 64), length)
        for group in set(blocks.groups):
            mine = origins[blocks.inside & (blocks.groups == group)]
            others = origins[blocks.inside & (blocks.groups != group)]
            gaps = np.abs(mine[:, None] - others[None]).max(axis=2) - 64
            assert gaps.min() >= length

    def test_tiles_of_too_small_an_image_are_one_block(self):
        blocks = separated_blocks(origins_of((70, 70), 64, 2), (64, 64), 5)
        assert set(blocks.groups) == {0}
        assert blocks.inside.all()

    def test_intervals_by_blocks_hold_the_truth_where_those_of_tiles_do_not(self, realised):
        origins, tile, fractions, length = realised
        blocks = separated_blocks(origins, (tile, tile), length)
        kept, groups = fractions[:, blocks.inside], blocks.groups[blocks.inside]
        half = np.array([half_widths(one[:, None], groups)[0] for one in kept])
        held = np.mean(np.abs(kept.mean(axis=1) - fractions.mean()) < half)
        assert held > 0.88
        if len(origins) > 100:
            naive = 1.96 * fractions.std(axis=1, ddof=1) / np.sqrt(len(origins))
            assert np.mean(np.abs(fractions.mean(axis=1) - fractions.mean()) < naive) < 0.6
