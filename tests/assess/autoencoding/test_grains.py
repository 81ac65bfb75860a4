"""Grains and what became of them: counted inventions, deletions, mergers and pieces; scikit-image's properties."""

import numpy as np
import pytest
from skimage.measure import label, regionprops
from support.damage import QUICK, blurred, merged, originals, rounded, with_discs

from raysys.assess.autoencoding import assess
from raysys.assess.autoencoding.grains import Grains, Links


def stacked(*shapes):
    """One image of these arrays, each in the middle of its own field of 24 x 24 pixels."""
    image = np.zeros((24, 24 * len(shapes)), np.uint8)
    for k, one in enumerate(shapes):
        image[6 : 6 + one.shape[0], 24 * k + 6 : 24 * k + 6 + one.shape[1]] = one
    return image[None]


BLOCK = np.ones((12, 6), np.uint8)


@pytest.mark.parametrize("name", ["VoronoiMedium", "VoronoiMediumSpaced", "VoronoiLarge", "VoidSmall", "AngEllipse"])
def test_ten_inserted_discs_are_ten_hallucinated_grains(name):
    original = originals(name, 6)
    drawn = [with_discs(image, 10) for image in original]
    full = np.array([placed == 10 for _, placed in drawn])
    assert full.sum() >= 2
    found = assess(np.array([image for image, _ in drawn])[full], original[full])
    assert (found.values["hallucinated_grains"] == 10).all()
    assert (found.values["hallucinated_round"] == 10).all()
    assert (found.values["missing_grains"] == 0).all()
    # The other way round it is the discs that are missing.
    back = assess(original[full], np.array([image for image, _ in drawn])[full], measures=["missing_grains"])
    assert (back.values["missing_grains"] == 10).all()


def test_grains_merge_and_fall_into_pieces():
    apart, joined = np.hstack([BLOCK[:, :4], 0 * BLOCK[:, :2], BLOCK[:, :4]]), np.ones((12, 10), np.uint8)
    original, autoencoding = stacked(apart, joined, BLOCK, BLOCK), stacked(joined, apart, BLOCK, 0 * BLOCK)
    rows = {name: row.autoencoding for name, row in assess(autoencoding, original).summary().items()}
    assert rows["merged_share"] == pytest.approx(2 / 5)
    assert rows["split_share"] == pytest.approx(1 / 5)
    assert rows["kept_share"] == pytest.approx(1 / 5)
    assert rows["missing_share"] == pytest.approx(1 / 5)
    assert rows["hallucinated_share"] == 0


def test_links_are_the_overlaps_counted_one_by_one():
    original = originals("RandomEllipse", 2, 128)
    autoencoding = rounded(original, 2).astype(np.uint8)
    ours, theirs = Grains.of(autoencoding), Grains.of(original)
    links = Links.between(ours, theirs)
    expected = {
        (i, j)
        for i in range(len(ours.image))
        for j in range(len(theirs.image))
        if min(ours["area"][i], theirs["area"][j]) >= 5
        and ((ours.labels == i + 1) & (theirs.labels == j + 1)).sum() >= min(ours["area"][i], theirs["area"][j]) / 2
    }
    assert set(zip(links.autoencoded.tolist(), links.original.tolist(), strict=True)) == expected


def test_properties_are_those_of_scikit_image():
    image = originals("VoidSmallBig", 1)[0].copy()
    image[:, 0] = image[0] = 0
    grains = Grains.of(image[None])
    peers = regionprops(label(image, connectivity=2))
    shaped = grains["area"] >= 20
    assert len(grains.image) == len(peers)
    np.testing.assert_array_equal(grains["area"], [peer.area for peer in peers])
    # Ours add what a pixel, a square, has of a second moment by itself: 1 / 12; the peer's pixels are points.
    axes = [(peer.axis_major_length, peer.axis_minor_length) for peer, own in zip(peers, shaped, strict=True) if own]
    major, minor = (np.square(axes) / 16 + 1 / 12).T
    np.testing.assert_allclose(grains["axis_ratio"][shaped], np.sqrt(major / minor), rtol=1e-9)
    np.testing.assert_allclose(grains["eccentricity"][shaped], np.sqrt(1 - minor / major), atol=1e-7)


def test_weights_are_means_within_grains():
    original = stacked(BLOCK, BLOCK, BLOCK)
    found = assess(stacked(BLOCK * 1.0, BLOCK * 1.0, BLOCK * 1.0) * np.repeat([1.0, 0.6, 0.8], 24), original)
    assert found.values["weight_spread"] == pytest.approx(np.std([1, 0.6, 0.8]), abs=1e-6)
    assert found.values["weight_least"] == pytest.approx(0.6, abs=1e-6)


@pytest.mark.parametrize("name", QUICK)
def test_weights_of_binary_images_do_not_vary_and_blur_makes_them(name):
    original = originals(name)
    clean, mild = (assess(x, original, measures=["weight_spread"]) for x in (original, blurred(original, 1.5)))
    assert (clean.values["weight_spread"] == 0).all()
    assert np.nanmedian(mild.values["weight_spread"]) < 0.12


def test_closing_merges_what_is_near():
    found = assess(merged(originals("AngEllipse")), originals("AngEllipse")).summary()
    assert found["merged_share"].autoencoding > 0.4
    assert found["grains"].ratio < 0.7
    assert found["euler_number"].ratio < 0.7
    assert found["missing_share"].autoencoding == 0
    assert found["hallucinated_share"].autoencoding == 0
