"""Galleries, curves and the sweep's figures: what is drawn is what was given."""

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from bokeh.models import GlyphRenderer, Legend, Line, Tabs, VArea
from PIL import Image

from raysys import RaysysError
from raysys.report import Trial
from raysys.report.descriptors.directions import direction_figures, lines_of
from raysys.report.descriptors.figures import curve_sheets
from raysys.report.descriptors.groups import axes_of, grouped
from raysys.report.elements.gallery import DARK, LIGHT, gallery
from raysys.report.elements.palette import inks
from raysys.report.elements.strips import strip_figure
from raysys.report.elements.switches import Switches
from raysys.report.sweeps.parallel import axis_of, parallel_figure
from raysys.report.sweeps.trials import best_so_far, ranked, trial_table
from raysys.stats import Characterisation

Make = Callable[..., Trial]


def pictures(html: str) -> list[np.ndarray]:
    """Decode the images of a gallery, (H, W, 3) uint8 each."""
    held = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(one))).convert("RGB")) for one in held]


@pytest.mark.parametrize("phase", [0, 1])
def test_phase_of_interest_is_dark(phase: int) -> None:
    image = np.array([[0, 1], [1, 1]], dtype=np.uint8)
    (drawn,) = pictures(gallery(image[None], phase=phase))
    assert (drawn[image == phase] == DARK).all()
    assert (drawn[image != phase] == LIGHT).all()


def test_image_without_the_phase_is_light() -> None:
    (drawn,) = pictures(gallery(np.zeros((1, 3, 3), np.uint8)))
    assert (drawn == LIGHT).all()


def test_grey_volumes_keep_their_values_and_show_the_middle_slice_across_each_axis() -> None:
    volume = np.linspace(0, 1, 5 * 4 * 6, dtype=np.float32).reshape(1, 5, 4, 6)
    html = gallery(volume, name="v")
    grey = np.rint(255 * volume[0])
    for drawn, slice_ in zip(pictures(html), (grey[2], grey[:, 2], grey[:, :, 3]), strict=True):
        np.testing.assert_array_equal(drawn[..., 0], slice_)
    assert re.findall(r'alt="([^"]+)"', html) == [f"v 0, across axis {axis}" for axis in range(3)]


def test_volumes_share_the_places_of_a_row() -> None:
    assert len(pictures(gallery(np.zeros((9, 4, 4, 4), np.uint8), count=8))) == 2 * 3


def test_images_are_taken_evenly_and_large_ones_are_reduced() -> None:
    html = gallery(np.zeros((100, 2, 2), np.uint8), count=3, name="a")
    assert re.findall(r'alt="([^"]+)"', html) == ["a 0", "a 50", "a 99"]
    assert pictures(gallery(np.zeros((1, 600, 1200), np.uint8)))[0].shape == (256, 512, 3)


def test_empty_set_is_refused() -> None:
    with pytest.raises(RaysysError, match=r"shape \(0, 4, 4\)"):
        gallery(np.zeros((0, 4, 4), np.uint8))


def sheets(characterisations: dict[str, Characterisation], names: tuple[str, ...]) -> tuple[Switches, Tabs]:
    """Draw some descriptors with "coarse" as the reference."""
    switches = Switches(inks(characterisations, "coarse"))
    tabs = curve_sheets(characterisations, names, switches, "coarse")
    assert isinstance(tabs, Tabs)
    return switches, tabs


def drawn(tabs: Tabs, glyph: type, sheet: int | None = None) -> list[GlyphRenderer]:
    within = tabs if sheet is None else tabs.tabs[sheet]
    return [one for one in within.select({"type": GlyphRenderer}) if isinstance(one.glyph, glyph)]


def test_raw_scaled_and_difference_show_every_set_and_descriptor(whole: dict[str, Characterisation]) -> None:
    _, tabs = sheets(whole, ("S2", "P3H", "P4"))
    assert [tab.title for tab in tabs.tabs] == ["Scaled", "Scaled, less the reference", "Raw"]
    assert len(drawn(tabs, Line)) == len(drawn(tabs, VArea)) == 3 * 3 * 3  # tabs, descriptors, sets
    found = {(str(one.data_source.data["set"][0]), len(one.data_source.data["r"])) for one in drawn(tabs, Line)}
    assert {name for name, _ in found} == set(whole)


def test_curves_and_bands_are_those_of_the_statistics(whole: dict[str, Characterisation]) -> None:
    _, tabs = sheets(whole, ("S2",))
    scaled = {name: one.scaled()["S2"] for name, one in whole.items()}
    raw = {name: one.curves["S2"] for name, one in whole.items()}
    for sheet, curves in ((0, scaled), (2, raw)):
        for one in drawn(tabs, Line, sheet):
            data = one.data_source.data
            curve = curves[data["set"][0]]
            np.testing.assert_array_equal(data["mean"], curve.mean)
            np.testing.assert_array_equal([data["low"], data["high"]], curve.band)
    for one in drawn(tabs, Line, 1):
        data = one.data_source.data
        np.testing.assert_array_equal(data["mean"], scaled[data["set"][0]].mean - scaled["coarse"].mean)


def test_functions_without_a_scaling_are_shown_as_they_are(whole: dict[str, Characterisation]) -> None:
    _, tabs = sheets(whole, ("L", "C2"))
    assert [tab.title for tab in tabs.tabs] == ["As measured", "Less the reference"]


