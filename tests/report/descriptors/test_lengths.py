"""Axes in units of length beside those in pixels, where one length is meant."""

import numpy as np
import pytest
from bokeh.models import Plot

from raysys.data import gaussian_random_field
from raysys.report.descriptors.curves import curve_sections
from raysys.report.descriptors.lengths import with_lengths
from raysys.report.elements.document import Section
from raysys.report.elements.gallery import gallery
from raysys.report.elements.palette import inks
from raysys.report.elements.switches import Switches
from raysys.spacing import Spacing
from raysys.stats import Characterisation, characterise

UM = Spacing((0.8, 0.8), "um")
UNEQUAL = Spacing((2.0, 1.0), "um")


@pytest.fixture(scope="module")
def measured() -> Characterisation:
    images = gaussian_random_field((24, 24), correlation_length=2.0, phase_fraction=0.4, seed=1, n=3)
    return characterise(images, ("S2", "S2_axis0", "S2_axis1", "L", "chord_length"), r_max=8)


def figures(measured: Characterisation, spacing: Spacing | None) -> list[tuple[Section, Plot]]:
    sets = {"rock": measured}
    sections = with_lengths(curve_sections(sets, Switches(inks(sets, "rock")), None, spacing), spacing)
    return [(section, plot) for section in sections for part in section.parts if not isinstance(part, str)
            for plot in part.select({"type": Plot}) if plot.below and plot.renderers]  # fmt: skip


def test_every_axis_over_pixels_has_one_over_lengths(measured: Characterisation):
    found = figures(measured, UM)
    assert len(found) >= 4
    for _, plot in found:
        (pixels,), (lengths,) = plot.below, plot.above[-1:]
        assert lengths.axis_label == pixels.axis_label.replace("(pixels)", "(um)")
        assert lengths.formatter.args == {"size": 0.8}


@pytest.mark.parametrize("spacing", [None, Spacing((2.0, 2.0))])
def test_without_a_unit_there_is_none(measured: Characterisation, spacing: Spacing | None):
    assert all("(um)" not in str(getattr(axis, "axis_label", "")) for _, plot in figures(measured, spacing)
               for axis in plot.above)  # fmt: skip


def test_where_axes_differ_each_has_its_own_lengths_and_what_mixes_them_none(measured: Characterisation):
    found = figures(measured, UNEQUAL)
    directions = [plot for section, plot in found if section.title == "Directions"]
    others = [plot for section, plot in found if section.title != "Directions"]
    assert others
    assert not any(hasattr(axis, "axis_label") for plot in others for axis in plot.above)
    (plot,) = directions
    assert plot.below[0].axis_label == "r (um)"
    drawn = {str(one.data_source.data["set"][0]): one.data_source.data["r"] for one in plot.renderers
             if "set" in one.data_source.data}  # fmt: skip
    assert len(drawn) == 2  # and not their mean
    lags = np.asarray(measured.curves["S2_axis0"].r)
    for name, size in (("axis 0", 2.0), ("axis 1", 1.0)):
        (lengths,) = [r for told, r in drawn.items() if told.startswith(name)]
        np.testing.assert_allclose(lengths, lags[np.isin(lags * size, lengths)] * size)
        assert max(lengths) == pytest.approx(max(lags) * size)


def test_pictures_have_bars_of_a_round_length_along_their_own_axis():
    volume = np.zeros((1, 10, 20, 40), np.uint8)
    bars = gallery(volume, name="v", spacing=Spacing((5.0, 2.0, 1.0), "um")).split("<figure>")[1:]
    # Across axis 0 and 1 the last axis runs to the right (40 um in all), across axis 2 the second (40 um as well).
    assert [bar.partition("</i>")[2].partition("<")[0] for bar in bars] == ["10 um"] * 3
    assert all("width: 25.000%" in bar for bar in bars)
    assert "figcaption" not in gallery(volume, name="v")
