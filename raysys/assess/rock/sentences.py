"""The scores of volumes in words: how near, by how many samples, against what floor and which baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raysys.assess.notation import Notation, counted, listed, worded
from raysys.assess.rock.measures import PERMEABILITY
from raysys.spacing import permeability_in_words

if TYPE_CHECKING:
    from raysys.assess.rock.scores import RockScores, RockSet

__all__ = ["told_floor", "told_set"]


def told_floor(scores: RockScores, notation: Notation) -> str:
    """What the rock's own samples are worth, and whether they make a floor."""
    halves = counted(max((one.n_real for one in scores.floor.values()), default=0), "sample")
    floor = (
        f"Two halves of it, {halves} each that share no voxel, are the "
        "floor: so few may be farther apart by chance than sets of all samples are"
        if scores.floor
        else "It has no two halves, so that nothing says how far real samples are apart"
    )
    return f"{notation.strong('The rock')} {_worth(scores.real)}. {floor}. {notation.text(scores.protocol.words)}"


def told_set(scores: RockScores, name: str, notation: Notation) -> str:
    """Which numbers of a made set are as near as halves of the rock, and which are not; beside the baseline."""
    near = {number: scores.near(name, number) for number in scores.apart[name]}
    inside = [number for number, found in near.items() if found]
    outside = [_outside(scores, name, number, notation) for number, found in near.items() if found is False]
    words = [notation.text(worded(number)) for number in inside]
    parts = [
        f"{listed(words)} as near (W1) as halves of the rock" if inside else "",
        f"farther {listed(outside)}" if outside else "",
    ]
    found = "; ".join(part for part in parts if part) or "how near it is, no floor says"
    return " ".join(
        part
        for part in (
            f"{notation.strong(name)} {_worth(scores.made[name])}: {found}.",
            _flow(scores, name),
            _beside(scores, name, notation),
        )
        if part
    )


def _worth(one: RockSet) -> str:
    return f"has {counted(one.n, 'sample')} side by side, worth {one.independent:.3g} independent ones"


def _outside(scores: RockScores, name: str, number: str, notation: Notation) -> str:
    here, floor = scores.apart[name][number].measures["w1"], scores.floor[number].measures["w1"]
    times = f", {notation.ratio(here.value / floor.value)} times theirs" if floor.value > 0 else ""
    kl = scores.apart[name][number].measures["kl"].value
    return f"{notation.text(worded(number))} (KL {kl:.2f}{times})"


def _flow(scores: RockScores, name: str) -> str:
    """Mean permeabilities in units of length."""
    if PERMEABILITY not in scores.apart[name] or not scores.apart[name][PERMEABILITY].measures:
        return ""
    rows = next(row for row in scores.rows() if (row["set"], row["number"]) == (name, PERMEABILITY))
    made, real = (permeability_in_words(rows[f"{side}_mean"], scores.spacing) for side in ("made", "real"))
    if made is None:
        return f"Its mean permeability is {rows['made_mean']:.3g} voxel^2, that of the rock {rows['real_mean']:.3g}."
    return f"Its mean permeability is {made}, that of the rock {real}, of voxels of {scores.spacing}."


def _beside(scores: RockScores, name: str, notation: Notation) -> str:
    ratio = scores.against_baseline(name)
    if ratio is None:
        return "" if name != scores.baseline else "It is the baseline."
    nearer = "nearer than" if ratio < 1 else "no nearer than"
    return (
        f"It is {nearer} {notation.strong(scores.baseline)}: W1 are {notation.ratio(ratio)} times its own, the "
        "geometric mean over all numbers."
    )
