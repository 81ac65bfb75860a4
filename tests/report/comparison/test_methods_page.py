"""The page on which methods stand against each other, and the lineal path from near."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.pages import Page

from raysys import RaysysError
from raysys.assess import Comparison, Method
from raysys.assess.methods.set_comparison import compared
from raysys.report.comparison.methods_page import methods_page
from raysys.report.descriptors.lineal_path_zoom import flat_part, long_lines
from raysys.report.descriptors.series import Series, of_curve
from raysys.stats import Baseline, Characterisation, Distance, compare

REAL = "real <rock>"


def test_the_flat_part_and_long_lines_are_measured_from_the_reference():
    r, mean = np.arange(6.0), np.array([0.5, 0.2, 0.05, 0.02, 0.01, 0.0])
    real = Series("L", r, mean, 0.9 * mean, 1.1 * mean)
    twice = Series("L", r, 2 * mean, 1.9 * mean, 2.1 * mean)
    assert flat_part(real) == (2.0, 4.0)
    assert long_lines(twice.at(r >= 2), real.at(r >= 2)) == (pytest.approx(2), pytest.approx(3 / 4))
    assert long_lines(real, real) == (1.0, 0.0)


@pytest.fixture(scope="module")
def comparison(
    images: dict[str, np.ndarray],
    whole: dict[str, Characterisation],
    apart: dict[str, list[Distance]],
    baseline: dict[str, Baseline],
) -> Comparison:
    methods = {
        "GAN & Co": Method("model", "models:/gan/1", training=7200.0, per_image=0.03, told="seeds 0 to 11"),
        "coarse": Method("annealed", "folder", asked=("S2", "P4"), per_image=3.0),
    }
    sets = vars(compared(whole, REAL, baseline, None))
    told = {"notes": ("a note",), "band": "Band: made by hand."}
    return Comparison(**sets, methods=methods, images=images, distances=apart, **told)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, comparison: Comparison) -> Page:
    path = tmp_path_factory.mktemp("methods") / "page.html"
    methods_page(path, comparison, title="t")
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
    assert "Band: made by hand." in page.text
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


def test_a_set_that_nobody_says_how_it_was_made_is_refused(tmp_path: Path, comparison: Comparison):
    unknown = replace(comparison, methods={"coarse": comparison.methods["coarse"]})
    with pytest.raises(RaysysError, match="was not told how 'GAN & Co' was made; told: coarse"):
        methods_page(tmp_path / "p.html", unknown, title="t")
    with pytest.raises(RaysysError, match="needs the set 'real <rock>' and another one"):
        methods_page(tmp_path / "p.html", replace(comparison, errors={}), title="t")
    assert not list(tmp_path.iterdir())
