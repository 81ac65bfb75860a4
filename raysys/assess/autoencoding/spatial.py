"""Errors of pixels and of spatial statistics as measures: what CESS is to make small, whatever the loss was."""

from __future__ import annotations

from raysys.assess.autoencoding.assessment import Measure
from raysys.assess.autoencoding.side_by_side import Numbers, SideBySide
from raysys.stats.paired.spatial import errors_of

MEASURES = (
    Measure("pixel_error", "Pixel MSE", "", "overall realism", "low"),
    Measure("s2_error", "S2 MSE", "", "overall realism", "low"),
    Measure("s2_relative", "S2 error by flat grey's", "", "overall realism", "low"),
    Measure("s2_error_window", "S2 MSE, central window", "", "grain size and shape", "low"),
    Measure("s2_relative_window", "S2 error by flat grey's, central window", "", "grain size and shape", "low"),
    Measure("s2_error_thresholded", "S2 MSE, thresholded", "", "overall realism", "low"),
    Measure("s2_relative_thresholded", "S2 error by flat grey's, thresholded", "", "overall realism", "low"),
    Measure("phase_fraction_difference", "Difference of phase fractions", "", "overall realism", "low"),
)


def spatial(both: SideBySide) -> Numbers:
    """Values of `MEASURES`."""
    return {name: (errors, both.none) for name, errors in errors_of(both.grey, both.binary, both.window).items()}
