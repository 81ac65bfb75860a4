"""The representative size on a page: errors, curves and words are those of the analysis."""

from dataclasses import replace

import numpy as np
import pytest
from bokeh.models import GlyphRenderer, Line, Span, VArea
from bokeh.plotting import figure

from raysys.report.descriptors.representative import (
    LAGS,
    curves_figure,
    error_figure,
    representative_section,
    size_table,
)
from raysys.stats import Curve, RepresentativeSize


def drawn(plot: figure, kind: type) -> list[GlyphRenderer]:
    return [one for one in plot.renderers if isinstance(one.glyph, kind)]


def test_errors_are_drawn_over_all_sizes_but_the_largest(representative: RepresentativeSize) -> None:
    against, own = (one.data_source.data for one in drawn(error_figure(representative), Line))
    assert against["r"].tolist() == [16, 32, 64]
    np.testing.assert_array_equal(against["mean"], representative.mse[:-1])
    np.testing.assert_array_equal(own["mean"], representative.half_width**2)


def test_tolerance_and_suggestion_are_marked(representative: RepresentativeSize) -> None:
    def marks(found: RepresentativeSize) -> dict[str, float]:
        return {one.dimension: one.location for one in error_figure(found).select({"type": Span})}

    loose = replace(representative, tolerance=1.0)
    assert loose.suggestion == 16
    assert marks(loose) == {"width": 1.0, "height": 16}
    assert marks(replace(representative, tolerance=1e-6)) == {"width": pytest.approx(1e-12)}


def test_curves_are_means_and_the_largest_alone_has_a_band(representative: RepresentativeSize) -> None:
    plot = curves_figure(representative)
    lines = [one.data_source.data for one in drawn(plot, Line)]
    assert [data["set"][0] for data in lines] == ["16 pixels", "32 pixels", "64 pixels", "96 pixels"]
    for data, curve in zip(lines, representative.curves, strict=True):
        lags = data["r"].astype(int)
        assert lags[0] == 1
        assert lags[-1] == curve.r[-1]
        np.testing.assert_array_equal(data["mean"], curve.mean[lags])
    (band,) = drawn(plot, VArea)
    np.testing.assert_array_equal(band.data_source.data["low"], representative.band[0][1:])


def test_long_curves_are_thinned() -> None:
    r = np.arange(3000)
    curves = tuple(Curve("F2", r[:n], np.exp(-r[:n] / 50) * np.ones((4, 1))) for n in (1500, 3000))
    found = RepresentativeSize((3000, 6000), curves, np.full((2, 4), 0.3), (9000, 9000), 0.02)
    lengths = [len(one.data_source.data["r"]) for one in drawn(curves_figure(found), Line)]
    assert max(lengths) <= LAGS


def test_section_says_the_rule_and_the_reason(representative: RepresentativeSize) -> None:
    section = representative_section(representative)
    words = "".join(part for part in section.parts if isinstance(part, str))
    assert representative.rule.replace("+-", "±") in words
    assert representative.reason.replace("+-", "±") in words
    assert "6 windows of each size at random places of the image of 160 × 160 pixels" in section.caption
    assert "seed 0" in words
    assert "boundary open" in words


def test_table_holds_every_size(representative: RepresentativeSize) -> None:
    html = size_table(representative)
    for size, error in zip(representative.sizes, representative.mse, strict=True):
        assert f'data-size="{size}" data-error="{float(error)!r}"' in html


def test_windows_without_the_phase_are_told_of_not_drawn() -> None:
    r = np.arange(8)
    nothing = tuple(Curve("F2", r[:n], np.full((3, n), np.nan)) for n in (4, 8))
    found = RepresentativeSize((8, 16), nothing, np.zeros((2, 3)), (64, 64), 0.02)
    section = representative_section(found)
    assert "No size is representative" in str(section.parts[0])
    assert [part for part in section.parts if not isinstance(part, str)] == []
