"""Methods against each other: what sentences say of given errors, and what the page holds."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from support.pages import Page

from raysys import RaysysError
from raysys.assess.methods.comparison import Comparison, compared
from raysys.assess.methods.method import Method
from raysys.report.comparison.methods_page import methods_page
from raysys.report.comparison.sentences import as_plain, verdict_sentences
from raysys.report.descriptors.lineal_path_zoom import flat_part, long_lines
from raysys.report.descriptors.series import Series, of_curve
from raysys.stats import Baseline, Characterisation, Distance, characterise, compare

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


def sentences(
    real: Characterisation, errors: dict[str, dict[str, float]], baseline: Baseline | None = BAND
) -> dict[str, str]:
    """What is said of errors that are given by hand."""
    bands = dict.fromkeys(real.curves, baseline) if baseline else {}
    one = Comparison("real", {"real": real}, errors, bands, {})
    return {key: as_plain(text) for key, text in verdict_sentences(one, METHODS, {}).items()}


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
        ({"P3H": 2e-5, "P4": 2e-5}, "does not hold for gan against s2", "factors of 10 (P3H), 1.0 orders"),
        ({"P3H": 1e-6, "P4": 2e-7}, "does not hold for gan against s2", "larger, by factors of 2.0 (P3H) to 10 (P4)"),
    ],
)
def test_the_published_claim_is_judged_by_higher_orders_alone(
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
    found = verdict_sentences(compared(measured, "real", baseline, None), METHODS, {})
    for name in real.curves:
        told = as_plain(found[name])
        assert "gan lies within the band" in told
        times = compare(real, measured["s2"])[name] / baseline[name].high
        assert times > 1
        assert re.search(r"s2 lies outside the band, at ([\d.,]+) times", told)[1] == f"{float(f'{times:.2g}'):,g}"
        assert "gan is the nearest, without any error" in told


def test_plain_sentences_have_no_tags():
    assert as_plain("<b>a &amp; b</b>: 1.2 × 10<sup>−3</sup>") == "a & b: 1.2 × 10^−3"


def test_the_flat_part_and_long_lines_are_measured_from_the_reference():
    r, mean = np.arange(6.0), np.array([0.5, 0.2, 0.05, 0.02, 0.01, 0.0])
    real = Series("L", r, mean, 0.9 * mean, 1.1 * mean)
    twice = Series("L", r, 2 * mean, 1.9 * mean, 2.1 * mean)
    assert flat_part(real) == (2.0, 4.0)
    assert long_lines(twice.at(r >= 2), real.at(r >= 2)) == (pytest.approx(2), pytest.approx(3 / 4))
    assert long_lines(real, real) == (1.0, 0.0)


@pytest.fixture(scope="module")
def page(
    tmp_path_factory: pytest.TempPathFactory,
    images: dict[str, np.ndarray],
    whole: dict[str, Characterisation],
    apart: dict[str, list[Distance]],
    baseline: dict[str, Baseline],
) -> Page:
    path = tmp_path_factory.mktemp("methods") / "page.html"
    methods = {
        "GAN & Co": Method("model", "models:/gan/1", training=7200.0, per_image=0.03, told="seeds 0 to 11"),
        "coarse": Method("annealed", "folder", asked=("S2", "P4"), per_image=3.0),
    }
    methods_page(
        path,
        title="t",
        images=images,
        characterisations=whole,
        reference=REAL,
        methods=methods,
        baseline=baseline,
        distances=apart,
        notes=["a note"],
    )
    return Page(path)


def test_the_page_has_every_set_a_verdict_for_every_descriptor_and_all_parts(
    page: Page, whole: dict[str, Characterisation]
):
    assert all(name in page.text for name in whole)
    said = [attrs["data-verdict"] for _, attrs in page.tags if "data-verdict" in attrs]
    assert said == [*whole[REAL].curves, "pores/area", "pores/orientation", "annealed", "time"]
    parts = [
        "Verdicts",
        "Images",
        "Errors against the reference",
        "Lineal path, from near",
        "Pores",
        "Methods and time",
    ]
    assert [title for title in page.titles() if title in parts] == parts
    assert "a note" in page.text
    assert "seeds 0 to 11" in page.text
    assert "2 h 0 min" in page.text


def test_errors_on_the_page_are_those_of_compare(page: Page, whole: dict[str, Characterisation]):
    others = {name: one for name, one in whole.items() if name != REAL}
    assert page.errors() == {
        (name, descriptor): error
        for name, one in others.items()
        for descriptor, error in compare(whole[REAL], one).items()
    }


def test_the_lineal_path_is_told_for_every_set(page: Page, whole: dict[str, Characterisation]):
    real, coarse = (of_curve(whole[name].curves["L"]) for name in (REAL, "coarse"))
    first, last = flat_part(real)
    times, _ = long_lines(
        coarse.at((coarse.r >= first) & (coarse.r <= last)), real.at((real.r >= first) & (real.r <= last))
    )
    assert times > 1
    assert f"coarse : from r = {first:g} to {last:g} pixels L is" in page.spaced


def test_a_set_that_nobody_says_how_it_was_made_is_refused(tmp_path: Path, whole: dict[str, Characterisation]):
    given = {"title": "t", "images": {}, "characterisations": whole, "reference": REAL}
    with pytest.raises(RaysysError, match="was not told how 'GAN & Co' was made; told: coarse"):
        methods_page(tmp_path / "p.html", **given, methods={"coarse": METHODS["s2"]})
    with pytest.raises(RaysysError, match="needs the set 'true' and another one"):
        methods_page(tmp_path / "p.html", **{**given, "reference": "true"}, methods={})
    assert not list(tmp_path.iterdir())
