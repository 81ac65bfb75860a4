"""The published statements: all there, all testable by measures that exist, and judged as constructed images demand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from raysys import RaysysError
from raysys.assess.autoencoding import MEASURES, Assessment, assess
from raysys.assess.autoencoding.statements import (
    MARGINS,
    Claim,
    Statement,
    judged,
    published_statements,
    statement_rows,
)
from raysys.data.micro2d import CLASSES, micro2d_like

MODELS = ("MSE", "MSE-CESS", "CESS-finetune", "CESS-50x50-finetune", "Style")
WANTED = ("edge_gradient", "corner_index", "mid_grey", "hallucinated_share", "interface")


@pytest.fixture(scope="module")
def originals() -> np.ndarray:
    return micro2d_like("VoronoiSmall", range(8), seed=1, size=64)[0]


def blurred(images: np.ndarray, sigma: float) -> Assessment:
    """What is measured of images blurred around their edges."""
    grey = np.stack([gaussian_filter(image.astype(np.float32), sigma, mode="wrap") for image in images])
    return assess(grey, images, window=12, measures=WANTED)


def of(*words: str, model: str = "MSE") -> Statement:
    return Statement("VoronoiSmall", model, "", "", tuple(map(Claim.read, words)))


def test_ten_classes_and_five_models_are_spoken_of_and_every_test_can_be_made():
    statements = published_statements()
    assert [(one.kind, one.model) for one in statements] == [(c, m) for c in _places() for m in MODELS]
    assert {one.kind for one in statements} == set(CLASSES)
    for one in statements:
        assert one.place == _places()[one.kind]
        assert one.tests
        for test in one.tests:
            assert test.measure in MEASURES
            assert test.verb in MARGINS
            assert test.other in (None, *MODELS)
            assert test.other != one.model


def _places() -> dict[str, str]:
    """In the supplement's order."""
    names = ("VoronoiSmall", "GRF", "VoronoiMediumSpaced", "VoidSmallBig", "VoronoiLarge", "AngEllipse",
             "RandomEllipse", "VoidSmall", "VoronoiMedium", "NBSA")  # fmt: skip
    return {name: f"1.3.{place}" for place, name in enumerate(names, start=1)}


def test_a_sharper_model_agrees_and_a_softer_one_contradicts(originals: np.ndarray):
    run = {name: {"VoronoiSmall": blurred(originals, sigma)} for name, sigma in {"MSE": 2.5, "Style": 1.0}.items()}
    sharper, softer = (of(f"edge_gradient {way} than MSE", model="Style") for way in ("higher", "lower"))
    nearer = of("edge_gradient nearer than MSE", "corner_index nearer than MSE", model="Style")
    rounded = of("corner_index ratio below 0.85", "mid_grey above 0.03")
    mixed = of("edge_gradient higher than MSE", "mid_grey below 0.03", model="Style")
    like = of("edge_gradient like MSE", model="Style")
    verdicts = [one.verdict for one in judged([sharper, softer, nearer, rounded, mixed, like], [run])]
    assert verdicts == ["agrees", "contradicts", "agrees", "agrees", "agrees in part", "contradicts"]


def test_margins_are_differences_of_means_in_the_measures_unit(originals: np.ndarray):
    soft, sharp = blurred(originals, 2.5), blurred(originals, 1.0)
    edges = [float(one.values["edge_gradient"].mean()) for one in (sharp, soft)]
    (judgement,) = judged([of("edge_gradient higher than MSE", model="Style")],
                          [{"MSE": {"VoronoiSmall": soft}, "Style": {"VoronoiSmall": sharp}}])  # fmt: skip
    (finding,) = judgement.findings
    assert finding.mean == pytest.approx(edges[0] - edges[1])
    paired = sharp.values["edge_gradient"] - soft.values["edge_gradient"]
    # Of the same images drawn anew: the standard error of a paired mean, as far as 100 draws tell.
    assert finding.error == pytest.approx(paired.std() / np.sqrt(len(paired)), rel=0.3)
    assert np.isnan(finding.spread)


def test_seeds_that_disagree_decide_nothing(originals: np.ndarray):
    soft, sharp = ({"VoronoiSmall": blurred(originals, sigma)} for sigma in (2.0, 1.0))
    claim = of("edge_gradient higher than MSE", model="Style")
    one, other = {"MSE": soft, "Style": sharp}, {"MSE": sharp, "Style": soft}
    (judgement,) = judged([claim], [one, other])
    assert judgement.verdict == "undecided"
    assert judgement.findings[0].mean == pytest.approx(0, abs=1e-12)
    (alone,), (twice,) = (judged([claim], runs) for runs in ([one], [one, one]))
    assert (alone.verdict, twice.verdict, twice.findings[0].spread) == ("agrees", "agrees", 0)


def test_few_images_decide_nothing_however_clear_they_are(originals: np.ndarray):
    found = {count: {"MSE": {"VoronoiSmall": blurred(originals[:count], 2.0)}} for count in (1, 4, 5)}
    verdicts = {count: judged([of("mid_grey above 0.03")], [run])[0].verdict for count, run in found.items()}
    assert verdicts == {1: "undecided", 4: "undecided", 5: "agrees"}


def test_what_was_not_trained_or_not_measured_is_not_testable(originals: np.ndarray):
    run = {"MSE": {"VoronoiSmall": blurred(originals, 1.0)}}
    claims = [
        of("edge_gradient lower than Style"),
        of("streaked_share above 0.02"),
        of("mid_grey above 0.03", model="Style"),
    ]
    assert [one.verdict for one in judged(claims, [run])] == ["not testable"] * 3
    assert {row["verdict"] for row in statement_rows(judged(published_statements(), []))} == {"not testable"}


def test_a_test_of_another_form_is_refused():
    with pytest.raises(RaysysError, match="test 'edge_gradient better than MSE' is none of the forms"):
        Claim.read("edge_gradient better than MSE")
