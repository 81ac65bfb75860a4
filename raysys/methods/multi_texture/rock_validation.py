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
from raysys.methods.multi_texture.validation import SAID, TexturesValidator, floor_of
from raysys.stats import characterise, scaled_autocovariance
from raysys.train.floors import TINY
from raysys.train.metrics import HOPELESS, OBJECTIVE

if TYPE_CHECKING:
    from raysys.data.textures.selection import Textures
    from raysys.methods.multi_texture.model import MultiTextureModel

RIDGE = 0.1
SURFACE, EULER = "surface", "euler_characteristic"


def measures(volumes: np.ndarray) -> dict[str, np.ndarray]:
    """{name: float64 (N, values)} of volumes (N, D, H, W) uint8, 1 = pore; lengths are voxels.

    "porosity"; "S2" up to half a side; "autocorrelation", which is (S2 - phi^2) / (phi - phi^2) of each volume, 0
    where it is of one phase; "L", the lineal path; and "surface" and "euler" by voxel, of windows into something
    larger.
    """
    found = characterise(volumes, ("S2", "L", "minkowski"))
    relative = scaled_autocovariance(found.curves["S2"], variant="per_image").values
    return {
        "porosity": volumes.mean((1, 2, 3), dtype=np.float64)[:, None],
        "S2": found.curves["S2"].values,
        "autocorrelation": np.nan_to_num(relative),
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
    curves, `surface_ratio/NAME` and `euler_ratio/NAME` the squared distances over the floor. `rock_accuracy`
    is the share of reproductions that a linear discriminant of the measures of real pieces takes for their own rock.
    `texture_error`, accuracy and coverage are those of all textures.
    """

    def __init__(
        self, data: Textures, served: Callable[[], MultiTextureModel], grams: RandomGrams, *, form: Form, count: int
    ) -> None:
        super().__init__(data, served, grams, form=form, count=count)
        real = [measures(images) for images in self.real]
        self.means_of = [{name: values.mean(0) for name, values in one.items()} for one in real]
        self.floors_of = [{name: floor_of(values) for name, values in one.items()} for one in real]
        self.apart = _Discriminant([_joined(one) for one in real])
        self.spreads = [float(one["porosity"].std(ddof=1)) for one in real]

    def compared(self, made: list[np.ndarray], metrics: dict[str, float]) -> dict[str, float]:
        """Metrics of reproductions of each rock beside those of all textures; the objective is `rock_error`."""
        each = [self._of_a_rock(place, images) for place, images in enumerate(made)]
        # Of an image that is nowhere defined nothing is near.
        errors = [one["rock_error"] for one in each]
        error = float(np.exp(np.mean(np.log(errors)))) if np.isfinite(errors).all() else HOPELESS
        said = dict(zip(self.names[:SAID], each, strict=False))
        right = float(np.mean([one.pop("told_apart") for one in each]))
        of_rocks = {f"{what}/{name}": value for name, one in said.items() for what, value in one.items()}
        return metrics | of_rocks | {"rock_accuracy": right, "rock_error": error, OBJECTIVE: error}

    def _of_a_rock(self, place: int, images: np.ndarray) -> dict[str, float]:
        each = measures((images > 0.5).astype(np.uint8))
        found = {name: values.mean(0) for name, values in each.items()}
        real, floors = self.means_of[place], self.floors_of[place]
        off = {name: np.square(found[name] - real[name]) for name in found}
        ratios = {name: float(one.sum()) / max(floors[name], TINY) for name, one in off.items()}
        return {
            "told_apart": float(np.mean(self.apart(_joined(each)) == place)),
            "porosity": float(found["porosity"][0]),
            "porosity_off": float(np.sqrt(off["porosity"][0])) / max(self.spreads[place], TINY),
            "s2_error": float(np.sqrt(off["S2"].mean())),
            "autocorrelation_error": float(np.sqrt(off["autocorrelation"].mean())),
            "surface_ratio": ratios["surface"],
            "euler_ratio": ratios["euler"],
            "rock_error": float(np.exp(np.mean(np.log(np.maximum(list(ratios.values()), TINY))))),
        }


class _Discriminant:
    """Tells classes apart by the distance of values (N, values) from their means, as values of one class vary together.

    Linear discriminant analysis; a tenth of each value's own variance is added to what was found, as pieces are few.
    """

    def __init__(self, classes: list[np.ndarray]) -> None:
        within = np.concatenate([one - one.mean(0) for one in classes])
        spread = within.std(0)
        self.varied = spread > 0
        self.spread = spread[self.varied]
        scaled = within[:, self.varied] / self.spread
        found = scaled.T @ scaled / len(scaled)
        self.inverse = np.linalg.inv(found + RIDGE * np.eye(len(found)))
        self.means = [one.mean(0)[self.varied] for one in classes]

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Number of the nearest class of each row, int64 (N,)."""
        off = [(values[:, self.varied] - mean) / self.spread for mean in self.means]
        return np.argmin([np.einsum("ni,ij,nj->n", one, self.inverse, one) for one in off], 0)


def _joined(found: dict[str, np.ndarray]) -> np.ndarray:
    """Measures side by side; S2 is said by porosity and autocorrelation."""
    return np.concatenate([values for name, values in found.items() if name != "S2"], 1)
