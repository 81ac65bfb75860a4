"""Whether pictures follow their maps: what a map says is read off the pictures, and held against what was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from raysys.data.guided.selection import GuidedTiles
from raysys.data.textures import angles_of, guidance_mixture, orientation_of
from raysys.data.textures.progression import surroundings
from raysys.form import Form
from raysys.train.validation import VALIDATION_SEED
from raysys.train.validation_pictures import picture_of
from raysys.train.validators import validator_of_samples

ASKED = 12  # maps of the published mixture, the same at every validation
SHOWN = 8
RIDGE = 1e-3  # of the features' variance

Sample = Callable[[np.ndarray, int], np.ndarray]


class GuidedValidator:
    """What images look like under the training tiles' own maps, and whether they follow maps that are new.

    Beside the metrics of `validator_of_samples`: `progression_correlation` is Pearson's correlation, over the pixels of
    ASKED pictures, of what was asked with what a linear regression on local colours and contrast reads off, which was
    fitted to the source and has `progression_correlation_source` there. `orientation_error` is the mean angle in
    degrees between lines asked for and found (45 by chance), of the source's tiles under their own map
    `orientation_error_source`.

    Parameters
    ----------
    data
        Tiles with their map.
    sample
        (maps (n, channels, *tile), seed) -> images (n, *tile) of the system as it is.
    count
        Images that are compared with the training tiles.
    form
        Of the images.
    """

    def __init__(self, data: GuidedTiles, sample: Sample, *, count: int, form: Form) -> None:
        self.sample, self.form = sample, form
        own = data.guides(np.linspace(0, len(data.train) - 1, count).round().astype(np.int64))
        self.looks = validator_of_samples(data, lambda: sample(own, VALIDATION_SEED), form)
        self.names = getattr(self.looks, "names", ())
        source, guide = np.asarray(data.image)[data.part], data.guide[(slice(None), *data.part)]
        self.asked = mixture_of(guide, form.shape, ASKED)
        self.follows: Any = Progress(form, source, guide) if len(guide) == 1 else Direction(form, source, guide)
        self._shown: np.ndarray | None = None

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        images = self.sample(self.asked, VALIDATION_SEED + len(self.asked))
        self._shown = images[:SHOWN]
        return self.looks() | self.follows(images, self.asked)

    def pictures(self) -> dict[str, np.ndarray]:
        """The last validation's images, and some maps over what was made of them."""
        pictures = self.looks.pictures()
        if self._shown is not None:
            maps = picture_of(Form("grey", self.form.shape), shades(self.asked[:SHOWN]), SHOWN)
            made = picture_of(self.form, self._shown, SHOWN)
            if made.ndim == 3:
                maps = np.repeat(maps[..., None], 3, axis=-1)
            pictures["asked and made"] = np.concatenate([maps, made])
        return pictures


class Progress:
    """Reads a progression off images."""

    def __init__(self, form: Form, source: np.ndarray, guide: np.ndarray) -> None:
        self.width = max(2.0, min(form.shape) / 24)
        features = surroundings(source, coarse=self.width)
        features = features.reshape(-1, features.shape[-1])
        self.mean, values = features.mean(0), guide[0].reshape(-1)
        centred = features - self.mean
        covariance = centred.T @ centred / len(centred)
        covariance += RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        self.weights = np.linalg.solve(covariance, centred.T @ (values - values.mean()) / len(centred))
        self.source = correlation(self.read(source), guide[0])

    def __call__(self, images: np.ndarray, asked: np.ndarray) -> dict[str, float]:
        """Of images (n, *tile) that were asked with (n, 1, *tile)."""
        read = np.stack([self.read(image) for image in images])
        found = correlation(read, asked[:, 0])
        return {"progression_correlation": found, "progression_correlation_source": self.source}

    def read(self, image: np.ndarray) -> np.ndarray:
        """What an image shows, (*tile), but for a constant."""
        found: np.ndarray = (surroundings(image, coarse=self.width) - self.mean) @ self.weights
        return found


class Direction:
    """Measures the angle between lines asked for and found."""

    def __init__(self, form: Form, source: np.ndarray, guide: np.ndarray) -> None:
        self.form = form
        self.source = self._angle(source, guide)

    def __call__(self, images: np.ndarray, asked: np.ndarray) -> dict[str, float]:
        """Of images (n, *tile) that were asked with (n, 2, *tile)."""
        found = float(np.mean([self._angle(image, one) for image, one in zip(images, asked, strict=True)]))
        return {"orientation_error": found, "orientation_error_source": self.source}

    def _angle(self, image: np.ndarray, asked: np.ndarray) -> float:
        """Mean in degrees; of an image without lines 45, as by chance."""
        if image.min() == image.max():
            return 45.0
        lines = orientation_of(image.astype(np.float32))
        cosine = np.abs((lines * np.moveaxis(asked, 0, -1)).sum(-1)).clip(0, 1)
        return float(np.degrees(np.arccos(cosine)).mean())


def mixture_of(guide: np.ndarray, shape: tuple[int, ...], count: int) -> np.ndarray:
    """Maps (count, channels, *shape) of the published mixture, of a source's map (channels, H, W)."""
    values = guide[0] if len(guide) == 1 else np.moveaxis(guide, 0, -1)
    drawn = [guidance_mixture(values, shape, seed=(VALIDATION_SEED, number)) for number in range(count)]
    return np.stack([one[None] if one.ndim == 2 else np.moveaxis(one, -1, 0) for one in drawn])


def shades(maps: np.ndarray) -> np.ndarray:
    """Maps (n, channels, *tile) as grey values: a progression as it is, a line's angle from 0 to a half turn."""
    return maps[:, 0] if maps.shape[1] == 1 else angles_of(np.moveaxis(maps, 1, -1)) / np.float32(np.pi)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's, 0 where either has one value only."""
    a, b = (values.astype(np.float64).ravel() - values.mean(dtype=np.float64) for values in (one, other))
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 0.0
