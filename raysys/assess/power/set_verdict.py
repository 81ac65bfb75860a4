"""Whether a set of images is told apart from real ones, how surely, and what would have been noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raysys.assess.power.noticing import WHOLE, Power
from raysys.stats.sets.energy_test import ALPHA, SPREAD, EnergyTest

__all__ = ["PhasesVerdict", "SetVerdict"]


@dataclass(frozen=True)
class SetVerdict:
    """The verdict on one set as a whole, and by each of the numbers that were looked at.

    Attributes
    ----------
    test
        The two-sample test of its images against the real ones.
    power
        What the same test notices of damage to real images; None where that was not measured.
    """

    test: EnergyTest
    power: Power | None = None

    @property
    def p(self) -> float | None:
        """Chance of looking so odd if it were drawn from the same as the real images; None of too few blocks."""
        return self.test.p

    @property
    def told_apart(self) -> bool | None:
        """Whether it is told apart from real images; None where it is not, but little would have been noticed."""
        return self._told(self.test.p, WHOLE)

    @property
    def parts(self) -> list[str]:
        """Names of the numbers, or groups of numbers, that were looked at."""
        return list(self.test.parts)

    @property
    def odd(self) -> list[str]:
        """Those by which it is told apart, the oddest first."""
        found = {name: part.score for name, part in self.test.parts.items() if self.part(name)}
        return sorted(found, key=lambda name: -found[name])

    def part(self, name: str) -> bool | None:
        """`told_apart` by one part, all others taken into account; None also where that part was not tested."""
        return self._told(self.test.parts[name].adjusted, name) if name in self.test.parts else None

    @property
    def poor(self) -> bool:
        """Whether so little would have been noticed that finding no difference decides nothing."""
        return self.power is None or self.power.poor()

    def to_json(self) -> dict[str, Any]:
        """As verdict.json holds it; None is a value that is not known, or damage of which no strength is noticed."""
        return {
            "told_apart": self.told_apart,
            "p": self.p,
            "power": self._smallest(WHOLE),
            "variety": {
                "spread": self.test.spread,
                "told_apart": self.part(SPREAD),
                "p": self.test.parts[SPREAD].adjusted if SPREAD in self.test.parts else None,
            },
            "blocks": {"real": self.test.blocks[0], "set": self.test.blocks[1]},
            "images": {"real": self.test.images[0], "set": self.test.images[1]},
            "permutations": self.test.permutations,
            "descriptors": {
                name: {
                    "told_apart": self.part(name),
                    "p": part.adjusted,
                    "p_alone": part.p,
                    "power": self._smallest(name),
                }
                for name, part in self.test.parts.items()
            },
        }

    def _smallest(self, part: str) -> dict[str, float | None]:
        return {} if self.power is None else self.power.smallest(part)

    def _told(self, p: float | None, part: str) -> bool | None:
        if p is not None and p <= ALPHA:
            return True
        poor = p is None or self.power is None or self.power.poor(part)
        return None if poor else False


@dataclass(frozen=True)
class PhasesVerdict:
    """The verdict on label images over all phases, each of which was tested against all others together.

    Attributes
    ----------
    phases
        The verdict on each phase, by name.
    """

    phases: Mapping[str, SetVerdict]

    @property
    def p(self) -> float | None:
        """The smallest of the phases times their number (Bonferroni, since phases depend on each other), at most 1.

        None where a phase has too few blocks to be tested.
        """
        found = [one.p for one in self.phases.values() if one.p is not None]
        return min(1.0, len(found) * min(found)) if len(found) == len(self.phases) and found else None

    @property
    def odd(self) -> list[str]:
        """Phases by which the images are told apart, all phases taken into account."""
        count = len(self.phases)
        return [name for name, one in self.phases.items() if one.p is not None and count * one.p <= ALPHA]

    @property
    def told_apart(self) -> bool | None:
        """Whether they are told apart; None where they are not, but in a phase little would have been noticed."""
        if self.odd:
            return True
        return None if self.p is None or any(one.poor for one in self.phases.values()) else False

    def to_json(self) -> dict[str, Any]:
        """As verdict.json holds it."""
        return {"told_apart": self.told_apart, "p": self.p, "by": self.odd}
