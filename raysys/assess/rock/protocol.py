"""How volumes are measured and compared: everything that moves the numbers, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from raysys.errors import RaysysError
from raysys.stats.labelling import Connectivity
from raysys.stats.sets.two_samples import ADDED, Limits, Rule

__all__ = ["Protocol"]


@dataclass(frozen=True)
class Protocol:
    """What is measured on each sample, and how distributions are compared.

    Attributes
    ----------
    edge
        Side of a sample in voxels.
    samples
        Of each set, at most.
    bins, rule, limits
        Of the histograms of KL, as of `raysys.stats.kl_divergence`: edges are shared by the two samples.
    resamples
        Of the bootstrap of both samples.
    connectivity
        Which voxels of the phase belong together, for the Euler characteristic and the mean breadth.
    axis
        Along which fluid is driven; "mean": along each axis by itself, averaged.
    tolerance, max_steps
        When a flow is called steady, and given up, as of `raysys.stats.permeability`.
    seed
        Of the bootstrap.
    """

    edge: int
    samples: int = 500
    bins: int = 50
    rule: Rule = "add_0.1"
    limits: Limits = "trimmed"
    resamples: int = 1000
    connectivity: Connectivity = "faces"
    axis: int | Literal["mean"] = "mean"
    tolerance: float = 1e-3
    max_steps: int = 20_000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.edge < 6 or self.samples < 2 or self.resamples < 1:
            raise RaysysError(
                f"edge {self.edge}, samples {self.samples}, resamples {self.resamples}; allowed: 6 voxels, 2 samples "
                "and 1 resample, or more"
            )
        if self.axis not in ("mean", 0, 1, 2):
            raise RaysysError(f"axis is {self.axis!r}; allowed: mean, 0, 1, 2")

    @property
    def axes(self) -> tuple[int, ...]:
        """Along which fluid is driven."""
        return (0, 1, 2) if self.axis == "mean" else (self.axis,)

    @property
    def words(self) -> str:
        """The protocol in a sentence."""
        direction = "averaged over the three axes" if self.axis == "mean" else f"along axis {self.axis}"
        added = f"{ADDED[self.rule]:g} added to each bin" if self.rule in ADDED else f"empty bins: {self.rule}"
        share = "0.5 to 99.5 %" if self.limits == "trimmed" else "all"
        neighbours = 6 if self.connectivity == "faces" else 26
        return (
            f"Samples of {self.edge} voxels a side; {neighbours} neighbours; permeability "
            f"{direction}, mirrored at its ends; KL(real || made) in {self.bins} bins over {share} of both samples' "
            f"values, {added}; intervals from {self.resamples:,} bootstrap resamples of both."
        )
