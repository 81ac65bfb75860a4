"""Sets of images against real ones as wholes: measured alike, tested, and the test's power beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    verdicts: dict[str, SetVerdict] = {}
    ladders: dict[tuple[int, ...], Ladder] = {}
    kept: dict[tuple[int, ...], Vectors] = {}
    for name, sample in sets.items():
        shape = tuple(map(min, real.images.shape[1:], sample.images.shape[1:]))
        mine, theirs = real.cut(shape), sample.cut(shape)
        if not descriptors or min(len(mine.images), len(theirs.images)) < FEWEST:
            continue
        if shape not in kept:
            kept[shape] = _vectors(mine, descriptors, options)
        listener.progress(f"testing {name}{f', {phase}' if phase else ''}", len(verdicts), len(sets), "sets")
        test = energy_test(
            kept[shape],
            _vectors(theirs, descriptors, options),
            real_groups=_several(mine.groups),
            other_groups=_several(theirs.groups),
            seed=seed,
        )
        power = None
        if level != "none" and test.p is not None:
            if shape not in ladders:
                pool = _pool(mine, None if others is None else others.cut(shape))
                ladders[shape] = ladder_of(pool, descriptors, options, level, listener, name=phase)
            power = power_of(ladders[shape], *test.blocks, seed=seed)
        verdicts[name] = SetVerdict(test, power)
    return verdicts


def _vectors(sample: Sample, descriptors: Sequence[str], options: dict[str, Any]) -> Vectors:
    return vectors_of(characterise(sample.images, descriptors, **options))


def _several(groups: np.ndarray | None) -> np.ndarray | None:
    """Blocks, where there are two at least."""
    return None if groups is None or len(np.unique(groups)) < 2 else groups


def _pool(real: Sample, others: Sample | None) -> Pool:
    """The real images that are damaged: of the two parts of the image the one with more independent blocks."""
    pools = [Pool.of(each.images, _several(each.groups)) for each in (real, others) if each is not None]
    return max(pools, key=lambda pool: int(pool.blocks.max()))
