"""What all systems look at before a training begins."""

import pytest

from raysys import RaysysError
from raysys.methods.wgan_gp.settings import SETTINGS
from raysys.train.system_settings import check_sides

UNEQUAL = {"spacing": {"sizes": [5.0, 2.0], "unit": "um"}}


def test_tiles_of_unequal_pixels_are_not_turned():
    with pytest.raises(RaysysError, match=r"pixels are 5 x 2 um, and system\.rotations turns tiles"):
        check_sides(SETTINGS(method="wgan-gp", rotations=True), UNEQUAL)


def test_what_is_measured_on_them_is_warned_of():
    with pytest.warns(UserWarning, match="pixels are 5 x 2 um: descriptors that mix directions"):
        check_sides(SETTINGS(method="wgan-gp"), UNEQUAL)


@pytest.mark.parametrize("provenance", [{}, {"spacing": {"sizes": [2.0, 2.0], "unit": "um"}}])
def test_equal_and_unknown_pixels_are_turned(provenance: dict):
    check_sides(SETTINGS(method="wgan-gp", rotations=True), provenance)
