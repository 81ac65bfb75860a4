"""Maps stretched and rotated; what lies beyond a map's edge is the map mirrored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from raysys.data.textures.orientation import doubled, halved
from raysys.errors import RaysysError

__all__ = ["moved", "rotated", "stretched"]


def stretched(
    values: np.ndarray, factor: float | tuple[float, float], *, shape: Sequence[int] | None = None
) -> np.ndarray:
    """A map drawn out by a factor, or by one along rows' axis and one along columns': `moved` about its middle."""
    return moved(values, shape, stretch=(factor, factor) if isinstance(factor, (int, float)) else factor)


def rotated(values: np.ndarray, degrees: float, *, shape: Sequence[int] | None = None) -> np.ndarray:
    """A map turned anticlockwise: `moved` about its middle. Orientations turn with their places."""
    return moved(values, shape, degrees=degrees)


def moved(
    values: np.ndarray,
    shape: Sequence[int] | None = None,
    *,
    degrees: float = 0.0,
    stretch: tuple[float, float] = (1.0, 1.0),
    centre: tuple[float, float] | None = None,
) -> np.ndarray:
    """A map stretched, then turned anticlockwise, in a window of any size.

    Parameters
    ----------
    values
        (H, W) floats, interpolated linearly; (H, W) integers, of which the nearest is taken; or a field (H, W, 2) of
        orientations, which turn with the map.
    shape
        Rows and columns of the window; those of the map by default.
    stretch
        Factors down and across, before the turn.
    centre
        Row and column of the map, in pixels, that comes to the middle of the window; the map's middle by default.

    Returns
    -------
    float32 (*shape) or (*shape, 2), or integers as given
    """
    if values.ndim not in (2, 3) or values.shape[2:] not in ((), (2,)) or min(stretch) <= 0:
        raise RaysysError(
            f"a map of shape {values.shape} stretched by {stretch}; allowed: (H, W), or (H, W, 2) of orientations, and "
            "factors above 0"
        )
    rows, columns = values.shape[:2] if shape is None else (int(shape[0]), int(shape[1]))
    middle = ((values.shape[0] - 1) / 2, (values.shape[1] - 1) / 2) if centre is None else centre
    turn, (down, right) = np.deg2rad(degrees), stretch
    y, x = np.arange(rows)[:, None] - (rows - 1) / 2, np.arange(columns)[None] - (columns - 1) / 2
    # Rows go down: anticlockwise is from the columns' axis towards smaller rows.
    across = (np.cos(turn) * x - np.sin(turn) * y) / right + middle[1]
    along = (np.sin(turn) * x + np.cos(turn) * y) / down + middle[0]
    (place_y, mirrored_y), (place_x, mirrored_x) = _folded(along, values.shape[0]), _folded(across, values.shape[1])
    if values.ndim == 2:
        smooth = values.dtype.kind == "f"
        found = ndimage.map_coordinates(values, [place_y, place_x], order=int(smooth), mode="nearest")
        return found.astype(np.float32) if smooth else found
    parts = doubled(values.astype(np.float64))
    twice = [ndimage.map_coordinates(parts[..., k], [place_y, place_x], order=1, mode="nearest") for k in (0, 1)]
    lines = halved(np.stack([twice[0], np.where(mirrored_y ^ mirrored_x, -twice[1], twice[1])], axis=-1))
    return _turned(lines, turn, down, right)


def _folded(places: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Places beyond the edges mirrored at the outer pixels' middles, and which of them see the map reversed."""
    if side == 1:
        return np.zeros_like(places), np.zeros(places.shape, bool)
    within = places % (2 * (side - 1))
    mirrored = within > side - 1
    return np.where(mirrored, 2 * (side - 1) - within, within), mirrored


def _turned(lines: np.ndarray, turn: float, down: float, right: float) -> np.ndarray:
    """Directions of lines after their places were stretched and turned."""
    x, y = lines[..., 0] * right, lines[..., 1] * down
    turned = np.stack([np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y], axis=-1)
    return (turned / np.linalg.norm(turned, axis=-1, keepdims=True)).astype(np.float32)
