"""Losses between the first image of a path and every image on it: Figures 2 and 4 of the CESS supplement."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from scipy.signal import find_peaks

from raysys.errors import RaysysError
from raysys.losses import map_error
from raysys.stats import differentiable
from raysys.studies.landscape.circles import Pairing, draw_circles, paired, rendered

MSE, CESS, READING_B = "MSE", "CESS", "CESS, reading B"
FINE_TUNING = "fine-tuning"


@dataclass(frozen=True)
class Landscape:
    """The experiment; every field that the published text leaves open says so.

    Attributes
    ----------
    size
        Side of the images, pixels (open).
    radius
        Of the circles, pixels (open).
    circles
        In an image (published: 5).
    gap
        Least space between two circles at either end, pixels (open).
    steps
        Images of a path, both ends included (open).
    pairing
        Which circle moves where: in the order drawn, or by the least sum of squares (open).
    crop
        Central lags a side of the cropped CESS (published: 50).
    cess_weight
        Of CESS beside MSE (published: 2.3e3, Table 1).
    mse_weights
        Of MSE beside CESS (published for training: 1e-3; those of Figure 4 are open).
    join
        Where idealised fine-tuning goes over from MSE to CESS, as a share of the path (open).
    prominence
        Depth of a local minimum that counts, as a share of the curve's maximum (open).
    """

    size: int = 256
    radius: float = 20.0
    circles: int = 5
    gap: float = 2.0
    steps: int = 101
    pairing: Pairing = "index"
    crop: int = 50
    cess_weight: float = 2.3e3
    mse_weights: tuple[float, ...] = (1e-4, 1e-3, 1e-2)
    join: float = 0.2
    prominence: float = 0.01

    def __post_init__(self) -> None:
        """Refuse what is no path."""
        if self.pairing not in ("index", "nearest"):
            raise RaysysError(f"pairing is {self.pairing!r}; allowed: 'index' or 'nearest'")
        if self.steps < 3 or not 0 < self.join < 1 or not 0 < self.prominence < 1 or not 1 <= self.crop <= self.size:
            raise RaysysError(
                f"steps are {self.steps}, join {self.join}, prominence {self.prominence}, crop {self.crop}; allowed: "
                f"3 or more, two numbers between 0 and 1, 1 to {self.size}"
            )

    @property
    def t(self) -> np.ndarray:
        """Share of the path, (steps,) from 0 to 1."""
        return np.linspace(0, 1, self.steps)

    @property
    def cropped(self) -> str:
        """Name of the cropped CESS."""
        return f"CESS {self.crop}x{self.crop}"

    def mixed(self, weight: float, reduction: str) -> str:
        """Name of a mixture of MSE, summed or averaged over pixels, with CESS."""
        return f"{weight:g} x {reduction} MSE + {self.cess_weight:g} x CESS"


@dataclass(frozen=True)
class PathLosses:
    """Losses on one path.

    Attributes
    ----------
    seed
        Of the two images.
    losses
        {name: (steps,)}; each is 0 at the start.
    minima
        {name: places of local minima, indices along the path}.
    """

    seed: int
    losses: dict[str, np.ndarray]
    minima: dict[str, np.ndarray] = field(repr=False)


def path(seed: int, settings: Landscape) -> np.ndarray:
    """Images (steps, size, size) float64 of circles on their straight way from one arrangement to another."""
    rng = np.random.default_rng(seed)
    first, last = (
        draw_circles(rng, size=settings.size, radius=settings.radius, count=settings.circles, gap=settings.gap)
        for _ in range(2)
    )
    t = settings.t[:, None, None]
    centres = (1 - t) * first + t * paired(first, last, settings.pairing)
    return rendered(centres, size=settings.size, radius=settings.radius)


def path_losses(seed: int, settings: Landscape) -> PathLosses:
    """Every loss along the path of a seed, and where it has local minima."""
    losses = losses_along(path(seed, settings), settings)
    return PathLosses(seed, losses, {name: local_minima(one, settings.prominence) for name, one in losses.items()})


def losses_along(images: np.ndarray, settings: Landscape) -> dict[str, np.ndarray]:
    """Losses {name: (N,)} between the first of some images (N, H, W) and each of them."""
    held = torch.from_numpy(images)
    maps = differentiable.two_point_map(held)
    squares = (held - held[:1]).square().flatten(1).sum(1).numpy()
    cess, cropped = (
        np.array([map_error(one[None], maps[:1], window=window).item() for one in maps])
        for window in (None, settings.crop)
    )
    crossed = np.array([map_error(one[None], maps[:1], reading="cross_entropy").item() for one in maps])
    pixels = images[0].size
    found = {MSE: squares / pixels, CESS: cess, settings.cropped: cropped, READING_B: crossed}
    for reduction, error in (("summed", squares), ("mean", squares / pixels)):
        for weight in settings.mse_weights:
            found[settings.mixed(weight, reduction)] = weight * error + settings.cess_weight * cess
    return found | {FINE_TUNING: fine_tuning(found[MSE], cess, settings)}


def fine_tuning(mse: np.ndarray, cess: np.ndarray, settings: Landscape) -> np.ndarray:
    """CESS up to the join, MSE beyond, scaled so that they meet there (our reading of "idealized")."""
    place = int(np.searchsorted(settings.t, settings.join))
    scale = cess[place] / mse[place] if mse[place] > 0 else 1.0
    return np.where(np.arange(len(mse)) <= place, cess, scale * mse)


def local_minima(curve: np.ndarray, prominence: float = 0.01) -> np.ndarray:
    """Places of minima between the ends that lie deeper than a share of the curve's maximum.

    Prominence as of `scipy.signal.find_peaks` on the curve turned upside down.
    """
    places, _ = find_peaks(-curve, prominence=prominence * np.abs(curve).max())
    return np.asarray(places)
