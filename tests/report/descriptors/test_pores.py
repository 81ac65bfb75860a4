"""Pores on a page: densities, roses and the table say what the statistics say."""

import re

import numpy as np
import pytest
from bokeh.models import AnnularWedge, GlyphRenderer, Line, Quad, Scatter
from bokeh.plotting import figure

from raysys.report.descriptors.densities import TICKS, Axis, density_figure, histogram, shared_edges
from raysys.report.descriptors.pores import SHAPED, pore_section, pore_table
from raysys.report.descriptors.roses import degrees, rose_figures, roses
from raysys.report.elements.palette import inks
from raysys.report.elements.switches import Switches
from raysys.stats import Characterisation, Pores, density, rose

AREA = Axis("pore area (pixels)", log=True)


@pytest.fixture
def areas() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"a": np.ceil(rng.lognormal(3, 1.2, 5000)), "b": np.ceil(rng.lognormal(2, 0.8, 40))}


def glyphs(plot: figure, kind: type) -> list[GlyphRenderer]:
    return [one for one in plot.renderers if isinstance(one.glyph, kind)]


def switches(*names: str) -> Switches:
    return Switches(inks(names, names[0]))


def test_dashed_line_is_the_kernel_density(areas: dict[str, np.ndarray]) -> None:
    plot = density_figure(areas, AREA, switches("a", "b"))
    assert plot is not None
    lines = glyphs(plot, Line)
    assert [one.data_source.data["set"][0] for one in lines] == ["a", "b"]
    assert {one.glyph.line_dash[0] for one in lines} == {6}  # how Bokeh keeps "dashed"
    for one in lines:
        data = one.data_source.data
        fitted = density(areas[data["set"][0]], log=True)
        np.testing.assert_array_equal(data["mean"], fitted.y[np.isin(fitted.x, data["r"])])
        assert data["mean"].max() == pytest.approx(fitted.y.max(), rel=1e-2)


def test_histograms_share_their_edges_and_are_densities(areas: dict[str, np.ndarray]) -> None:
    plot = density_figure(areas, AREA, switches("a", "b"))
    assert plot is not None
    first, second = (one.data_source.data for one in glyphs(plot, Quad))
    np.testing.assert_array_equal(first["left"], second["left"])
    for data in (first, second):
        widths = np.log10(data["right"] / data["left"])
        assert np.sum(data["top"] * widths) == pytest.approx(1)


@pytest.mark.parametrize("log", [True, False])
@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0, 3.0, 10.0, 1e4], [0.2, 0.9]])
def test_every_value_lies_in_a_bin(values: list[float], log: bool) -> None:
    held = np.array(values)
    edges = shared_edges([held], log=log)
    assert np.all(np.diff(edges) > 0)
    widths = np.diff(np.log10(edges) if log else edges)
    assert np.sum(histogram(held, edges, log=log).heights * widths) == pytest.approx(1)


def test_small_areas_have_a_bin_each() -> None:
    held = np.arange(1.0, 12.0)
    assert (np.histogram(held, shared_edges([held], log=True))[0] > 0).all()


def test_many_values_are_thinned_to_few_ticks_with_the_extremes(areas: dict[str, np.ndarray]) -> None:
    plot = density_figure(areas, AREA, switches("a", "b"))
    assert plot is not None
    for rug, values in zip(glyphs(plot, Scatter), areas.values(), strict=True):
        ticks = rug.data_source.data["x"]
        assert len(ticks) <= TICKS
        assert (ticks[0], ticks[-1]) == (values.min(), values.max())


def test_values_that_are_not_there_are_not_drawn() -> None:
    nothing = {"a": np.array([np.nan, np.nan]), "b": np.array([])}
    assert density_figure(nothing, Axis("x"), switches("a", "b")) is None
    plot = density_figure({"a": np.array([0.5, 0.5]), "b": np.array([np.nan])}, Axis("x"), switches("a", "b"))
    assert plot is not None
    assert [len(glyphs(plot, kind)) for kind in (Quad, Line)] == [1, 0]  # equal values have no kernel density


