"""What images of every kind look like."""

import numpy as np

from raysys.form import Form
from raysys.label_colours import label_colours
from raysys.pictures import contact_sheet, middle_slices, pictures

FLAT, DEEP = Form("colour", (4, 5)), Form("colour", (3, 4, 5))
LABELS = Form("labels", (4, 5), ("a", "b", "c"))


def test_phase_one_is_white_and_grey_has_256_steps():
    binary = np.array([[[0, 1]]], np.uint8)
    np.testing.assert_array_equal(pictures(Form("binary", (1, 2)), binary), [[[0, 255]]])
    grey = np.float32([[[-1, 0.5, 2]]])
    np.testing.assert_array_equal(pictures(Form("grey", (1, 3)), grey), [[[0, 128, 255]]])


def test_phases_have_their_colours():
    labels = np.random.default_rng(0).integers(0, 3, (2, 4, 5)).astype(np.uint8)
    np.testing.assert_array_equal(pictures(LABELS, labels), label_colours(3)[labels])


def test_volumes_show_their_middle_and_flat_images_stay():
    volumes = np.random.default_rng(0).random((2, 3, 4, 5, 3))
    np.testing.assert_array_equal(middle_slices(DEEP, volumes), volumes[:, 1])
    np.testing.assert_array_equal(middle_slices(FLAT, volumes[:, 0]), volumes[:, 0])
    np.testing.assert_array_equal(middle_slices(LABELS, volumes[..., 0]), volumes[:, 1, ..., 0])


def test_a_sheet_holds_pictures_in_rows():
    shown = np.random.default_rng(0).integers(0, 255, (5, 4, 6, 3)).astype(np.uint8)
    sheet = contact_sheet(shown, columns=3, gap=2, ground=200)
    assert sheet.shape == (4 + 2 + 4, 6 + 2 + 6 + 2 + 6, 3)
    np.testing.assert_array_equal(sheet[6:, 8:14], shown[4])
    assert (sheet[6:, 16:] == 200).all()
    assert contact_sheet(shown[:2, ..., 0], columns=8, gap=1).shape == (4, 13)
