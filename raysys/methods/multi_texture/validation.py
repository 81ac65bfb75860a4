"""How near what is made of each texture's code is to the texture, and whether samples are of all textures.

Judge by the distance of Gram matrices over that of real pieces: the accuracy of a classifier saturates long before
quality does (a network with accuracy 1.00 was at 19 times the real distance).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch

from raysys.form import Form
from raysys.methods.multi_texture.random_features import RandomGrams
from raysys.models.channels import to_channels
from raysys.train.floors import TINY
from raysys.train.metrics import HOPELESS, OBJECTIVE
from raysys.train.validation import VALIDATION_SEED
from raysys.train.validation_pictures import picture_of

if TYPE_CHECKING:
    from raysys.data.textures.selection import Textures
    from raysys.methods.multi_texture.model import MultiTextureModel

EACH = 16  # reproductions of each texture, and pieces of it in each half of the real ones
SPLITS = 50
SAID = 40  # textures, at most, with a metric of their own
MOST = 400  # textures, or photographs, at most, evenly, that are measured
SIDE = 16  # samples along a side of the picture
COPIES = 5  # reproductions beside a real piece in the picture
EXPECTED = 0.25  # share of its expected samples from which on a texture counts as covered


class TexturesValidator:
    """Compares reproductions of each texture with the texture by Gram matrices of random features.

    The objective, `texture_error`, is the geometric mean over textures of the squared distance between the mean Gram
    matrices of EACH reproductions and EACH real pieces, over the median of the same distance between two sets of EACH
    real pieces; 1 where reproductions are as near to the texture as the texture is to itself. `texture_error/NAME` is
    that of a texture.

    `conditional_accuracy` is the share of reproductions whose Gram matrix is nearest to the mean of their own texture,
    `coverage` the share of textures that at least a quarter as many samples of the prior are nearest to as would be if
    all were equally frequent. `code_spread` is the mean distance of a texture's code from the others' nearest one.

    Parameters
    ----------
    data
        Textures; where photographs have no names each of their pieces is reproduced by its own code.
    served
        The model as it is.
    grams
        Images (B, C, *spatial) to vectors.
    form
        Of the images.
    count
        Samples of prior codes.
    """

    def __init__(
        self, data: Textures, served: Callable[[], MultiTextureModel], grams: RandomGrams, *, form: Form, count: int
    ) -> None:
        self.served, self.grams, self.form, self.count = served, grams, form, count
        textures = len(data.target_names)
        self.chosen = np.unique(np.linspace(0, textures - 1, min(textures, MOST)).round().astype(int))
        self.names = [data.target_names[number] for number in self.chosen]
        places = [np.flatnonzero(data.train_targets == number)[: 2 * EACH] for number in self.chosen]
        self.real = [data.train[own] for own in places]
        vectors = [self._vectors(images) for images in self.real]
        self.means = np.stack([one.mean(0) for one in vectors])
        self.floors = [floor_of(one) for one in vectors]
        spread = np.sqrt(np.mean([one.var(0) for one in vectors], 0))
        self.weights = 1 / np.maximum(spread, 1e-3 * spread.max())
        self._shown: dict[str, np.ndarray] = {}

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        model = self.served()
        made = [self._made(model, place) for place in range(len(self.names))]
        vectors = [self._vectors(images) for images in made]
        errors = [
            float(np.square(one.mean(0) - mean).sum()) / max(floor, TINY)
            for one, mean, floor in zip(vectors, self.means, self.floors, strict=True)
        ]
        samples = model.sample(self.count, seed=VALIDATION_SEED, grey=self.form.kind == "binary")
        self._picture(model, made)
        error = float(np.exp(np.mean(np.log(np.maximum(errors, TINY)))))
        error = error if math.isfinite(error) else HOPELESS
        right = [np.mean(self._nearest(one) == place) for place, one in enumerate(vectors)]
        shares = np.bincount(self._nearest(self._vectors(samples)), minlength=len(self.names)) / self.count
        each = dict(zip(self.names[:SAID], errors, strict=False))
        metrics = {
            **{f"texture_error/{name}": value for name, value in each.items()},
            "conditional_accuracy": float(np.mean(right)),
            "coverage": float(np.mean(shares >= EXPECTED / len(self.names))),
            **self._of_codes(model),
            "texture_error": error,
            OBJECTIVE: error,
        }
        return self.compared(made, metrics)

    def compared(self, made: list[np.ndarray], metrics: dict[str, float]) -> dict[str, float]:
        """What is known of EACH reproductions of each texture, before the threshold; those of `__call__`, and more."""
        return metrics

    def pictures(self) -> dict[str, np.ndarray]:
        """Those of the last validation: samples of prior codes, and a texture a row, a real piece first."""
        return self._shown

    def _made(self, model: MultiTextureModel, place: int) -> np.ndarray:
        """EACH reproductions, before the threshold."""
        codes = model.network.codes[self.chosen[place]].cpu().numpy() if len(model.network.codes) else None
        wanted = model.encode(self.real[place][:EACH]) if codes is None else np.repeat(codes[None], EACH, 0)
        seed = VALIDATION_SEED + EACH * place
        return model.sample(EACH, seed=seed, condition=wanted, grey=self.form.kind == "binary")

    def _of_codes(self, model: MultiTextureModel) -> dict[str, float]:
        return {"code_spread": _spread(model)}

    def _vectors(self, images: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            channels = to_channels(self.form, torch.from_numpy(images)).to(self.grams.kernels[0].device)
            vectors = torch.cat([self.grams(part) for part in torch.split(channels, 16)])
        found: np.ndarray = vectors.double().cpu().numpy()
        return found

    def _nearest(self, vectors: np.ndarray) -> np.ndarray:
        """Number of the texture whose mean is nearest, by deviations of pieces of one texture."""
        off = (vectors[:, None] - self.means) * self.weights
        return np.asarray(np.square(off).sum(2).argmin(1))

    def _picture(self, model: MultiTextureModel, made: list[np.ndarray]) -> None:
        side = max(2, min(SIDE, 1024 // (max(self.form.shape[-2:]) + 2)))
        samples = model.sample(side**2, seed=VALIDATION_SEED)
        rows = [np.concatenate([real[:1], copies[:COPIES]]) for real, copies in zip(self.real, made, strict=True)]
        beside = np.concatenate(rows[: max(1, 1024 // (self.form.shape[-2] + 2))])
        self._shown = {
            "samples": picture_of(self.form, samples, side),
            "reproductions": picture_of(self.form, beside, 1 + COPIES),
        }


def floor_of(vectors: np.ndarray) -> float:
    """Median squared distance between the means of two halves of real pieces."""
    chance, half = np.random.default_rng(0), len(vectors) // 2
    found = []
    for _ in range(SPLITS):
        order = chance.permutation(len(vectors))
        one, other = vectors[order[:half]].mean(0), vectors[order[half : 2 * half]].mean(0)
        found.append(float(np.square(one - other).sum()))
    return float(np.median(found))


def _spread(model: MultiTextureModel) -> float:
    """Mean distance of each texture's code from the nearest other one; 0 without names."""
    codes = model.network.codes.double().cpu().numpy()
    if len(codes) < 2:
        return 0.0
    away = np.linalg.norm(codes[:, None] - codes, axis=2) + np.diag(np.full(len(codes), np.inf))
    return float(away.min(1).mean())
