"""The imitation has the numbers that were measured on MICRO2D's banner: note on CESS, section 6.4, within 15 %.

Components are periodic and joined by faces; medians are over all components of 40 images of 256 x 256 pixels a class.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.ndimage import uniform_filter
from scipy.spatial import KDTree
from skimage.feature import canny

from raysys.data.micro2d import CLASSES, KNOWN, micro2d_like
from raysys.stats import pores

IMAGES, SIZE = 40, 256


def within(value: float, share: float = 0.15) -> object:
    return pytest.approx(value, rel=share)


@dataclass
class Measured:
    """Images of a class, what they were drawn with, and their components."""

    images: np.ndarray
    drawn: list[dict]
    image: np.ndarray
    properties: dict[str, np.ndarray]

    @property
    def aspect(self) -> np.ndarray:
        return self.properties["major_axis"] / self.properties["minor_axis"]

    @property
    def diameter(self) -> np.ndarray:
        return self.properties["equivalent_diameter"]

    def nearest(self, chosen: np.ndarray) -> np.ndarray:
        """Distance of each chosen component's centre to the nearest of another, in its image."""
        found = []
        for number in np.unique(self.image[chosen]):
            here = chosen & (self.image == number)
            centres = np.stack([self.properties[f"centroid_axis{axis}"][here] % SIZE for axis in (0, 1)], axis=1)
            if len(centres) > 1:
                found.append(KDTree(centres, boxsize=SIZE).query(centres, k=2)[0][:, 1])
        return np.concatenate(found)


@pytest.fixture(scope="module")
def measured() -> Callable[[str], Measured]:
    kept: dict[str, Measured] = {}

    def of(name: str) -> Measured:
        if name not in kept:
            images, labels = micro2d_like(name, range(IMAGES), seed=0)
            parts = pores(images, boundary="periodic")
            drawn = [json.loads(label)["parameters"] for label in labels]
            kept[name] = Measured(images, drawn, parts.image, parts.properties)
        return kept[name]

    return of


# Class: least and greatest share of phase 1, and the number of tiles in which they were seen.
SHARES = {
    "VoidSmall": (0.04, 0.42, 5),
    "VoidSmallBig": (0.03, 0.48, 6),
    "AngEllipse": (0.11, 0.36, 6),
    "RandomEllipse": (0.15, 0.37, 5),
    "VoronoiLarge": (0.06, 0.49, 10),
    "VoronoiMedium": (0.04, 0.19, 7),
    "VoronoiMediumSpaced": (0.05, 0.42, 7),
    "VoronoiSmall": (0.16, 0.45, 3),
    "NBSA": (0.35, 0.39, 7),
    "GRF": (0.011, 0.5, 10_000),
}


@pytest.mark.parametrize("name", CLASSES)
def test_shares_of_phase_1_are_those_seen(measured: Callable[[str], Measured], name: str):
    least, greatest, tiles = SHARES[name]
    low, high = KNOWN[name].drawing.share
    assert low <= least < greatest <= high
    # The middle between the extremes of n uniform numbers scatters by width / sqrt(2 (n + 1) (n + 2)).
    middle, scatter = (least + greatest) / 2, (high - low) / math.sqrt(2 * (tiles + 1) * (tiles + 2))
    assert (low + high) / 2 == pytest.approx(middle, abs=max(0.15 * middle, 2 * scatter))
    one = measured(name)
    reached, wanted = one.images.mean(axis=(1, 2)), np.array([drawn["share"] for drawn in one.drawn])
    shape = {"VoronoiLarge": 0.03, "VoidSmallBig": 0.02}.get(name, 0.01)  # no more than half of one, or a little more
    np.testing.assert_allclose(reached, wanted, atol=shape)
    assert reached.mean() == pytest.approx((low + high) / 2, abs=3 * (high - low) / math.sqrt(12 * IMAGES))


def test_void_small_holds_equal_discs_in_touch(measured: Callable[[str], Measured]):
    one = measured("VoidSmall")
    area = one.properties["area"]
    assert (area % 81 == 0).all()  # also those that touch, and those across the edges
    assert np.median(one.diameter) == pytest.approx(10.16, abs=0.01)
    nearest = one.nearest(area == 81)
    assert nearest.min() >= 10.8
    assert nearest.min() == within(10.4)
    assert np.median(nearest) == within((11.0 + 11.7) / 2)
    assert [drawn["discs"][0] * 81 for drawn in one.drawn] == one.images.sum(axis=(1, 2)).tolist()


def test_void_small_big_holds_discs_of_two_radii_equal_in_number(measured: Callable[[str], Measured]):
    one = measured("VoidSmallBig")
    small, big = np.array([drawn["discs"] for drawn in one.drawn]).T
    np.testing.assert_array_equal(small * 81 + big * 197, one.images.sum(axis=(1, 2)))
    assert small.sum() / big.sum() == within(1.0)
    area = one.properties["area"]
    assert np.isin(area, [81, 197]).mean() > 0.91  # the share of the area explained on the banner
    assert set(np.round(one.diameter[np.isin(area, [81, 197])], 2)) == {10.16, 15.84}
    assert np.median(one.nearest(area == 81)) == within(14)


def test_discs_are_round(measured: Callable[[str], Measured]):
    one = measured("VoidSmallBig")
    whole = np.isin(one.properties["area"], [81, 197])
    assert np.median(one.aspect[whole]) == pytest.approx(1.0, abs=1e-6)
    assert one.properties["circularity"][whole].min() > 0.85  # of a digital disc by Crofton's perimeter


