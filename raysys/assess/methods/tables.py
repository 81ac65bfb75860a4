"""What a comparison found as tables: a list of rows each, a row a dictionary of plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from raysys.assess.methods.method import Method
from raysys.assess.methods.set_comparison import SetComparison
from raysys.assess.methods.verdicts import judge_distance
from raysys.assess.power.noticing import WHOLE
from raysys.assess.power.rungs import DAMAGES
from raysys.assess.power.set_verdict import SetVerdict
from raysys.stats import Distance, Memorising

__all__ = [
    "copy_rows", "distance_rows", "error_rows", "method_rows", "power_rows", "set_verdict_rows", "verdict_rows",
]  # fmt: skip

Row = dict[str, Any]


def set_verdict_rows(verdicts: dict[str, SetVerdict]) -> Iterator[Row]:
    """One row per set for the whole, then one for each part: p, and the smallest strength noticed of each damage."""
    for name, verdict in verdicts.items():
        for part in (WHOLE, *verdict.parts):
            whole = part == WHOLE
            p = verdict.p if whole else verdict.test.parts[part].adjusted
            smallest = {} if verdict.power is None else verdict.power.smallest(part)
            yield {
                "set": name,
                "part": part,
                "told_apart": verdict.told_apart if whole else verdict.part(part),
                "p": math.nan if p is None else p,
                **{f"noticed_{damage}": math.nan if found is None else found for damage, found in smallest.items()},
            }


def power_rows(verdicts: dict[str, SetVerdict]) -> Iterator[Row]:
    """One row per set and rung of damage: in what share of draws the whole, and each part, would have noticed it."""
    for name, verdict in verdicts.items():
        if verdict.power is None:
            continue
        for damage, rungs in verdict.power.noticed.items():
            for strength, shares in rungs:
                words = DAMAGES[damage].told(strength)
                yield {"set": name, "damage": damage, "strength": strength, "words": words, **shares}


def error_rows(sets: SetComparison, methods: dict[str, Method]) -> Iterator[Row]:
    """One row per set and descriptor: its error, the band of real images, how many times the band's upper end."""
    for name, errors in sets.errors.items():
        for descriptor, error in errors.items():
            band, verdict = sets.baseline.get(descriptor), sets.verdict(name, descriptor)
            ends = {end: getattr(band, end) if band is not None else math.nan for end in ("low", "median", "high")}
            yield {
                "set": name,
                "method": methods[name].kind,
                "asked": " ".join(methods[name].asked),
                "descriptor": descriptor,
                "mse": error,
                **{f"band_{end}": value for end, value in ends.items()},
                "times_band": verdict.times,
                "verdict": verdict.kind,
                "white_noise": sets.white_noise.get(descriptor, math.nan),
            }


def distance_rows(distances: dict[str, Sequence[Distance]], *, beginning: str = "") -> Iterator[Row]:
    """One row per set and number of each image or pore: how far its distribution is from that of real images.

    Parameters
    ----------
    distances
        By name of the set.
    beginning
        Of the numbers' names, such as "pores/" for those of pores alone.
    """
    for name, found in distances.items():
        for distance in found:
            if not distance.name.startswith(beginning):
                continue
            verdict = judge_distance(distance)
            yield {
                "set": name,
                "number": distance.name.removeprefix(beginning),
                "values": distance.n_other,
                "values_real": distance.n_reference,
                **{measure: estimate.value for measure, estimate in distance.measures.items()},
                "times_band": verdict.times,
                "verdict": verdict.kind,
                "words": verdict.words,
            }


def copy_rows(copies: dict[str, Memorising]) -> Iterator[Row]:
    """One row per set: how near its images are to the training images, beside tiles held out of the training."""
    for name, found in copies.items():
        yield {
            "set": name,
            "images": len(found.generated),
            "held_out": len(found.held_out),
            "median_distance": float(np.median(found.generated.distances)),
            "median_distance_held_out": float(np.median(found.held_out.distances)),
            "least_distance": float(found.generated.distances.min()),
            "median_ratio": float(np.median(found.ratios)),
            "median_ratio_held_out": float(np.median(found.held_out_ratios)),
            "limit": found.limit,
            "near": found.near,
            "p": found.p,
            "verdict": found.kind,
        }


def method_rows(methods: dict[str, Method]) -> Iterator[Row]:
    """One row per set: how it was made, and how long that took."""
    for name, method in methods.items():
        yield {
            "set": name,
            "method": method.kind,
            "source": method.source,
            "asked": " ".join(method.asked),
            "training_seconds": method.training,
            "seconds_per_image": method.per_image,
            "told": method.told,
        }


def verdict_rows(sentences: dict[str, str]) -> Iterator[Row]:
    """One row per sentence."""
    for subject, sentence in sentences.items():
        yield {"subject": subject, "verdict": sentence}
