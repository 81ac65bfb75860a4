"""Distances and numbers per image: verdicts and words follow from the bands."""

from dataclasses import replace

import numpy as np
import pytest

from raysys.report.descriptors.distances import distance_section, distances_in_words, taken
from raysys.report.descriptors.scalars import scalar_figures, scalar_names, scalar_table
from raysys.report.elements.palette import inks
from raysys.stats import Baseline, Characterisation, Distance, Estimate, Scalar

BAND = {measure: Baseline(0.1, 0.05, 0.2) for measure in ("kl", "w1", "ks", "hellinger")}


def distance(name: str = "pores/area", **values: float) -> Distance:
    measures = {one: Estimate(values.get(one, 0.1), 0.01, 0.08, 0.12) for one in BAND}
    protocol = {"phase": "1", "bins": "50", "rule": "add_0.1"}
    return Distance(name, measures, BAND, 0.5, 100, 90, protocol)


def test_a_set_without_a_verdict_has_no_words() -> None:
    nan = float("nan")
    assert distances_in_words([replace(distance(), baseline=dict.fromkeys(BAND, Baseline(nan, nan, nan)))]) == ""


def test_words_name_what_tells_the_sets_apart() -> None:
    few = [distance("phase_fraction"), distance("pores/area", ks=1.0)]
    assert distances_in_words(few) == "Of the 2 distributions of its numbers, it is told by pore area."
    many = [distance(f"number_{i}", ks=0.3 + i) for i in range(4)]
    assert distances_in_words(many) == "It is told by 4 of the 4 distributions of its numbers, most by number 3."
    assert "None of the 1 distributions" in distances_in_words([distance()])
    assert distances_in_words([]) == ""


def test_protocol_says_how_distances_were_taken_once() -> None:
    assert taken([distance(), distance("phase_fraction")]) == "bins 50, rule add_0.1"


def test_table_escapes_names_and_leaves_out_what_is_not_there() -> None:
    evil = '<b>"x"</b>'
    ink = inks(["real", evil], "real")
    section = distance_section({evil: [distance(evil)]}, "real", ink, [evil])
    assert section is not None
    html = str(section.parts[0])
    assert evil not in html
    assert "&lt;b&gt;" in html
    assert distance_section({}, "real", ink, [evil]) is None
    assert distance_section({evil: []}, "real", ink, [evil]) is None


@pytest.fixture
def measured() -> dict[str, Characterisation]:
    """Two sets with numbers that are told apart, that are not, and that were not measured."""

    def one(seed: int, shift: float) -> Characterisation:
        rng = np.random.default_rng(seed)
        values = {
            "specific_surface": Scalar("specific_surface", rng.normal(1 + shift, 0.1, 50), "1/pixel"),
            "permeability": Scalar("permeability", np.append(rng.normal(5, 1, 49), np.nan), "pixel^2"),
            "never": Scalar("never", np.full(50, np.nan)),
        }
        return Characterisation({}, rng.random(50), (32, 32), 1, "open", values)

    return {"real": one(0, 0.0), "other": one(1, 0.5)}


def test_scalars_without_any_value_are_left_out(measured: dict[str, Characterisation]) -> None:
    assert scalar_names(measured) == ["specific_surface", "permeability"]
    figures = scalar_figures(measured, inks(measured, "real"))
    assert len(figures.children) == 2


def test_table_of_scalars_tells_differences_counts_and_units(measured: dict[str, Characterisation]) -> None:
    html = scalar_table(measured, inks(measured, "real"), "real")
    surface, permeability = (
        html.split(f'data-scalar="{name}"')[1].split("</tr>")[0] for name in scalar_names(measured)
    )
    assert "% higher" in surface
    assert "1/pixel" in surface
    assert "no difference seen" in permeability
    assert permeability.count("n = 49") == 2
    assert "pixel<sup>2</sup>" in permeability
    assert f'data-mean="{measured["other"].scalars["permeability"].mean!r}"' in permeability


def test_set_without_a_scalar_has_an_empty_cell(measured: dict[str, Characterisation]) -> None:
    del measured["other"].scalars["permeability"]
    html = scalar_table(measured, inks(measured, "real"), "real")
    assert html.count("not measured") == 1