def test_petals_are_the_shares_of_the_rose_both_ways() -> None:
    theta = {"a": np.random.default_rng(0).normal(30, 10, 300), "b": np.array([0.0, 90.0, np.nan])}
    plots = rose_figures(theta, inks(theta, "a"), "a")
    for plot, values in zip(plots, theta.values(), strict=True):
        (petals,) = glyphs(plot, AnnularWedge)
        data, found = petals.data_source.data, rose(values)
        np.testing.assert_array_equal(data["share"], found.shares)
        np.testing.assert_allclose(np.degrees(data["start"]), found.edges[:-1], atol=1e-9)
        half = len(data["span"]) // 2
        assert data["span"][:half] == data["span"][half:]
    assert data["span"][0] == "-90° to -80°"
    assert "R = 0.00, n = 2" in plots[1].title.text


def test_reference_is_outlined_over_the_other_roses_only() -> None:
    theta = {"a": np.array([10.0, 20.0]), "b": np.array([50.0])}
    real, other = rose_figures(theta, inks(theta, "a"), "a")
    assert (len(glyphs(real, Line)), len(glyphs(other, Line))) == (0, 1)
    drawn = glyphs(other, Line)[0].data_source.data
    assert np.hypot(drawn["x"], drawn["y"]).max() == pytest.approx(rose(theta["a"]).shares.max())


def test_round_pores_have_no_rose() -> None:
    assert roses({"a": np.array([np.nan])}) == {}
    assert rose_figures({"a": np.array([])}, inks(["a"]), None) == []


def test_directions_are_written_with_a_sign() -> None:
    assert [degrees(angle) for angle in (-43.2, 0.0, 90.0, np.nan)] == ["−43°", "0°", "90°", "none"]


def test_table_counts_pores_of_all_images_also_of_those_without(whole: dict[str, Characterisation]) -> None:
    held = {name: one.pores for name, one in whole.items() if one.pores is not None}
    html = pore_table(held, inks(held, "coarse"), "coarse")
    for pores in held.values():
        assert f"<b>{pores.count:,}</b>" in html
    lonely = Pores(np.array([3, 3]), {}, 5)
    assert lonely.per_image.values.tolist() == [0, 0, 0, 2, 0]


def test_shapes_are_drawn_of_pores_that_have_one(whole: dict[str, Characterisation]) -> None:
    section = pore_section(whole, Switches(inks(whole, "coarse")), "coarse")
    assert section is not None
    drawn = {
        plot.title.text: sum(len(one.data_source.data["x"]) for one in glyphs(plot, Scatter))
        for part in section.parts
        if not isinstance(part, str)
        for plot in part.select({"type": figure})
        if glyphs(plot, Quad)
    }
    assert set(drawn) == {"pore area", "elongation", "circularity"}
    pores = [one.pores for one in whole.values() if one.pores is not None]
    shaped = sum(len(np.unique(one.properties["elongation"][one.properties["area"] >= SHAPED])) for one in pores)
    assert drawn["elongation"] == shaped


def test_section_of_volumes_has_their_properties() -> None:
    rng = np.random.default_rng(0)
    names = ("equivalent_diameter", "elongation", "flatness", "sphericity", "inclination", "azimuth", "touches_edge")
    properties = {"volume": np.arange(1.0, 61.0), **{name: rng.random(60) for name in names}}
    pores = Pores(np.repeat(np.arange(3), 20), properties, 3)
    one = Characterisation({}, np.full(3, 0.2), (8, 8, 8), 1, "open", pores=pores)
    section = pore_section({"v": one}, switches("v"))
    assert section is not None
    html = "".join(part for part in section.parts if isinstance(part, str))
    assert "volume, voxels" in html
    assert "seen along axis 0" in html
    assert re.search(r"<b>30.5</b>", html)


def test_no_pores_no_section(whole: dict[str, Characterisation]) -> None:
    nothing = Pores(np.zeros(0, np.int64), {"area": np.zeros(0)}, 8)
    one = Characterisation({}, np.zeros(8), (32, 32), 1, "open", pores=nothing)
    assert pore_section({"a": one}, switches("a")) is None
