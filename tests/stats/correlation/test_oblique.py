"""Lines in oblique directions, against loops over every line of pixels."""

import math

import numpy as np
import pytest
from scipy import ndimage

from raysys import RaysysError
from raysys.stats import (
    chord_length_distribution,
    lineal_path_along,
    mean_chord_length,
    two_point_along,
    two_point_cluster,
)

CASES = [((9, 12), (1, 1)), ((9, 12), (2, -1)), ((9, 12), (-1, 3)), ((6, 5, 7), (1, -1, 0)), ((9, 11, 8), (1, 2, -1))]


def lines_of(shape, step):
    """Every line of pixels, from where a step back leaves the image."""
    inside = set(np.ndindex(shape))
    for start in inside:
        if tuple(np.subtract(start, step)) not in inside:
            line = [start]
            while (beyond := tuple(np.add(line[-1], step).tolist())) in inside:
                line.append(beyond)
            yield line


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request):
    shape, step = request.param
    images = (np.random.default_rng(5).random((2, *shape)) < 0.65).astype(np.uint8)
    return images, step, list(lines_of(shape, step))


def test_two_points_lines_and_clusters(case):
    images, step, lines = case
    spacing = math.hypot(*step)
    r_max = min(min(images.shape[1:]) - 1, int(3 * spacing))
    curves = [
        two_point_along(images, step, r_max=r_max),
        lineal_path_along(images, step, r_max=r_max),
        two_point_cluster(images, axis=step, r_max=r_max),
    ]
    along = "_along_" + "_".join(map(str, step))
    assert [curve.name for curve in curves] == ["S2" + along, "L" + along, "C2" + along]
    for curve in curves:
        np.testing.assert_allclose(curve.r, np.arange(len(curve.r)) * spacing)
    for i, image in enumerate(images):
        labels, _ = ndimage.label(image)
        for r in range(len(curves[0].r)):
            pieces = [line[k : k + r + 1] for line in lines for k in range(len(line) - r)]
            found = [
                np.mean([image[piece[0]] and image[piece[-1]] for piece in pieces]),
                np.mean([all(image[place] for place in piece) for piece in pieces]),
                np.mean([labels[piece[0]] == labels[piece[-1]] > 0 for piece in pieces]),
            ]
            for curve, expected in zip(curves, found, strict=True):
                assert curve.values[i, r] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("edges", ["keep", "drop"])
def test_chords(case, edges):
    images, step, lines = case
    spacing = math.hypot(*step)
    curve = chord_length_distribution(images, axis=step, edges=edges)
    mean = mean_chord_length(images, axis=step, edges=edges)
    for i, image in enumerate(images):
        found = []
        for line in lines:
            text = "".join(str(image[place]) for place in line)
            kept = text.split("0")[1:-1] if edges == "drop" else text.split("0")
            found += [len(run) for run in kept if run]
        expected = [found.count(k) / len(found) for k in range(1, len(curve.r) + 1)]
        np.testing.assert_allclose(curve.values[i], expected, rtol=1e-14)
        assert mean.values[i] == pytest.approx(np.mean(found) * spacing)


@pytest.mark.parametrize("step", [(0, 1), (1, 0)])
def test_a_direction_along_an_axis_is_that_axis(step):
    images = (np.random.default_rng(5).random((2, 9, 12)) < 0.65).astype(np.uint8)
    axis = step.index(1)
    for measure in (two_point_along, lineal_path_along):
        np.testing.assert_array_equal(measure(images, step).values, measure(images, axis).values)
    along = two_point_cluster(images, axis=step)
    np.testing.assert_array_equal(along.values, two_point_cluster(images, axis=axis).values)
    np.testing.assert_array_equal(
        chord_length_distribution(images, axis=step).values, chord_length_distribution(images, axis=axis).values
    )


def test_a_mask_goes_along():
    rng = np.random.default_rng(5)
    images, mask, step = (rng.random((1, 9, 12)) < 0.65), rng.random((9, 12)) < 0.8, (1, 2)
    curve = lineal_path_along(images, step, mask=mask)
    for r in range(len(curve.r)):
        pieces = [line[k : k + r + 1] for line in lines_of((9, 12), step) for k in range(len(line) - r)]
        pieces = [piece for piece in pieces if all(mask[place] for place in piece)]
        expected = np.mean([all(images[0][place] for place in piece) for piece in pieces]) if pieces else np.nan
        assert curve.values[0, r] == pytest.approx(expected, rel=1e-13, nan_ok=True)


def test_stripes_are_seen_across_and_not_along():
    x, y = np.indices((40, 40))
    stripes = ((x + y) // 2 % 4 < 2)[None].astype(np.uint8)
    assert lineal_path_along(stripes, (1, -1)).values == pytest.approx(0.5, abs=0.02)
    assert lineal_path_along(stripes, (1, 1)).values[0, 2] == 0


@pytest.mark.parametrize(
    ("step", "options", "sentence"),
    [
        ((1,), {}, r"direction is \(1,\); allowed for images of \(9, 12\) pixels: 2 whole numbers"),
        ((2, 2), {}, "without a common divisor"),
        ((0, 0), {}, "without a common divisor"),
        ((9, 1), {}, "less than its axis is long"),
        ((1, 1), {"boundary": "periodic"}, "allowed with a direction: open"),
    ],
)
def test_bad_directions(step, options, sentence):
    images = np.ones((1, 9, 12), np.uint8)
    for measure in (two_point_along, lineal_path_along):
        with pytest.raises(RaysysError, match=sentence):
            measure(images, step, **options)
