"""Sets of images against real ones as wholes: measured alike, tested, and the test's power beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raysys.assess.listener import Listener
from raysys.assess.power.ladder import Ladder, Pool, ladder_of
from raysys.assess.power.noticing import power_of
from raysys.assess.power.rungs import Level
from raysys.assess.power.set_verdict import SetVerdict
from raysys.stats import KNOWN, characterise
from raysys.stats.sets.energy_test import energy_test
from raysys.stats.sets.vectors import Vectors, vectors_of

__all__ = ["JUDGED", "Sample", "judge_wholes", "judged_descriptors"]

# Looked at beside the curves of the published table, wherever no descriptor is asked for by its name.
JUDGED = ("C2", "chord_length", "pore_size", "local_thickness", "minkowski", "percolation")
FEWEST = 2  # images; a set of one has no spread


@dataclass(frozen=True)
class Sample:
    """Binary images (N, ...) uint8 {0, 1}, and (N,) labels of those that share pixels; None where they share none."""

    images: np.ndarray
    groups: np.ndarray | None = None

    def cut(self, shape: tuple[int, ...]) -> Sample:
        """Windows of that shape, side by side; those of one image are a block, as are those of one block."""
        if self.images.shape[1:] == shape:
            return self
        counts = [have // want for have, want in zip(self.images.shape[1:], shape, strict=True)]
        pieces = [
            self.images[(slice(None), *(slice(k * side, (k + 1) * side) for k, side in zip(place, shape, strict=True)))]
            for place in np.ndindex(*counts)
        ]
        labels = np.arange(len(self.images)) if self.groups is None else np.asarray(self.groups)
        groups = np.tile(labels, len(pieces))
        return Sample(np.concatenate(pieces), groups if len(pieces) > 1 or self.groups is not None else None)


def judged_descriptors(descriptors: Sequence[str], dims: int, *, default: bool) -> tuple[str, ...]:
    """What a verdict looks at: what was asked for but for costly ones, and more where nothing was asked by name."""
    names = [*descriptors, *(JUDGED if default else ())]
    return tuple(dict.fromkeys(name for name in names if dims in KNOWN[name].dims and not KNOWN[name].costly))


def judge_wholes(
    real: Sample,
    sets: Mapping[str, Sample],
    others: Sample | None,
    descriptors: Sequence[str],
    options: dict[str, Any],
    level: Level,
    *,
    listener: Listener = Listener(),
    phase: str = "",
    seed: int = 0,
) -> dict[str, SetVerdict]:
    """Test every set against the real images, and say what the test would have noticed.

    Images of unequal size are cut into windows of the smaller one, since numbers of small images vary more whatever is
    on them. Power is measured on `others` where these have more blocks than the real images, else on the real images.

    Parameters
    ----------
    real, sets, others
        The reference; the sets by name; further real images, from which no set is judged.
    descriptors, options
        As `raysys.stats.characterise` takes them.
    level
        Which damage is tried: "none", "quick", "full".
    listener, phase
        Is told how far it is, of which phase.
    seed
        Of permutations and draws.

    Returns
    -------
    dict
        {set: verdict}; without sets, or against references, of a single image.
    """
    if not descriptors:
        return {}
    judge = _Judge(real, others, descriptors, options, level, listener, phase, seed)
    verdicts: dict[str, SetVerdict] = {}
    for number, (name, sample) in enumerate(sets.items()):
        listener.progress(f"testing {name}{f', {phase}' if phase else ''}", number, len(sets), "sets")
        if min(len(real.images), len(sample.images)) >= FEWEST:
            verdicts[name] = judge.verdict(sample)
    return verdicts


@dataclass(frozen=True)
class _Judge:
    """The real images, measured and damaged once for each size that they are cut into."""

    real: Sample
    others: Sample | None
    descriptors: Sequence[str]
    options: dict[str, Any]
    level: Level
    listener: Listener
    phase: str
    seed: int
    vectors: dict[tuple[int, ...], Vectors] = field(default_factory=dict)
    ladders: dict[tuple[int, ...], Ladder] = field(default_factory=dict)

    def verdict(self, sample: Sample) -> SetVerdict:
        """Of one set."""
        shape = tuple(map(min, self.real.images.shape[1:], sample.images.shape[1:]))
        mine, theirs = self.real.cut(shape), sample.cut(shape)
        if shape not in self.vectors:
            self.vectors[shape] = self._measured(mine)
        test = energy_test(
            self.vectors[shape],
            self._measured(theirs),
            real_groups=_several(mine.groups),
            other_groups=_several(theirs.groups),
            seed=self.seed,
        )
        if self.level == "none" or test.p is None:
            return SetVerdict(test)
        return SetVerdict(test, power_of(self._ladder(shape), *test.blocks, seed=self.seed))

    def _measured(self, sample: Sample) -> Vectors:
        return vectors_of(characterise(sample.images, self.descriptors, **self.options))

    def _ladder(self, shape: tuple[int, ...]) -> Ladder:
        if shape not in self.ladders:
            pool = _pool(*(None if each is None else each.cut(shape) for each in (self.real, self.others)))
            ladder = ladder_of(pool, self.descriptors, self.options, self.level, self.listener, name=self.phase)
            self.ladders[shape] = ladder
        return self.ladders[shape]


def _several(groups: np.ndarray | None) -> np.ndarray | None:
    """Blocks, where there are two at least."""
    return None if groups is None or len(np.unique(groups)) < 2 else groups


def _pool(*samples: Sample | None) -> Pool:
    """The real images that are damaged: of the two parts of the image the one with more independent blocks."""
    pools = [Pool.of(each.images, _several(each.groups)) for each in samples if each is not None]
    return max(pools, key=lambda pool: int(pool.blocks.max()))
