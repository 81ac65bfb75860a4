"""How a phase hangs together: Euler characteristic and connected parts, which correlation functions hardly see."""

from __future__ import annotations

import numpy as np

from raysys.stats import minkowski
from raysys.stats.labelling import labelled
from raysys.train.metrics import EULER, PARTS


def topology(images: np.ndarray) -> dict[str, np.ndarray]:
    """Topology of each of some images.

    Parameters
    ----------
    images
        (N, H, W) or (N, D, H, W) uint8, 1 is the phase.

    Returns
    -------
    {name: float64 (N,)}
        "euler": the Euler characteristic of a window into something larger, pixels that share a side (a face) belong
        together; "parts": how many connected parts there are, with those that the border cuts.
    """
    return {
        EULER: minkowski(images, edges="window").totals["euler_characteristic"],
        PARTS: np.array([labelled(image > 0, "faces", "open")[1] for image in images], np.float64),
    }


class Topology:
    """Compares the topology of images with that of real ones.

    Parameters
    ----------
    real
        (N, ...) uint8, as of `topology`.
    """

    def __init__(self, real: np.ndarray) -> None:
        found = topology(real)
        self.means = {name: float(values.mean()) for name, values in found.items()}
        # Where all real images are alike, one hole or one part more is one.
        self.spreads = {name: float(values.std()) or 1.0 for name, values in found.items()}

    def measure(self, images: np.ndarray) -> dict[str, float]:
        """Mean `euler` and `parts` of an image, and `euler_error` and `parts_error`.

        The errors are by how much the means are off, in standard deviations of a real image.
        """
        means = {name: float(np.nan_to_num(values).mean()) for name, values in topology(images).items()}
        errors = {f"{name}_error": abs(mean - self.means[name]) / self.spreads[name] for name, mean in means.items()}
        return means | errors
