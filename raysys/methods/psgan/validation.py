"""Which textures samples of prior codes show, and how near the nearest of them are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.methods.multi_texture.validation import EACH, EXPECTED, SAID, TexturesValidator
from raysys.train.floors import TINY
from raysys.train.metrics import HOPELESS, OBJECTIVE
from raysys.train.validation import VALIDATION_SEED
from raysys.train.validation_pictures import picture_of

if TYPE_CHECKING:
    from raysys.models import GenerativeModel


class PriorValidator(TexturesValidator):
    """Compares the samples nearest to each texture with the texture; parameters as of `TexturesValidator`.

    The objective, `nearest_error`, is the geometric mean over textures of the squared distance between the mean Gram
    matrices of those EACH samples of the prior that are nearest to the texture and of EACH real pieces, over the median
    of the same distance between two sets of real pieces; `nearest_error/NAME` is that of a texture. A texture that is
    missed has a large one. As samples are chosen, it is lower than the `texture_error` of reproductions would be.

    `coverage` is as of `TexturesValidator`.
    """

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        model: GenerativeModel = self.served()
        count = max(self.count, EACH)
        samples = model.sample(count, seed=VALIDATION_SEED, grey=self.form.kind == "binary")
        vectors = self._vectors(samples)
        away = (np.square((vectors[:, None] - self.means) * self.weights)).sum(2)
        chosen = away.argsort(0)[:EACH]
        errors = [
            float(np.square(vectors[own].mean(0) - mean).sum()) / max(floor, TINY)
            for own, mean, floor in zip(chosen.T, self.means, self.floors, strict=True)
        ]
        self._show(samples, chosen)
        shares = np.bincount(away.argmin(1), minlength=len(self.names)) / count
        error = float(np.exp(np.mean(np.log(np.maximum(errors, TINY)))))
        error = error if np.isfinite(error) else HOPELESS
        return {
            **{f"nearest_error/{name}": value for name, value in zip(self.names[:SAID], errors, strict=False)},
            "coverage": float(np.mean(shares >= EXPECTED / len(self.names))),
            "nearest_error": error,
            OBJECTIVE: error,
        }

    def _show(self, samples: np.ndarray, chosen: Any) -> None:
        """Samples, and beside a real piece of each texture the nearest of them."""
        side = max(2, min(16, int(len(samples) ** 0.5)))
        seen = samples if self.form.kind != "binary" else (samples > 0.5).astype(np.uint8)
        rows = [np.concatenate([real[:1], seen[own[:5]]]) for real, own in zip(self.real, chosen.T, strict=True)]
        beside = np.concatenate(rows[: max(1, 1024 // (self.form.shape[-2] + 2))])
        self._shown = {
            "samples": picture_of(self.form, seen[: side**2], side),
            "nearest": picture_of(self.form, beside, 6),
        }
