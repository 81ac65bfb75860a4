"""What sentences say of given errors, as plain text and as HTML."""

import math
import re

import numpy as np
import pytest

from raysys.assess import Comparison, Method
from raysys.assess.methods.sentences import number_name
from raysys.assess.methods.set_comparison import compared
from raysys.report.elements.notation import HTML
from raysys.stats import Baseline, Characterisation, characterise, compare

REAL = "real <rock>"
BAND = Baseline(2e-6, 1e-6, 4e-6)
HIGHER = ("P3H", "P4")
METHODS = {
    "gan": Method("model", "models:/gan/1", training=3600.0, per_image=0.5),
    "s2": Method("annealed", "s2", asked=("S2",), per_image=2.5),
    "more": Method("annealed", "more", asked=("S2", "L"), per_image=math.nan),
}


@pytest.fixture(scope="module")
def real(images: dict[str, np.ndarray]) -> Characterisation:
    return characterise(images[REAL], ("S2", *HIGHER, "L"))


def given(real: Characterisation, errors: dict[str, dict[str, float]], baseline: Baseline | None = BAND) -> Comparison:
    """A comparison of errors that are given by hand."""
    bands = dict.fromkeys(real.curves, baseline) if baseline else {}
    return Comparison("real", {"real": real}, errors, bands, {}, methods=METHODS)


def sentences(
    real: Characterisation, errors: dict[str, dict[str, float]], baseline: Baseline | None = BAND
) -> dict[str, str]:
    """What is said of them."""
    return given(real, errors, baseline).sentences


def everywhere(error: float, **but: float) -> dict[str, float]:
    return dict.fromkeys(("S2", *HIGHER, "L"), error) | but


def test_a_sentence_places_every_set_and_names_the_nearest_with_its_factor(real: Characterisation):
    told = sentences(real, {"gan": everywhere(2e-6), "s2": everywhere(8e-4), "more": everywhere(5e-7)})
    assert told["P4"] == (
        "P4: gan lies inside the band; more lies within the band, below its lower end; s2 lies outside the band, at "
        "200 times its upper end. more is the nearest, by a factor of 1,600 against s2. Between gan and more chance "
        "decides."
    )


def test_sets_outside_the_band_that_hardly_differ_are_called_equally_near(real: Characterisation):
    told = sentences(real, {"gan": everywhere(8.8e-4), "s2": everywhere(8e-4), "more": everywhere(4e-3)})
    assert told["L"].endswith(
        "s2 is the nearest, by a factor of 5.0 against more. s2 and gan are equally near, within a factor of 1.5."
    )
    told = sentences(real, {"gan": everywhere(8.8e-4), "s2": everywhere(8e-4)})
    assert told["L"].endswith("times its upper end. s2 and gan are equally near, within a factor of 1.5.")


def test_without_a_band_only_factors_are_told(real: Characterisation):
    told = sentences(real, {"gan": everywhere(2e-6), "s2": everywhere(8e-6)}, baseline=None)
    assert told["S2"].count("no band to judge by") == 2
    assert told["S2"].endswith("gan is the nearest, by a factor of 4.0 against s2.")


@pytest.mark.parametrize(
    ("annealed", "verdict", "numbers"),
    [
        ({"P3H": 2e-4, "P4": 2e-3}, "holds for gan against s2", "100 (P3H) to 1,000 (P4), 2.0 to 3.0 orders"),
        ({"P3H": 2e-5, "P4": 2e-3}, "holds in part for gan against s2 (in P4, not in P3H)", "10 (P3H) to 1,000 (P4)"),
        ({"P3H": 2e-5, "P4": 2e-5}, "cannot be seen for gan against s2", "factors of 10 (P3H), 1.0 orders"),
        ({"P3H": 1e-6, "P4": 2e-7}, "cannot be seen for gan against s2", "larger, by factors of 2.0 (P3H) to 10 (P4)"),
    ],
)
def test_the_published_claim_is_told_by_higher_orders_alone(
    real: Characterisation, annealed: dict[str, float], verdict: str, numbers: str
):
    claim = sentences(real, {"gan": everywhere(2e-6), "s2": everywhere(1.0, **annealed)})["claim"]
    assert verdict in claim
    assert numbers in claim


