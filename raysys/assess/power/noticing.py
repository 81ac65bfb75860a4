"""Which damage a verdict would have noticed: the same test, on sets of real images of which one was damaged."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from raysys.assess.power.ladder import Ladder
from raysys.assess.power.rungs import COPIES, DAMAGES, Rung
from raysys.files import written_aside
from raysys.stats.sets.energy_test import ALPHA, Distances, distances_between, permutation_test
from raysys.stats.sets.vectors import Vectors

__all__ = ["ENOUGH", "WHOLE", "Power", "power_of"]

ENOUGH = 0.8  # of repeated draws in which a rung has to be told apart
DRAWS = 20
PERMUTATIONS = 99  # of each draw: enough for a level of 0.05, if a little less powerful than the verdict's 999
WHOLE = "whole"  # beside the names of the parts


@dataclass(frozen=True)
class Power:
    """What would have been noticed.

    Attributes
    ----------
    noticed
        {damage: [[strength, {"whole" or part: share of draws in which it was told apart}], ...]}, growing strengths.
    real, other
        Images a set that the draws had, none two of them of one block.
    wanted
        The same of the verdict itself; a draw has fewer where there are not as many real images, and then less is
        noticed than the verdict would.
    draws
        How many sets were drawn on each rung.
    """

    noticed: dict[str, list[tuple[float, dict[str, float]]]]
    real: int
    other: int
    wanted: tuple[int, int]
    draws: int

    def smallest(self, part: str = WHOLE) -> dict[str, float | None]:
        """{damage: the smallest strength from which on it is noticed, None where the greatest one is not}."""
        found: dict[str, float | None] = {}
        for damage, rungs in self.noticed.items():
            found[damage] = None
            for strength, shares in reversed(rungs):
                if shares.get(part, 0.0) < ENOUGH:
                    break
                found[damage] = strength
        return found

    def poor(self, part: str = WHOLE) -> bool:
        """Whether a verdict of that kind decides nothing.

        The whole has to notice all plain damage: many flipped pixels, and a phase grown by a pixel or two. A single
        descriptor is not made for every damage (directions of pores do not see growth) and has to notice some.
        """
        smallest = self.smallest(part)
        if part == WHOLE:
            return any(smallest[name] is None for name in smallest if DAMAGES[name].plain)
        return all(strength is None for strength in smallest.values())

    @property
    def curtailed(self) -> bool:
        """Whether the draws were smaller than the sets of the verdict."""
        return (self.real, self.other) != tuple(self.wanted)


def power_of(ladder: Ladder, real: int, other: int, *, draws: int = DRAWS, seed: int = 0) -> Power:
    """Draw disjoint sets of real images, damage one of them, and count how often the test tells them apart.

    Sets are as large as those of the verdict, or as there are real images for two of them that have none in common:
    images drawn into both would be nearer to each other than a model's are, and the power too good.

    Parameters
    ----------
    ladder
        Damaged images; of each block one is drawn.
    real, other
        Blocks of either set of the verdict: regions, or images where these are independent.
    draws, seed
        How many, and the first of their seeds.
    """
    keys = "-".join(rung.key.replace(" ", "") for rung in ladder.damaged)
    path = ladder.folder / f"noticed {real} {other} {draws} {seed} {_short(keys)}.json"
    if (kept := _read(path)) is not None:
        return kept
    blocks = ladder.pool.blocks
    sizes = _sizes(int(blocks.max()) + 1, real, other)
    noticed: dict[str, list[tuple[float, dict[str, float]]]] = {}
    for rung, damaged in ladder.damaged.items():
        shares = _shares(ladder, rung, damaged, sizes, draws, seed)
        noticed.setdefault(rung.damage.name, []).append((rung.strength, shares))
    power = Power(noticed, *sizes, (real, other), draws)
    with written_aside(path) as aside:
        aside.write_text(json.dumps(asdict(power)))
    return power


def _sizes(blocks: int, real: int, other: int) -> tuple[int, int]:
    """Blocks of either set: as many as asked for, but no more real ones than half where there are too few for both."""
    real = max(1, min(real, max(blocks // 2, blocks - other)))
    return real, max(1, min(other, blocks - real))


def _shares(
    ladder: Ladder, rung: Rung, damaged: Vectors, sizes: tuple[int, int], draws: int, seed: int
) -> dict[str, float]:
    """Share of the draws in which the whole, and each part, is told apart."""
    # Distances are taken once, whitened over all images as they are and damaged, and then drawn from.
    apart = distances_between(Vectors.joined([ladder.clean, damaged]))
    told: dict[str, list[bool]] = {}
    for draw in range(draws):
        for part, p in _drawn(apart, ladder, rung, sizes, seed + draw).items():
            told.setdefault(part, []).append(p is not None and p <= ALPHA)
    return {part: float(np.mean(each)) for part, each in told.items()}


def _drawn(apart: Distances, ladder: Ladder, rung: Rung, sizes: tuple[int, int], seed: int) -> dict[str, float | None]:
    """The p of the whole and of each part, of one draw."""
    random, blocks, n = np.random.default_rng(seed), ladder.pool.blocks, len(ladder.pool.images)
    # One image of each block, whichever comes first, and the blocks in random order.
    order = random.permutation(n)
    _, first = np.unique(blocks[order], return_index=True)
    chosen = random.permutation(order[first])
    real, other = chosen[: sizes[0]], chosen[sizes[0] : sum(sizes)]
    if rung.damage.name == COPIES:
        times = int(rung.strength)
        other = np.repeat(other[: -(-len(other) // times)], times)[: len(other)]
    subset = apart.subset(np.concatenate([real, n + other]))
    found = permutation_test(subset, len(real), permutations=PERMUTATIONS, seed=seed)
    return {WHOLE: found.p} | {name: part.adjusted for name, part in found.parts.items()}


def _short(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()[:8]


def _read(path: Path) -> Power | None:
    try:
        stored = json.loads(path.read_text())
        noticed = {name: [(strength, shares) for strength, shares in each] for name, each in stored["noticed"].items()}
        return Power(noticed, stored["real"], stored["other"], tuple(stored["wanted"]), stored["draws"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
