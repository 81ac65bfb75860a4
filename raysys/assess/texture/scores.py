"""What was found of pictures of a texture: numbers, tables, sentences, files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.assess.methods.comparison import framed
from raysys.assess.notation import PLAIN, Notation
from raysys.assess.texture.copying import Copying
from raysys.assess.texture.descriptors import DescriptorScore
from raysys.assess.texture.nearest import Map
from raysys.assess.texture.patches import Nearness
from raysys.assess.texture.seams import Seam
from raysys.assess.texture.sentences import told_picture
from raysys.assess.texture.vectors import COLOUR_SPACE
from raysys.files import write_csv, written_aside

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["BARS", "Bars", "PictureScores", "TextureScores"]


@dataclass(frozen=True)
class Bars:
    """What a picture that is more of its texture reaches, all three together: each alone copying or noise can have.

    Attributes
    ----------
    floor_share
        The distance over the disjoint floor, at most.
    largest_piece
        At most.
    source_used
        At least, of pictures of four times the source's pixels or more; no smaller picture can show all of it anew.
    """

    floor_share: float = 0.8
    largest_piece: float = 0.10
    source_used: float = 0.95


BARS = Bars()


@dataclass(frozen=True, eq=False)
class PictureScores:
    """One picture.

    Attributes
    ----------
    image
        (H, W) or (H, W, 3) float32 in [0, 1], or uint8 in {0, 1}.
    distance
        {side of patches in pixels: mean least distance as a network sees it}; empty where no weights are at hand.
    colour
        The same of colours, as `COLOUR_SPACE` says.
    copying, nearest
        Copy measures, and the map that they are read off.
    seam
        How opposite edges meet.
    descriptors
        {name: error and verdict} of binary pictures of binary sources.
    seconds
        That the measuring took.
    """

    image: np.ndarray
    distance: dict[int, Nearness]
    colour: dict[int, Nearness]
    copying: Copying
    nearest: Map
    seam: Seam
    descriptors: dict[str, DescriptorScore] = field(default_factory=dict)
    seconds: float = math.nan


@dataclass(frozen=True, eq=False)
class TextureScores:
    """Pictures of one texture beside the source that they continue.

    Attributes
    ----------
    source
        (H, W) or (H, W, 3) float32 in [0, 1], or uint8 in {0, 1}.
    pictures
        By name.
    distance_name
        "LPIPS" with torchvision's VGG-16 and the published linear weights, else "patch distance"; empty without any.
    weights
        Which files served.
    floors, colour_floors
        {side: the disjoint floor}: the mean least distance of the source's own patches to those that share no pixel
        with them. A distance below it is no better: it only means copying.
    patches, seed
        How many patches of each image were drawn at most, and by which seed.
    notices
        Sentences on what was decided or left out.
    """

    source: np.ndarray
    pictures: dict[str, PictureScores]
    distance_name: str
    weights: str
    floors: dict[int, Nearness]
    colour_floors: dict[int, Nearness]
    patches: int
    seed: int
    notices: tuple[str, ...] = ()

    def __repr__(self) -> str:
        sides = " x ".join(str(side) for side in self.source.shape[:2])
        return f"<TextureScores of {', '.join(self.pictures)} against a source of {sides} pixels>"

    @cached_property
    def side(self) -> int | None:
        """Side of the patches that the three numbers are taken at: the smallest with a floor."""
        sides = [side for side, floor in sorted(self.floors.items()) if math.isfinite(floor.mean) and floor.mean > 0]
        return sides[0] if sides else None

    def floor_share(self, name: str) -> float:
        """A picture's distance over the disjoint floor, at `side`; NaN where there is none."""
        if self.side is None or self.side not in self.pictures[name].distance:
            return math.nan
        return self.pictures[name].distance[self.side].mean / self.floors[self.side].mean

    def passed(self, name: str) -> dict[str, bool | None]:
        """Which of the three bars a picture meets; None where its number is not known."""
        share, copied = self.floor_share(name), self.pictures[name].copying
        return {
            "floor_share": None if math.isnan(share) else share <= BARS.floor_share,
            "largest_piece": copied.largest_piece <= BARS.largest_piece,
            "source_used": copied.source_used >= BARS.source_used,
        }

    @property
    def sentences(self) -> dict[str, str]:
        """{picture: what its numbers mean} as plain text."""
        return self.told(PLAIN)

    def told(self, notation: Notation) -> dict[str, str]:
        """Write the sentences in a notation."""
        return {name: told_picture(self, name, notation) for name in self.pictures}

    def rows(self) -> list[dict[str, Any]]:
        """One row for each picture, all numbers flat."""
        return [{"picture": name, **dict(self._numbers(name))} for name in self.pictures]

    def to_frame(self) -> DataFrame:
        """The rows as a pandas DataFrame; RaysysError where pandas is not installed."""
        return framed(self.rows())

    def save(self, folder: str | Path) -> list[Path]:
        """Write scores.json and scores.csv into a folder, which is made."""
        files = [Path(folder) / "scores.json", Path(folder) / "scores.csv"]
        with written_aside(files[0]) as aside:
            aside.write_text(json.dumps(_without_nan(self._described()), indent=1) + "\n", encoding="utf-8")
        write_csv(files[1], self.rows(), line_end="\r\n")
        return files

    def _numbers(self, name: str) -> Iterator[tuple[str, Any]]:
        one = self.pictures[name]
        yield "rows", one.image.shape[0]
        yield "columns", one.image.shape[1]
        kind = self.distance_name.replace(" ", "_").lower()
        for key, found, floors in ((kind, one.distance, self.floors), ("colour", one.colour, self.colour_floors)):
            for side in floors:
                yield f"{key}_{side}", found[side].mean if side in found else math.nan
                yield f"{key}_{side}_floor", floors[side].mean
        yield "floor_share", self.floor_share(name)
        yield from ((key, value) for key, value in asdict(one.copying).items() if key != "piece")
        yield "seam_rows", one.seam.rows
        yield "seam_columns", one.seam.columns
        yield "seam_rows_high", one.seam.rows_high
        yield "seam_columns_high", one.seam.columns_high
        yield "tileable", one.seam.tileable
        for descriptor, score in one.descriptors.items():
            yield f"{descriptor}_mse", score.error
            yield f"{descriptor}_band_high", score.band.high if score.band is not None else math.nan
            yield f"{descriptor}_verdict", score.verdict.kind
        yield "seconds", one.seconds

    def _described(self) -> dict[str, Any]:
        return {
            "source": {"rows": self.source.shape[0], "columns": self.source.shape[1]},
            "distance": self.distance_name or None,
            "weights": self.weights or None,
            "colour": COLOUR_SPACE,
            "patches": self.patches,
            "seed": self.seed,
            "floors": {str(side): asdict(floor) for side, floor in self.floors.items()},
            "colour_floors": {str(side): asdict(floor) for side, floor in self.colour_floors.items()},
            "bars": asdict(BARS),
            "pictures": {
                name: dict(self._numbers(name))
                | {"piece": asdict(one.copying.piece), "passed": self.passed(name), "told": self.sentences[name]}
                for name, one in self.pictures.items()
            },
            "notices": list(self.notices),
        }


def _without_nan(value: Any) -> Any:
    """The same with None for what is no number, which JSON has none of."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
