"""Autoencodings and their originals in numbers and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from raysys.cli.parts.terminal import by, number

if TYPE_CHECKING:
    import numpy as np

SHOWN = {
    "pixel_error": "mean squared pixel error",
    "s2_relative": "relative S2 error",
    "s2_relative_thresholded": "relative S2 error after the threshold",
    "mid_grey": "share of mid-grey pixels",
}
PROTOCOL = "S2(r): along the axes, open; errors: of the periodic map, a flat grey image of the right fraction has 1"


def thresholded(values: np.ndarray) -> np.ndarray:
    """Values as uint8 in {0, 1}, as `AutoencoderModel.autoencode` does."""
    import numpy as np

    from raysys.models.sampling import THRESHOLD

    return (values > THRESHOLD).astype(np.uint8)


def numbers_of_both(originals: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """Phase fractions, errors and sharpness of each of N autoencodings, and the S2 of both.

    Parameters
    ----------
    originals
        (N, *spatial) uint8 in {0, 1}, or float32; of grey ones, and of volumes, less is measured.
    values
        Autoencodings (N, *spatial) before the threshold.
    """
    import numpy as np

    binary = originals.dtype == np.uint8
    found = {
        "original_phase_fractions": _means(originals),
        "phase_fractions": _means(thresholded(values) if binary else values),
        "pixel_error": _means((values - originals.astype(np.float32)) ** 2),
    }
    if binary and originals.ndim == 3:
        from raysys.stats.paired import published_window, sharpness, spatial_errors

        window = published_window(min(originals.shape[1:]))
        found |= spatial_errors(values, originals, window=window) | sharpness(values, originals)
    return found | _curves(originals, "original_") | _curves(thresholded(values), "") if binary else found


def numbers_between(originals: np.ndarray, values: np.ndarray) -> dict[str, np.ndarray]:
    """Phase fraction and S2 of each image between two originals (2, *spatial), and how far its S2 is from theirs."""
    import numpy as np

    binary = originals.dtype == np.uint8
    found = {
        "original_phase_fractions": _means(originals),
        "phase_fractions": _means(thresholded(values) if binary else values),
        "share": np.linspace(0, 1, len(values)),
    }
    if binary and originals.ndim == 3:
        from raysys.stats.paired import published_window, spatial_errors

        window = published_window(min(originals.shape[1:]))
        for which, original in zip(("first", "second"), originals, strict=True):
            errors = spatial_errors(values, np.broadcast_to(original, values.shape), window=window)
            found[f"s2_relative_to_{which}"] = errors["s2_relative_thresholded"]
    return found | _curves(originals, "original_") | _curves(thresholded(values), "") if binary else found


def both_table(originals: np.ndarray, values: np.ndarray, numbers: dict[str, np.ndarray]) -> Table:
    """Means over the images: of the originals, of the autoencodings, and of what lies between them."""
    n = len(originals)
    images = "1 image" if n == 1 else f"means over {n} images"
    table = Table(title=f"Originals and autoencodings: {images} of {by(values.shape[1:])} pixels")
    for name in ("", "original", "autoencoding"):
        table.add_column(name, justify="right" if name else "left")

    def add(name: str, original: float | None, autoencoding: float) -> None:
        table.add_row(name, "" if original is None else number(original), number(autoencoding))

    fraction = "phase fraction" if "S2_values" in numbers else "mean grey value"
    add(fraction, numbers["original_phase_fractions"].mean(), numbers["phase_fractions"].mean())
    if "S2_values" in numbers:
        for lag in _lags(numbers["S2_r"]):
            add(f"S2({lag})", numbers["original_S2_values"][:, lag].mean(), numbers["S2_values"][:, lag].mean())
    if "edge_gradient" in numbers:
        add("edge gradient", numbers["edge_gradient_original"].mean(), numbers["edge_gradient"].mean())
    for name, title in SHOWN.items():
        if name in numbers:
            add(title, None, numbers[name].mean())
    table.caption = PROTOCOL if "s2_relative" in numbers else None
    return table


def between_table(numbers: dict[str, np.ndarray]) -> Table:
    """A row per image of an interpolation."""
    table = Table(
        title="Images between two: phase fractions of the originals "
        + " and ".join(map(number, numbers["original_phase_fractions"]))
    )
    lags = _lags(numbers["S2_r"]) if "S2_values" in numbers else []
    far = [name for name in ("s2_relative_to_first", "s2_relative_to_second") if name in numbers]
    titles = [f"relative S2 error to the {name.rpartition('_')[2]}" for name in far]
    for name in ("image", "share of the second", "phase fraction", *(f"S2({lag})" for lag in lags), *titles):
        table.add_column(name, justify="right")
    table.caption = PROTOCOL if far else None
    for k, share in enumerate(numbers["share"]):
        curve = [numbers["S2_values"][k, lag] for lag in lags]
        cells = [share, numbers["phase_fractions"][k], *curve, *(numbers[name][k] for name in far)]
        table.add_row(str(k), *map(number, cells))
    return table


def _means(images: np.ndarray) -> np.ndarray:
    import numpy as np

    return images.reshape(len(images), -1).mean(axis=1, dtype=np.float64)


def _curves(images: np.ndarray, prefix: str) -> dict[str, np.ndarray]:
    import numpy as np

    from raysys.stats import two_point

    curve = two_point(images)
    return {f"{prefix}S2_r": np.asarray(curve.r), f"{prefix}S2_values": curve.values}


def _lags(r: np.ndarray) -> list[int]:
    """1, 4, 16, ... of those that there are; the curve's index is its lag."""
    return [lag for lag in (1, 4, 16, 64) if lag < len(r)]