def test_what_so_many_images_could_not_have_shown_is_said(real: Characterisation):
    errors = {"gan": everywhere(2e-6), "s2": everywhere(2e-5)}  # only ten times the median of real against real
    assert sentences(real, errors)["claim"].endswith(
        "In P3H and P4 so many images could not have shown it: real ones are themselves no more than 10 times nearer."
    )


def test_annealing_on_more_is_set_against_s2_alone_and_against_the_model(real: Characterisation):
    errors = {"gan": everywhere(2e-6), "s2": everywhere(4e-4), "more": everywhere(8e-6, L=3e-6, P4=8e-4)}
    told = sentences(real, errors)["annealed"]
    assert "nearer in S2 (50 times), P3H (50 times) and L (130 times); further in P4 (2.0 times)" in told
    assert "It closes the gap to gan in 1 of 4 descriptors (L); in the others gan is nearer, by up to 400 times" in told
    assert "annealed" not in sentences(real, {"gan": everywhere(2e-6), "s2": everywhere(4e-4)})


def test_times_are_ratios_and_a_training_is_counted_in_images(real: Characterisation):
    told = sentences(real, {"gan": everywhere(2e-6), "s2": everywhere(4e-4), "more": everywhere(1e-6)})["time"]
    assert "gan makes an image in 500 ms; s2 takes 2.5 s of one core, 5.0 times as long." in told
    assert "training took 1 h 0 min, the time of 1,800 images of s2" in told
    assert "more" not in told


def test_a_copy_lies_within_the_band_and_white_noise_outside(
    images: dict[str, np.ndarray], real: Characterisation, baseline: dict[str, Baseline]
):
    noise = (np.random.default_rng(0).random(images[REAL].shape) < real.phase_fraction).astype(np.uint8)
    measured = {"real": real, "gan": characterise(images[REAL], tuple(real.curves))}
    measured["s2"] = characterise(noise, tuple(real.curves))
    found = Comparison(**vars(compared(measured, "real", baseline, None)), methods=METHODS).sentences
    for name in real.curves:
        told = found[name]
        assert "gan lies within the band" in told
        times = compare(real, measured["s2"])[name] / baseline[name].high
        assert times > 1
        assert re.search(r"s2 lies outside the band, at ([\d.,]+) times", told)[1] == f"{float(f'{times:.2g}'):,g}"
        assert "gan is the nearest, without any error" in told


def test_html_has_the_same_words_with_bold_names_and_raised_powers(real: Characterisation):
    found = given(real, {"gan": everywhere(2e-6), "s2": everywhere(2.0), "more": everywhere(5e-7)})
    html = found.told(HTML)
    assert html["P4"].startswith("<i>P</i><sub>4</sub>: <b>gan</b> lies inside the band; <b>more</b> lies within")
    assert "at 5 × 10<sup>5</sup> times its upper end" in html["P4"]
    assert "than annealing on S<sub>2</sub> alone, <b>holds</b> for <b>gan</b> against <b>s2</b>" in html["claim"]
    plain = {name: re.sub(r"<sup>(.*?)</sup>", r"^\1", sentence) for name, sentence in html.items()}
    assert {name: re.sub("<[^>]*>", "", sentence) for name, sentence in plain.items()} == found.sentences


def test_names_are_escaped_in_html_alone(real: Characterisation):
    one = Comparison("real", {"real": real}, {"<b>": everywhere(1e-6)}, {}, {}, methods={"<b>": METHODS["gan"]})
    assert one.sentences["S2"].startswith("S2: <b> cannot be judged")
    assert "<b>&lt;b&gt;</b> cannot be judged" in one.told(HTML)["S2"]


def test_numbers_are_named_in_words():
    assert [number_name(name) for name in ("phase_fraction", "pores/equivalent_diameter")] == [
        "phase fraction", "pore equivalent diameter",
    ]  # fmt: skip
