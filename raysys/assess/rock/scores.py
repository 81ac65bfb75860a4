"""What was found of volumes beside the rock: distances, tables, sentences, files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.assess.methods.comparison import framed
from raysys.assess.notation import PLAIN, Notation
from raysys.assess.rock.crops import Crops
from raysys.assess.rock.measures import Measured
from raysys.assess.rock.protocol import Protocol
from raysys.assess.rock.sentences import told_floor, told_set
from raysys.files import write_csv, written_aside
from raysys.spacing import Spacing
from raysys.stats import Estimate

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Apart", "RockScores", "RockSet"]


@dataclass(frozen=True)
class Apart:
    """How far two samples of one number are apart.

    Attributes
    ----------
    measures
        {"kl", "w1", "ks", "hellinger": Estimate}; W1 in the number's unit. Empty where a sample has no value.
    n_real, n_made
        Values on either side.
    """

    measures: dict[str, Estimate]
    n_real: int
    n_made: int


@dataclass(frozen=True, eq=False)
class RockSet:
    """Samples of one set, and their numbers by name."""

    crops: Crops
    numbers: dict[str, Measured]

    @property
    def n(self) -> int:
        """How many samples there are."""
        return len(self.crops.images)

    @cached_property
    def independent(self) -> float:
        """How many independent samples they are worth."""
        return self.crops.independent


@dataclass(frozen=True, eq=False)
class RockScores:
    """Made sets beside the rock.

    Attributes
    ----------
    protocol
        How all was measured.
    real, made
        The samples, those of the made sets by name.
    floor
        {number: how far two halves of the rock are apart}, which are half as many samples each: of so few, KL is larger
        by chance. Empty where the rock has no two halves.
    apart
        {made set: {number: how far it is from the rock}}.
    spacing
        How far voxels are apart, None where nobody said so.
    baseline
        The made set that the others are held against.
    """

    protocol: Protocol
    real: RockSet
    made: dict[str, RockSet]
    floor: Mapping[str, Apart]
    apart: Mapping[str, Mapping[str, Apart]]
    spacing: Spacing | None = None
    baseline: str | None = None

    def __repr__(self) -> str:
        return f"<RockScores of {', '.join(self.made)} against {self.real.n} samples of {self.protocol.edge} voxels>"

    def near(self, made: str, number: str) -> bool | None:
        """Whether the W1 of a made set is within what halves of the rock are apart; None where that is not known."""
        floor, one = self.floor.get(number), self.apart[made][number]
        if floor is None or not floor.measures or not one.measures:
            return None
        bound = floor.measures["w1"].high
        return None if math.isnan(bound) else one.measures["w1"].value <= bound

    def against_baseline(self, made: str) -> float | None:
        """Geometric mean over numbers of a set's W1 by the baseline's, below 1 if it is nearer; None without one."""
        if self.baseline is None or made == self.baseline:
            return None
        pairs = [
            (one.measures["w1"].value, self.apart[self.baseline][name].measures["w1"].value)
            for name, one in self.apart[made].items()
            if one.measures and self.apart[self.baseline][name].measures
        ]
        logs = [math.log(ours / theirs) for ours, theirs in pairs if ours > 0 and theirs > 0]
        return math.exp(sum(logs) / len(logs)) if logs else None

    @property
    def sentences(self) -> dict[str, str]:
        """{made set: what its numbers mean}, the rock's own first, as plain text."""
        return self.told(PLAIN)

    def told(self, notation: Notation) -> dict[str, str]:
        """Write the sentences in a notation."""
        return {"real": told_floor(self, notation)} | {name: told_set(self, name, notation) for name in self.made}

    def rows(self) -> list[dict[str, Any]]:
        """One row for each made set and number."""
        return [
            {
                "set": name,
                "number": number,
                "unit": self.real.numbers[number].unit,
                **_mean("real", self.real.numbers[number].values),
                **_mean("made", self.made[name].numbers[number].values),
                **dict(_distances(one, self.floor.get(number))),
                "near": self.near(name, number),
                "n_real": one.n_real,
                "n_made": one.n_made,
            }
            for name, apart in self.apart.items()
            for number, one in apart.items()
        ]

    def values(self) -> list[dict[str, Any]]:
        """One row for each sample of every set: where it was cut, and its numbers."""
        return [
            {
                "set": name,
                "volume": int(one.crops.volumes[k]),
                **{f"origin_{axis}": int(at) for axis, at in enumerate(one.crops.origins[k])},
                **{number: float(each.values[k]) for number, each in one.numbers.items()},
            }
            for name, one in {"real": self.real, **self.made}.items()
            for k in range(one.n)
        ]

    def to_frame(self) -> DataFrame:
        """The rows as a pandas DataFrame; RaysysError where pandas is not installed."""
        return framed(self.rows())

    def save(self, folder: str | Path) -> list[Path]:
        """Write scores.json, scores.csv (a row for each number) and samples.csv (one for each sample) into a folder."""
        files = [Path(folder) / name for name in ("scores.json", "scores.csv", "samples.csv")]
        with written_aside(files[0]) as aside:
            aside.write_text(json.dumps(_without_nan(self._described()), indent=1) + "\n", encoding="utf-8")
        write_csv(files[1], self.rows(), line_end="\r\n")
        write_csv(files[2], self.values(), line_end="\r\n")
        return files

    def _described(self) -> dict[str, Any]:
        sets = {"real": self.real, **self.made}
        return {
            "protocol": asdict(self.protocol) | {"told": self.protocol.words},
            "spacing": None if self.spacing is None else asdict(self.spacing),
            "sets": {name: {"samples": one.n, "independent": one.independent} for name, one in sets.items()},
            "measured": {name: {"unit": one.unit, "protocol": one.protocol} for name, one in self.real.numbers.items()},
            "floor": {name: asdict(one) for name, one in self.floor.items()},
            "made": {
                name: {number: asdict(one) | {"near": self.near(name, number)} for number, one in apart.items()}
                for name, apart in self.apart.items()
            },
            "baseline": self.baseline,
            "against_baseline": {name: self.against_baseline(name) for name in self.made},
            "told": self.sentences,
        }


def _mean(side: str, values: np.ndarray) -> dict[str, float]:
    """Mean and standard deviation of the values that are known."""
    held = values[np.isfinite(values)]
    spread = float(held.std(ddof=1)) if len(held) > 1 else math.nan
    return {f"{side}_mean": float(held.mean()) if len(held) else math.nan, f"{side}_std": spread}


def _distances(one: Apart, floor: Apart | None) -> Iterator[tuple[str, float]]:
    for measure in ("kl", "w1", "ks", "hellinger"):
        found, beside = one.measures.get(measure), None if floor is None else floor.measures.get(measure)
        yield measure, math.nan if found is None else found.value
        yield f"{measure}_std", math.nan if found is None else found.std
        yield f"{measure}_lower", math.nan if found is None else found.low
        yield f"{measure}_upper", math.nan if found is None else found.high
        yield f"{measure}_floor", math.nan if beside is None else beside.value
        yield f"{measure}_floor_upper", math.nan if beside is None else beside.high


def _without_nan(value: Any) -> Any:
    """The same with None for what is no number, which JSON has none of."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