def test_descriptors_stand_in_their_groups_under_their_own_variables(whole: dict[str, Characterisation]) -> None:
    names = [*whole["coarse"].curves, "S2_radial", "pore_size", "L_axis2", "something new"]
    assert grouped(names) == {
        "correlation": ["S2", "P3H", "P4", "S2_radial"],
        "lines": ["L", "C2", "something new"],
        "directions": ["S2_axis0", "S2_axis1", "L_axis2"],
        "sizes": ["chord_length", "pore_size"],
    }
    assert [axes_of(name, name).variable for name in ("S2", "chord_length", "pore_size")] == ["r", "z", "δ"]
    assert axes_of("P3H", "F3H").y == "F₃H(r)"


def test_directions_stand_beside_their_mean_scaled(whole: dict[str, Characterisation]) -> None:
    one = whole["coarse"]
    lines = lines_of("S2", one)
    assert list(lines) == ["mean", "axis 0, vertical", "axis 1, horizontal"]
    scaled = one.scaled()
    for (series, _), name in zip(lines.values(), ("S2", "S2_axis0", "S2_axis1"), strict=True):
        np.testing.assert_array_equal(series.mean, scaled[name].mean)
    (row,) = direction_figures(whole, ["S2_axis0", "S2_axis1"])
    assert len(list(row.select({"type": Legend}))) == len(whole)


def test_legend_hides_a_set_in_every_figure(whole: dict[str, Characterisation]) -> None:
    switches, _ = sheets(whole, ("S2", "L"))
    first, second = switches.legend(), switches.legend()
    assert first is not None
    assert second is not None
    switches.connect()
    (legend,) = first.select({"type": Legend})
    (again,) = second.select({"type": Legend})
    assert legend.click_policy == "hide"
    assert [item.label.value for item in legend.items] == list(switches.ink)
    for item, other in zip(legend.items, again.items, strict=True):
        # Line and band, tabs, descriptors; and the key of the other legend, which leads back.
        assert len(item.renderers[0].js_property_callbacks["change:visible"]) == 2 * 3 * 2 + 1
        assert len(other.renderers[0].js_property_callbacks["change:visible"]) == 1


def test_one_set_needs_no_legend(whole: dict[str, Characterisation]) -> None:
    switches = Switches(inks(["a"], "a"))
    assert switches.legend() is None
    switches.connect()


def test_every_image_with_a_value_is_a_dot(characterisations: dict[str, Characterisation]) -> None:
    numbers = {name: one.fraction_scalar for name, one in characterisations.items()}
    numbers["coarse"] = replace(numbers["coarse"], values=np.append(numbers["coarse"].values, np.nan))
    plot = strip_figure(numbers, inks(characterisations), "phase fraction")
    dots = sorted(len(one.data_source.data["x"]) for one in plot.renderers if "x" in one.data_source.data)
    assert dots[-3:] == [8, 12, 12]


def test_best_so_far_never_rises(make_trial: Make) -> None:
    trials = [make_trial(i, objective) for i, objective in enumerate([3.0, None, 5.0, 1.0, float("nan"), 2.0])]
    numbers, best = best_so_far(trials[::-1])
    assert numbers.tolist() == [0, 2, 3, 5]
    assert best.tolist() == [3, 3, 1, 1]


def test_trials_are_ranked_by_objective_and_those_without_come_last(make_trial: Make) -> None:
    trials = [make_trial(0, None), make_trial(1, 2.0), make_trial(2, float("nan")), make_trial(3, 1.0)]
    assert [trial.number for trial in ranked(trials)] == [3, 1, 0, 2]


def test_long_tables_of_trials_fold(make_trial: Make) -> None:
    html = trial_table([make_trial(i, 1.0 + i, norm="<b>") for i in range(20)])
    assert html.count("<tr>") == 20 + 2
    assert "<summary>5 more trials</summary>" in html
    assert "&lt;b&gt;" in html


def test_axes_over_decades_are_logarithmic() -> None:
    decades = [1e-5, 1e-4, 1e-3, 1e-2]
    axis = axis_of("lr", decades)
    assert axis.kind == "log"
    np.testing.assert_allclose([axis.place(value) for value in decades], [0, 1 / 3, 2 / 3, 1])
    assert axis_of("dropout", list(np.linspace(0.003, 0.3, 30))).kind == "linear"
    assert axis_of("shift", [-1.0, 1000.0]).kind == "linear"


def test_axes_of_words_and_of_one_value_have_a_place_for_them() -> None:
    words = axis_of("norm", ["batch", "none", "batch"])
    assert [words.place(word) for word in ("batch", "none")] == [0, 1]
    assert axis_of("width", [64.0, 64.0]).ticks() == [(0.5, "64")]


def test_parallel_coordinates_draw_the_best_last(make_trial: Make) -> None:
    trials = [make_trial(i, objective, lr=10.0**-i, norm="a") for i, objective in enumerate([0.3, 0.1, 0.2, None])]
    plot = parallel_figure(trials)
    assert plot is not None
    data = plot.renderers[0].data_source.data
    assert data["number"] == [0, 2, 1]
    assert data["ys"][-1] == [0.5, 0.5, 0.0]
    assert parallel_figure(trials[:1]) is None
