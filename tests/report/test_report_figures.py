"""Galleries, curves and the sweep's figures: what is drawn is what was given."""

import base64
import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from bokeh.models import GlyphRenderer, Legend, Line, VArea
from PIL import Image

from raysys import RaysysError
from raysys.report import Trial
from raysys.report.figures import curve_tabs, phase_fraction_figure
from raysys.report.gallery import DARK, LIGHT, gallery
from raysys.report.palette import inks
from raysys.report.parallel import axis_of, parallel_figure
from raysys.report.trials import best_so_far, ranked, trial_table
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


def test_grey_images_keep_their_values_and_volumes_show_the_middle_slice() -> None:
    volume = np.linspace(0, 1, 5 * 4 * 4, dtype=np.float32).reshape(1, 5, 4, 4)
    (drawn,) = pictures(gallery(volume))
    np.testing.assert_array_equal(drawn[..., 0], np.rint(255 * volume[0, 2]))


def test_images_are_taken_evenly_and_large_ones_are_reduced() -> None:
    html = gallery(np.zeros((100, 2, 2), np.uint8), count=3, name="a")
    assert re.findall(r'alt="([^"]+)"', html) == ["a 0", "a 50", "a 99"]
    assert pictures(gallery(np.zeros((1, 600, 1200), np.uint8)))[0].shape == (256, 512, 3)


def test_empty_set_is_refused() -> None:
    with pytest.raises(RaysysError, match=r"shape \(0, 4, 4\)"):
        gallery(np.zeros((0, 4, 4), np.uint8))


def test_raw_scaled_and_difference_show_every_set_and_descriptor(
    characterisations: dict[str, Characterisation],
) -> None:
    tabs = curve_tabs(characterisations, inks(characterisations, "coarse"), "coarse")
    lines = [one for one in tabs.select({"type": GlyphRenderer}) if isinstance(one.glyph, Line)]
    curves = [one for one in lines if "set" in one.data_source.data]
    bands = [one for one in tabs.select({"type": GlyphRenderer}) if isinstance(one.glyph, VArea)]
    assert len(curves) == len(bands) == 3 * 4 * 3  # tabs, descriptors, sets
    raw = [one.data_source.data for one in curves if np.array_equal(_mean(one), _s2(characterisations["GAN & Co"]))]
    assert [data["set"][0] for data in raw] == ["GAN & Co"]


def _mean(renderer: GlyphRenderer) -> np.ndarray:
    return np.asarray(renderer.data_source.data["mean"])


def _s2(one: Characterisation) -> np.ndarray:
    return one.curves["S2"].mean


def test_legend_hides_a_set_in_every_figure(characterisations: dict[str, Characterisation]) -> None:
    tabs = curve_tabs(characterisations, inks(characterisations, "coarse"), "coarse")
    (legend,) = tabs.select({"type": Legend})
    assert legend.click_policy == "hide"
    assert [item.label.value for item in legend.items] == list(characterisations)
    for item in legend.items:
        (key,) = item.renderers
        linked = key.js_property_callbacks["change:visible"]
        assert len(linked) == 2 * 3 * 4  # line and band, tabs, descriptors


def test_phase_fractions_are_drawn_for_every_image(characterisations: dict[str, Characterisation]) -> None:
    plot = phase_fraction_figure(characterisations, inks(characterisations))
    drawn = sorted(len(one.data_source.data["x"]) for one in plot.renderers if "x" in one.data_source.data)
    assert drawn[-3:] == [8, 12, 12]


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