def test_ang_ellipse_has_one_direction_an_image(measured: Callable[[str], Measured]):
    one = measured("AngEllipse")
    twice = np.exp(2j * np.radians(one.properties["orientation"]))
    directions = []  # of images, doubled, as points of the unit circle
    for number in range(IMAGES):
        here = twice[one.image == number]
        assert abs(here.mean()) >= 0.999
        assert len(here) == one.drawn[number]["ellipses"]  # all lie alone
        directions.append(here.mean())
        degrees = np.degrees(np.angle(here.mean())) / 2
        off = (degrees - one.drawn[number]["direction"] + 90) % 180 - 90
        assert abs(off) < 3
    assert abs(np.mean(directions)) < 0.5
    assert np.median(one.diameter) == within(10.9, 0.02)
    assert np.median(one.aspect) == within(3.3, 0.05)
    assert np.median(one.properties["major_axis"]) == within(20, 0.05)
    assert np.median(one.properties["minor_axis"]) == within(6, 0.05)
    assert np.sum(np.bincount(one.image) >= 28) > IMAGES / 2
    assert len(np.unique(one.properties["area"][one.image == 0])) == 1  # also across the edges


def test_random_ellipse_has_all_directions_and_contacts(measured: Callable[[str], Measured]):
    one = measured("RandomEllipse")
    alone = (one.properties["area"] > 88) & (one.properties["area"] < 102)
    assert 0.5 < alone.mean() < 0.9
    assert abs(np.exp(2j * np.radians(one.properties["orientation"][alone])).mean()) < 0.1
    assert np.median(one.diameter[alone]) == within(10.9, 0.02)
    assert np.median(one.aspect[alone]) == within(3.3, 0.05)


# Class: median diameter of grains that lie alone, and the range in which they were seen.
GRAINS = {
    "VoronoiLarge": (60, 54, 64),
    "VoronoiMedium": (27, 20, 36),
    "VoronoiMediumSpaced": (24, 19, 28),
    "VoronoiSmall": (15.5, 14, 18),
}


@pytest.mark.parametrize("name", GRAINS)
def test_grains_are_polygons_of_the_sizes_seen(measured: Callable[[str], Measured], name: str):
    median, least, greatest = GRAINS[name]
    one = measured(name)
    drawn = sum(drawn["grains"] for drawn in one.drawn)
    # What has merged is neither compact nor of the size of one grain.
    alone = (one.properties["circularity"] > 0.75) & (one.diameter < 1.3 * median)
    assert alone.sum() > 0.1 * drawn
    assert np.median(one.diameter[alone]) == within(median)
    assert np.percentile(one.diameter[alone], [4, 96]) == within(np.array([least, greatest]))
    assert 1.1 < np.median(one.aspect[alone]) < 1.4
    assert np.percentile(one.aspect[alone], [10, 90]) == within(np.array([1.1, 1.4]))
    assert one.diameter.min() > 0.7 * median  # nothing is cut at an edge


def test_medium_grains_touch_more_often_than_spaced_ones(measured: Callable[[str], Measured]):
    def merged(name: str, low: float, high: float) -> float:
        one = measured(name)
        some = [k for k, drawn in enumerate(one.drawn) if low < drawn["reached"] < high]
        components = sum((one.image == k).sum() for k in some)
        return components / sum(one.drawn[k]["grains"] for k in some)

    assert merged("VoronoiMedium", 0.08, 0.22) < merged("VoronoiMediumSpaced", 0.08, 0.22)


def test_nbsa_is_of_small_rectangles(measured: Callable[[str], Measured]):
    one = measured("NBSA")
    assert np.median(one.diameter) == within(6.3)
    assert np.percentile(one.diameter, [10, 98]) == within(np.array([4.8, 8.6]))
    assert np.median(one.aspect) == within(1.4)
    for axis, chord in ((2, 5.1), (1, 5.3)):
        begins = (one.images == 1) & (np.roll(one.images, 1, axis) == 0)
        assert one.images.sum() / begins.sum() == within(chord)
    gaps = gaps_in_dense_zones(one.images)
    assert gaps.min() == 2
    assert 2 <= np.median(gaps) <= 4


def gaps_in_dense_zones(images: np.ndarray) -> np.ndarray:
    """Lengths of the runs of 0 between two of 1 in rows, where the share within 15 pixels is above its median."""
    dense = uniform_filter(images.astype(float), (0, 31, 31), mode="wrap") > np.median(images.mean(axis=(1, 2)))
    found = []
    for row, crowded in zip(images.reshape(-1, SIZE), dense.reshape(-1, SIZE), strict=True):
        change = np.diff(row.astype(np.int8))
        ends, begins = np.flatnonzero(change == -1), np.flatnonzero(change == 1)
        begins = begins[np.searchsorted(begins, ends[:-1])]
        found.append((begins - ends[:-1])[crowded[ends[:-1]]])
    return np.concatenate(found)


def test_grf_has_the_shares_edges_and_runs_of_the_whole_class():
    images, _ = micro2d_like("GRF", range(300), seed=0)
    shares = images.mean(axis=(1, 2))
    assert [shares.mean(), *np.percentile(shares, [25, 50, 75])] == within(np.array([0.255, 0.136, 0.250, 0.377]))
    edges = [canny(image.astype(float)).mean() for image in images]
    assert np.median(edges) == within(0.026)
    runs = [image.size / (SIZE + (image[:, 1:] != image[:, :-1]).sum()) for image in images]
    assert np.median(runs) == within(54)
