"""The published claim in numbers."""

import math

import numpy as np
import pytest

from raysys.assess.methods.claim import claims, gains, gaps
from raysys.assess.methods.method import Method
from raysys.assess.methods.set_comparison import SetComparison
from raysys.stats import Baseline, Characterisation, Curve

NAMES = ("S2", "P3H", "P4", "L")
METHODS = {
    "gan": Method("model", "models:/gan/1"),
    "s2": Method("annealed", "s2", asked=("S2", "S2_axis0")),
    "more": Method("annealed", "more", asked=("S2", "L")),
    "else": Method("images", "file"),
}


def against_real(errors: dict[str, dict[str, float]]) -> SetComparison:
    curves = {name: Curve(name, np.arange(3), np.zeros((4, 3))) for name in NAMES}
    real = Characterisation(curves, np.zeros(4), (8, 8), 1, "open")
    return SetComparison("real", {"real": real}, errors, dict.fromkeys(NAMES, Baseline(2e-6, 1e-6, 4e-6)), {})


def everywhere(error: float, **but: float) -> dict[str, float]:
    return dict.fromkeys(NAMES, error) | but


@pytest.mark.parametrize(
    ("annealed", "verdict", "met"),
    [
        ({"P3H": 2e-4, "P4": 2e-3}, "holds", ["P3H", "P4"]),
        ({"P3H": 1.9e-4, "P4": 2e-3}, "holds in part", ["P4"]),
        ({"P3H": 2e-5, "P4": 2e-7}, "cannot be seen", []),
    ],
)
def test_the_claim_asks_for_a_factor_of_a_hundred_in_higher_orders(
    annealed: dict[str, float], verdict: str, met: list[str]
):
    (claim,) = claims(against_real({"gan": everywhere(2e-6), "s2": everywhere(9.0, **annealed)}), METHODS)
    assert (claim.model, claim.annealed, claim.verdict, claim.met) == ("gan", "s2", verdict, met)
    assert claim.factors == {name: pytest.approx(error / 2e-6) for name, error in annealed.items()}
    assert claim.missed == [name for name in annealed if name not in met]


def test_a_claim_that_could_be_seen_and_is_not_there_does_not_hold():
    (claim,) = claims(against_real({"gan": everywhere(1e-3), "s2": everywhere(9.0, P3H=1e-4, P4=1e-2)}), METHODS)
    assert (claim.verdict, claim.hidden) == ("does not hold", ["P3H"])


def test_what_the_band_hides_is_told_apart_from_what_is_missed():
    (claim,) = claims(against_real({"gan": everywhere(1e-3), "s2": everywhere(0.0, P3H=1e-4, P4=1e-2)}), METHODS)
    assert claim.missed == ["P3H", "P4"]
    assert claim.visible == {"P3H": pytest.approx(50), "P4": pytest.approx(5000)}
    assert claim.hidden == ["P3H"]


def test_only_models_against_annealing_on_two_points_make_a_claim():
    sets = against_real({name: everywhere(1e-5) for name in ("gan", "more", "else")})
    assert claims(sets, METHODS) == []
    assert gains(sets, METHODS) == []
    assert [(gap.name, gap.model) for gap in gaps(sets, METHODS)] == [("more", "gan")]


def test_gains_leave_out_what_chance_decides():
    errors = {"gan": everywhere(3e-6), "s2": everywhere(8e-4, S2=2e-6), "more": everywhere(4e-6, P4=1.6e-3, L=math.nan)}
    sets = against_real(errors)
    (gain,) = gains(sets, METHODS)
    assert (gain.alike, gain.nearer, gain.further) == (["S2"], {"P3H": pytest.approx(200)}, {"P4": pytest.approx(2)})
    (gap,) = gaps(sets, METHODS)
    assert gap.closed == ["S2", "P3H"]  # inside the band, though the model is nearer
    assert gap.left == {"P4": pytest.approx(1.6e-3 / 3e-6)}
