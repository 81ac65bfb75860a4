"""Means with their 95 % intervals."""

from dataclasses import dataclass

from raysys.stats import Characterisation, Scalar


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % confidence interval; `half` is NaN for a single value."""

    mean: float
    half: float

    @classmethod
    def of(cls, scalar: Scalar) -> "Interval":
        """Mean over the images that have a value, with its interval (see `Scalar.half_width`)."""
        return cls(scalar.mean, scalar.half_width)

    @property
    def low(self) -> float:
        """Lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """Upper end."""
        return self.mean + self.half

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two intervals share a value; False when either is unknown."""
        return self.low <= other.high and other.low <= self.high


def phase_fraction(characterisation: Characterisation) -> Interval:
    """Mean phase fraction over the images with its 95 % interval."""
    return Interval.of(fraction_scalar(characterisation))


def fraction_scalar(characterisation: Characterisation) -> Scalar:
    """The phase fraction of every image as a scalar among the others."""
    return characterisation.fraction_scalar
