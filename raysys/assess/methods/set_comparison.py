"""Sets of images against one of real images in numbers, gathered once so that tables and words cannot disagree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from raysys.assess.methods.verdicts import Verdict, judge
from raysys.stats import Baseline, Characterisation, compare

__all__ = ["SetComparison", "compared"]


@dataclass(frozen=True)
class SetComparison:
    """Sets against a reference.

    Attributes
    ----------
    reference
        Name of the set that the others are compared with.
    characterisations
        By name, the reference first.
    errors
        {set: {descriptor: MSE of the mean curves}} without the reference; as `raysys.stats.compare` gives them.
    baseline, white_noise
        {descriptor: real-against-real band}, {descriptor: MSE of white noise of the same phase fraction}.
    """

    reference: str
    characterisations: dict[str, Characterisation]
    errors: dict[str, dict[str, float]]
    baseline: dict[str, Baseline]
    white_noise: dict[str, float]

    @property
    def others(self) -> list[str]:
        """Names of the sets that are compared with the reference."""
        return list(self.errors)

    @property
    def descriptors(self) -> list[str]:
        """All descriptors of all sets, the reference's first."""
        return list(dict.fromkeys(name for each in self.characterisations.values() for name in each.curves))

    def verdict(self, name: str, descriptor: str) -> Verdict:
        """Judge the error of a set; a descriptor that the set or the reference lacks is unknown."""
        return judge(self.errors[name].get(descriptor, math.nan), self.baseline.get(descriptor))

    def errors_in(self, descriptor: str) -> dict[str, float]:
        """{set: MSE} of one descriptor, of the sets that have it."""
        errors = {name: of_set.get(descriptor, math.nan) for name, of_set in self.errors.items()}
        return {name: error for name, error in errors.items() if math.isfinite(error)}

    def factors(self, far: str, near: str, descriptors: Sequence[str]) -> dict[str, float]:
        """How many times larger the errors of the set `far` are than those of the set `near`, where both have them."""
        factors = {}
        for descriptor in descriptors:
            errors = self.errors_in(descriptor)
            if far in errors and near in errors and (errors[far] or errors[near]):
                factors[descriptor] = errors[far] / errors[near] if errors[near] else math.inf
        return factors


def compared(
    characterisations: dict[str, Characterisation],
    reference: str,
    baseline: dict[str, Baseline] | None,
    white_noise: dict[str, float] | None,
) -> SetComparison:
    """Compare every set with the reference.

    Raises
    ------
    RaysysError
        If two sets were measured under different protocols.
    """
    ordered = {reference: characterisations[reference], **characterisations}
    real = ordered[reference]
    errors = {
        # Sets may be measured by scalars or pores alone.
        name: compare(real, measured) if real.curves and measured.curves else {}
        for name, measured in ordered.items()
        if name != reference
    }
    return SetComparison(reference, ordered, errors, baseline or {}, white_noise or {})
