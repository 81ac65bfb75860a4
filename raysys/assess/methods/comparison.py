"""Everything a comparison page says in numbers, gathered once so that table and words cannot disagree."""

from dataclasses import dataclass

from raysys.assess.methods.verdicts import Verdict, judge
from raysys.stats import Baseline, Characterisation, compare


@dataclass(frozen=True)
class Comparison:
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
        return list(dict.fromkeys(name for one in self.characterisations.values() for name in one.curves))

    def verdict(self, name: str, descriptor: str) -> Verdict:
        """Judge one error; a descriptor that the set or the reference lacks is unknown."""
        return judge(self.errors[name].get(descriptor, float("nan")), self.baseline.get(descriptor))


def compared(
    characterisations: dict[str, Characterisation],
    reference: str,
    baseline: dict[str, Baseline] | None,
    white_noise: dict[str, float] | None,
) -> Comparison:
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
        name: compare(real, one) if real.curves and one.curves else {}
        for name, one in ordered.items()
        if name != reference
    }
    return Comparison(reference, ordered, errors, baseline or {}, white_noise or {})
