"""How near volumes that are made of each rock's code are to the rock: porosity, correlations, surface, topology.

Every measure of a volume is a vector: one number, or a curve over lags. Of a rock it is the distance between the means
of reproductions and of real pieces that counts, beside the same distance between two sets of real pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from raysys.form import Form
from raysys.methods.multi_texture.random_features import RandomGrams
from raysys.methods.multi_texture.validation import EACH, SAID, TexturesValidator, floor_of
from raysys.stats import characterise
from raysys.train.floors import TINY
from raysys.train.metrics import HOPELESS, OBJECTIVE

if TYPE_CHECKING:
    from raysys.data.textures.selection import Textures
    from raysys.methods.multi_texture.model import MultiTextureModel

SURFACE, EULER = "surface", "euler_characteristic"


def measures(volumes: np.ndarray) -> dict[str, np.ndarray]:
    """{name: float64 (N, values)} of volumes (N, D, H, W) uint8, 1 = pore; lengths are voxels.

    "porosity"; "S2" up to half a side; "autocorrelation", which is (S2 - phi^2) / (phi - phi^2) of each volume, 0
    where it is of one phase; "L", the lineal path; and "surface" and "euler" by voxel, of windows into something
    larger.
    """
    found = characterise(volumes, ("S2", "L", "minkowski"))
    S2, phi = found.curves["S2"].values, volumes.mean((1, 2, 3), dtype=np.float64)[:, None]
    spread = phi - phi**2
    relative = np.where(spread > 0, (S2 - phi**2) / np.where(spread > 0, spread, 1), 0.0)
    return {
        "porosity": phi,
        "S2": S2,
        "autocorrelation": relative,
        "L": found.curves["L"].values,
        "surface": found.scalars[SURFACE].values[:, None],
        "euler": found.scalars[EULER].values[:, None],
    }


class RocksValidator(TexturesValidator):
    """Compares reproductions of each rock with the rock by what rocks are described with.

    The objective, `rock_error`, is the geometric mean over rocks and measures of the squared distance between the
    means of EACH reproductions and of EACH real pieces, over the median of the same distance between two sets of EACH
    real pieces; 1 where reproductions are as near to the rock as the rock is to itself. `rock_error/NAME` is that of a
    rock. Pieces of a small volume overlap, which makes real pieces nearer to each other than to any reproduction.

    Of each rock `porosity/NAME` is the mean, `porosity_off/NAME` how far it is off in standard deviations of a real
    piece, `s2_error/NAME` and `autocorrelation_error/NAME` the root mean square over lags of the difference of mean
    curves, `surface_ratio/NAME` and `euler_ratio/NAME` the squared distances over the floor. `texture_error`, accuracy
    and coverage are those of all textures.
    """

    def __init__(
        self, data: Textures, served: Callable[[], MultiTextureModel], grams: RandomGrams, *, form: Form, count: int
    ) -> None:
        super().__init__(data, served, grams, form=form, count=count)
        real = [measures(images) for images in self.real]
        self.means_of = [{name: values.mean(0) for name, values in one.items()} for one in real]
        self.floors_of = [{name: floor_of(values) for name, values in one.items()} for one in real]
        self.spreads = [float(one["porosity"].std(ddof=1)) for one in real]

    def compared(self, made: list[np.ndarray], metrics: dict[str, float]) -> dict[str, float]:
        """Metrics of reproductions of each rock beside those of all textures; the objective is `rock_error`."""
        each = [self._of_a_rock(place, images) for place, images in enumerate(made)]
        # Of an image that is nowhere defined nothing is near.
        errors = [one["rock_error"] for one in each]
        error = float(np.exp(np.mean(np.log(errors)))) if np.isfinite(errors).all() else HOPELESS
        said = dict(zip(self.names[:SAID], each, strict=False))
        of_rocks = {f"{what}/{name}": value for name, one in said.items() for what, value in one.items()}
        return metrics | of_rocks | {"rock_error": error, OBJECTIVE: error}

    def _of_a_rock(self, place: int, images: np.ndarray) -> dict[str, float]:
        found = {name: values.mean(0) for name, values in measures((images > 0.5).astype(np.uint8)).items()}
        real, floors = self.means_of[place], self.floors_of[place]
        off = {name: np.square(found[name] - real[name]) for name in found}
        ratios = {name: float(one.sum()) / max(floors[name], TINY) for name, one in off.items()}
        return {
            "porosity": float(found["porosity"][0]),
            "porosity_off": float(np.sqrt(off["porosity"][0])) / max(self.spreads[place], TINY),
            "s2_error": float(np.sqrt(off["S2"].mean())),
            "autocorrelation_error": float(np.sqrt(off["autocorrelation"].mean())),
            "surface_ratio": ratios["surface"],
            "euler_ratio": ratios["euler"],
            "rock_error": float(np.exp(np.mean(np.log(np.maximum(list(ratios.values()), TINY))))),
        }


__all__ = ["EACH", "RocksValidator", "measures"]
