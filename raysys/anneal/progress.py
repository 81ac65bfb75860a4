"""What a running reconstruction tells its caller, in annealing's words."""

from __future__ import annotations

from raysys import farm

__all__ = ["Progress"]


class Progress(farm.Progress):
    """How things stand after a chain, or several short ones, have moved on; see `raysys.farm.Progress`.

    Its jobs are chains, their steps stages, the measure is the energy, and the work is trial moves.
    """

    @classmethod
    def of(cls, progress: farm.Progress) -> Progress:
        """The same in these words."""
        return cls(**vars(progress))

    @property
    def chain(self) -> int:
        """Number of the chain that moved on last."""
        return self.job

    @property
    def stage(self) -> int:
        """Stages that it has made."""
        return self.step

    @property
    def stages(self) -> int:
        """Stages that it makes, unless it ends before."""
        return self.steps

    @property
    def energy(self) -> float:
        """Energy at which it stands."""
        return self.measure

    @property
    def chains(self) -> int:
        """How many chains there are."""
        return self.jobs

    @property
    def swaps(self) -> int:
        """Trial moves that all chains have made."""
        return self.work
