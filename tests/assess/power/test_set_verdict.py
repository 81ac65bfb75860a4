"""The verdict on label images over all of their phases."""

import numpy as np
import pytest

from raysys.assess.notation import PLAIN
from raysys.assess.power.noticing import WHOLE, Power
from raysys.assess.power.set_verdict import PhasesVerdict, SetVerdict
from raysys.assess.power.words import phases_verdict_words
from raysys.stats.sets.energy_test import EnergyTest

KEEN = Power({"flips": [(0.01, {WHOLE: 1.0})]}, 32, 32, (32, 32), 20)
POOR = Power({"flips": [(0.01, {WHOLE: 0.1})]}, 32, 32, (32, 32), 20)


def verdict(p: float | None, power: Power | None = KEEN) -> SetVerdict:
    return SetVerdict(EnergyTest(p, {}, 1.0, (32, 32), (32, 32), 999), power)


def over(*each: SetVerdict) -> PhasesVerdict:
    return PhasesVerdict(dict(zip(("pore", "clay", "quartz"), each, strict=True)))


@pytest.mark.parametrize(
    ("phases", "p", "told_apart", "words"),
    [
        ((0.01, 0.4, 0.9), 0.03, True, "gan is told apart from real images by pore (p = 0.03 over all phases)."),
        ((0.03, 0.04, 0.9), 0.09, False, "gan cannot be told apart from real images by any phase (p = 0.09 over all)."),
        ((0.7, 0.6, 0.9), 1.0, False, "gan cannot be told apart from real images by any phase (p = 1 over all)."),
        ((0.001, 0.002, None), None, True, "gan is told apart from real images by pore and clay."),
        ((0.4, 0.5, None), None, None, "gan cannot be judged over all phases: in one its images can be exchanged in"),
    ],
)
def test_as_many_phases_as_are_looked_at_are_taken_into_account(phases, p, told_apart, words):
    found = over(*map(verdict, phases))
    assert found.p == (None if p is None else pytest.approx(p))
    assert found.told_apart is told_apart
    assert phases_verdict_words("gan", found, PLAIN).startswith(words)
    assert found.to_json() == {"told_apart": told_apart, "p": found.p, "by": found.odd}


def test_where_little_would_have_been_noticed_in_a_phase_nothing_is_decided():
    found = over(verdict(0.5), verdict(0.6, POOR), verdict(0.7))
    assert found.told_apart is None
    assert "decides nothing" in phases_verdict_words("gan", found, PLAIN)
    assert over(verdict(0.5), verdict(0.001, POOR), verdict(0.7)).told_apart is True


def test_images_of_one_kind_are_told_apart_as_often_as_is_allowed():
    draws = np.random.default_rng(0).random((4000, 3))
    told = [over(*map(verdict, each)).told_apart for each in draws]
    assert 0.04 < np.mean(told) < 0.06
