"""The published claim about generators and annealing, and what annealing on more descriptors gains, in numbers.

The comparison of a WGAN-GP with simulated annealing claims that the GAN is two to three orders of magnitude nearer to
real images in higher-order functions than annealing on the two-point function alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from raysys.assess.methods.method import Method
from raysys.assess.methods.set_comparison import SetComparison
from raysys.stats.correlation.scaled import order

__all__ = ["CLAIMED", "Claim", "Gain", "Gap", "claims", "gains", "gaps"]

CLAIMED = 100.0  # "two to three orders of magnitude": the smaller of them


@dataclass(frozen=True)
class Claim:
    """Whether the published claim holds for a model against an annealing on two-point functions alone.

    Attributes
    ----------
    model, annealed
        Names of the two sets.
    factors
        {descriptor of more than two points: error of the annealing / error of the model}.
    visible
        {descriptor: error of the annealing / median error of real images against each other}, which no model could
        exceed by much: of those descriptors in which the claim is missed and the band is known.
    """

    model: str
    annealed: str
    factors: dict[str, float]
    visible: dict[str, float]

    @property
    def met(self) -> list[str]:
        """Descriptors in which the model is nearer by the claimed factor."""
        return [name for name, factor in self.factors.items() if factor >= CLAIMED]

    @property
    def missed(self) -> list[str]:
        """The other descriptors."""
        return [name for name, factor in self.factors.items() if factor < CLAIMED]

    @property
    def hidden(self) -> list[str]:
        """Missed descriptors in which so many images could not have shown the claimed factor."""
        return [name for name, factor in self.visible.items() if factor < CLAIMED]

    @property
    def verdict(self) -> Literal["holds", "holds in part", "cannot be seen", "does not hold"]:
        """By the descriptors in which it is met; nothing follows where so many images could show it in none."""
        if not self.missed:
            return "holds"
        if self.met:
            return "holds in part"
        return "cannot be seen" if set(self.missed) <= set(self.hidden) else "does not hold"


@dataclass(frozen=True)
class Gain:
    """What an annealing on more descriptors gains over one on two-point functions alone.

    Attributes
    ----------
    name, plain
        Of the two sets.
    factors
        {descriptor: error of the plain one / error of the other}, without those in `alike`.
    alike
        Descriptors in which both lie within the band, so that chance decides which of them is nearer.
    """

    name: str
    plain: str
    factors: dict[str, float]
    alike: list[str]

    @property
    def nearer(self) -> dict[str, float]:
        """{descriptor: how many times nearer it is}."""
        return {name: factor for name, factor in self.factors.items() if factor > 1}

    @property
    def further(self) -> dict[str, float]:
        """{descriptor: how many times further off it is}."""
        return {name: 1 / factor for name, factor in self.factors.items() if 0 < factor < 1}


@dataclass(frozen=True)
class Gap:
    """How much of the gap between an annealing and a model is closed.

    Attributes
    ----------
    name, model
        Of the two sets.
    factors
        {descriptor: error of the annealing / error of the model}.
    closed
        Descriptors in which the annealing is as near as the model, or within the band.
    """

    name: str
    model: str
    factors: dict[str, float]
    closed: list[str]

    @property
    def left(self) -> dict[str, float]:
        """{descriptor: how many times nearer the model is}."""
        return {name: factor for name, factor in self.factors.items() if name not in self.closed}


def claims(sets: SetComparison, methods: dict[str, Method]) -> list[Claim]:
    """Judge the claim for each model against each annealing on two-point functions alone, where errors allow it."""
    higher = [name for name in sets.descriptors if (order(name) or 0) > 2]
    pairs = [(model, annealed) for model in _models(sets, methods) for annealed in _plain(sets, methods)]
    found = [(*pair, sets.factors(pair[1], pair[0], higher)) for pair in pairs]
    return [Claim(model, annealed, factors, _visible(sets, annealed, factors)) for model, annealed, factors in found
            if factors]  # fmt: skip


def gains(sets: SetComparison, methods: dict[str, Method]) -> list[Gain]:
    """Set each annealing on more descriptors against each on two-point functions alone."""
    return [_gain(sets, name, plain) for name in _richer(sets, methods) for plain in _plain(sets, methods)]


def gaps(sets: SetComparison, methods: dict[str, Method]) -> list[Gap]:
    """Set each annealing on more descriptors against each model."""
    found = [_gap(sets, name, model) for name in _richer(sets, methods) for model in _models(sets, methods)]
    return [gap for gap in found if gap.factors]


def _gain(sets: SetComparison, name: str, plain: str) -> Gain:
    factors = sets.factors(plain, name, sets.descriptors)
    alike = [one for one in factors if sets.verdict(name, one).within and sets.verdict(plain, one).within]
    return Gain(name, plain, {one: factor for one, factor in factors.items() if one not in alike}, alike)


def _gap(sets: SetComparison, name: str, model: str) -> Gap:
    factors = sets.factors(name, model, sets.descriptors)
    closed = [one for one, factor in factors.items() if factor <= 1 or sets.verdict(name, one).within]
    return Gap(name, model, factors, closed)


def _visible(sets: SetComparison, annealed: str, factors: dict[str, float]) -> dict[str, float]:
    missed = [name for name, factor in factors.items() if factor < CLAIMED and name in sets.baseline]
    bands = {name: sets.baseline[name].median for name in missed}
    return {name: sets.errors[annealed][name] / band for name, band in bands.items() if band > 0}


def _models(sets: SetComparison, methods: dict[str, Method]) -> list[str]:
    return [name for name in sets.others if methods[name].kind == "model"]


def _plain(sets: SetComparison, methods: dict[str, Method]) -> list[str]:
    return [name for name in sets.others if methods[name].two_point_alone]


def _richer(sets: SetComparison, methods: dict[str, Method]) -> list[str]:
    return [name for name in sets.others if methods[name].kind == "annealed" and not methods[name].two_point_alone]
