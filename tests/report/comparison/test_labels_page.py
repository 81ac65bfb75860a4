"""The page on which label images stand beside real ones, phase by phase."""

import io

import numpy as np
import pytest
from PIL import Image
from support.kinds import PHASES, labels
from support.pages import Page

from raysys.assess import LabelComparison, compare_methods
from raysys.data import windows
from raysys.label_colours import label_colours
from raysys.report.comparison.methods_page import methods_page


@pytest.fixture(scope="module")
def comparison() -> LabelComparison:
    numbers = np.searchsorted([0, 128, 255], labels((64, 64))).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 3, (6, 16, 16), np.uint8)
    real = windows(numbers, 16, 16)
    return compare_methods(real, {"noise": noise}, phases=PHASES, descriptors="S2,L,specific_surface", power="none")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, comparison: LabelComparison) -> Page:
    path = tmp_path_factory.mktemp("labels") / "page.html"
    methods_page(path, comparison, title="three phases")
    return Page(path)


def test_every_phase_has_its_verdicts_errors_curves_and_pores(page: Page, comparison: LabelComparison):
    said = [attrs["data-verdict"] for _, attrs in page.tags if "data-verdict" in attrs]
    assert said == list(comparison.sentences)
    titles = page.titles()
    assert titles[:3] == ["Verdicts", "Images", "Errors against the reference"]
    assert titles[-2:] == ["Methods and time", "Protocol"]
    for phase in PHASES:
        assert {f"{phase}: Correlation functions", f"{phase}: Pores", f"{phase}: Numbers of each image"} <= set(titles)
    assert "Each phase was measured as 1, and all the others together as 0." in page.text


def test_the_table_has_a_row_for_each_phase_and_descriptor(page: Page, comparison: LabelComparison):
    found, place = {}, {}
    for _, attrs in page.tags:
        place |= {name: attrs[name] for name in ("data-phase", "data-descriptor") if name in attrs}
        if "data-mse" in attrs:
            found[place["data-phase"], attrs["data-set"], place["data-descriptor"]] = float(attrs["data-mse"])
    assert found == {(row["phase"], row["set"], row["descriptor"]): row["mse"] for row in comparison.rows()}


def test_images_are_shown_in_the_colours_of_their_phases(page: Page, comparison: LabelComparison):
    shown = np.asarray(Image.open(io.BytesIO(page.pictures()["real 0"])).convert("RGB"))
    np.testing.assert_array_equal(shown, label_colours(3)[comparison.images["real"][0]])
    fractions = ", ".join(
        f"{phase} {one.characterisations['noise'].phase_fraction:.4f}" for phase, one in comparison.phases.items()
    )
    assert f"6 images · 16 × 16 pixels · phase fractions {fractions}" in page.text
