"""Intersection over union and Dice, counted and by definition; thresholds named as well as can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.filters import threshold_multiotsu, threshold_otsu

from raysys.data.pairs import UNLABELLED, Comparison, Thresholded, agreement, compared, grey_classes, overlay
from raysys.errors import RaysysError

LABELS = arrays(np.uint8, (9, 7), elements=st.integers(0, 2))


@settings(max_examples=30, deadline=None)
@given(LABELS, LABELS)
def test_iou_and_dice_are_what_sets_of_pixels_say(labels: np.ndarray, truth: np.ndarray):
    found = agreement(labels, truth, 3)
    for k in range(3):
        a, b = set(np.flatnonzero(labels == k)), set(np.flatnonzero(truth == k))
        iou = len(a & b) / len(a | b) if a | b else np.nan
        dice = 2 * len(a & b) / (len(a) + len(b)) if a | b else np.nan
        np.testing.assert_allclose([found.iou[k], found.dice[k]], [iou, dice])
        np.testing.assert_allclose(found.dice[k], 2 * iou / (1 + iou))
    assert found.accuracy == pytest.approx((labels == truth).mean())
    assert found.mean_iou == pytest.approx(np.nanmean(found.iou))


def test_unlabelled_pixels_count_nowhere():
    truth = np.array([[0, 1], [UNLABELLED, UNLABELLED]], np.uint8)
    assert agreement(np.array([[0, 1], [0, 1]]), truth, 2).mean_iou == 1
    assert agreement(np.array([[0, 1], [1, 0]]), truth, 2).counts.sum() == 2


def test_shapes_must_be_one():
    with pytest.raises(RaysysError, match="allowed: one shape"):
        agreement(np.zeros((2, 2)), np.zeros((2, 3), np.uint8), 2)


def noisy(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    truth = np.random.default_rng(seed).integers(0, 3, (60, 60)).astype(np.uint8)
    grey = np.array([0.5, 0.1, 0.9])[truth] + np.random.default_rng(seed + 1).normal(0, 0.12, truth.shape)
    return grey.clip(0, 1).astype(np.float32), truth


def test_grey_classes_are_those_of_scikit_image():
    grey, _ = noisy()
    np.testing.assert_array_equal(grey_classes(grey, 2), grey > threshold_otsu(grey))
    low, high = threshold_multiotsu(grey, classes=3)
    np.testing.assert_array_equal(grey_classes(grey, 3), (grey > low).astype(int) + (grey > high))
    flat = np.array([[0.0, 1.0]])
    np.testing.assert_array_equal(grey_classes(flat, 3), [[0, 1]])


@pytest.mark.parametrize("levels", [2, 3])
def test_the_naming_of_grey_classes_is_the_best_of_all(levels: int):
    grey, truth = noisy()
    judge = Thresholded(3, levels)
    judge.add(grey, truth)
    naming, best = judge.best()
    classes = grey_classes(grey, levels)
    every = [agreement(np.array(one)[classes], truth, 3).mean_iou for one in np.ndindex(*(3,) * levels)]
    assert best.mean_iou == pytest.approx(max(every))
    assert agreement(np.array(naming)[classes], truth, 3).mean_iou == pytest.approx(best.mean_iou)
    if levels == 3:
        assert naming == (1, 0, 2)


def test_a_comparison_counts_all_images_together():
    judge = Comparison(("ground", "pore", "grain"))
    counts = np.zeros((3, 3), np.int64)
    for seed in (0, 1):
        grey, truth = noisy(seed)
        labels = np.random.default_rng(seed).permutation(truth.ravel()).reshape(truth.shape)
        counts += judge.add((grey * 255).astype(np.uint8), labels, truth).counts
    ours, otsu, multi = judge.judged()
    np.testing.assert_array_equal(ours.agreement.counts, counts)
    assert (ours.title, otsu.title, multi.title) == ("U-Net", "Otsu", "multi-Otsu (3 levels)")
    assert multi.how == "dark to bright: pore, ground, grain"
    assert multi.agreement.mean_iou > otsu.agreement.mean_iou > ours.agreement.mean_iou
    with pytest.raises(RaysysError, match="a mask has class 7"):
        judge.add(grey, truth, np.full_like(truth, 7))


def test_overlays_colour_what_is_labelled_and_mark_what_is_wrong():
    grey = np.full((4, 5), 0.5, np.float32)
    labels = np.zeros((4, 5), np.uint8)
    labels[1, 2] = 1
    shown = overlay(grey, labels)
    assert shown.shape == (4, 5, 3)
    assert (shown[0, 0] == 127).all()
    assert len(set(shown[1, 2].tolist())) > 1
    truth = labels.copy()
    truth[3, 3] = 2
    truth[0, 0] = UNLABELLED
    panels = compared(grey, labels, truth)
    errors = panels[:, -5:]
    assert panels.shape[0] == 4
    wrong = (errors != errors[..., :1]).any(-1)
    assert np.argwhere(wrong).tolist() == [[3, 3]]
