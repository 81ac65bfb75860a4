"""From paths on the command line to binary images (N, H, W) or (N, D, H, W); what was decided on the way is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from raysys.cli.terminal import by, notice
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np


def read_binary(paths: Sequence[str], *, phase: str, dims: int = 2) -> np.ndarray:
    """Read files of equally large images; grey ones are segmented at Otsu's threshold, which is said.

    Parameters
    ----------
    paths
        As `raysys.data.read_images` takes them.
    phase
        "bright", "dark", or the stored value of the phase as text.
    dims
        Axes of one image.

    Returns
    -------
    (N, H, W) or (N, D, H, W) uint8 in {0, 1}, 1 = phase of interest

    Raises
    ------
    RaysysError
        If a file cannot be read or has one grey level, or the files' images differ in size.
    """
    import numpy as np

    parts = [_with_sample_axis(_binary(path, phase), path, dims) for path in paths]
    for path, part in zip(paths, parts, strict=True):
        if part.shape[1:] != parts[0].shape[1:]:
            raise RaysysError(
                f"{path} has images of {by(part.shape[1:])} pixels but {paths[0]} of {by(parts[0].shape[1:])}; "
                "images of one set must be of one size (cut them with `raysys data tile`)"
            )
    return np.concatenate(parts)


def _binary(path: str, phase: str) -> np.ndarray:
    from raysys.data import is_binary, phase_of_value, read_images, segment, to_grey

    stored = read_images(path)
    try:
        if phase not in ("bright", "dark"):
            return phase_of_value(stored, _value(phase))
        found = segment(to_grey(stored), phase=phase)
    except RaysysError as error:
        raise RaysysError(f"{path}: {error}") from None
    if not is_binary(stored):
        notice(
            f"{path} is grey, so it was segmented at Otsu's threshold: {phase} phase, fraction {found.mean():.4f} "
            "(for denoising and other thresholds: raysys data segment)"
        )
    return found


def _value(phase: str) -> float:
    try:
        return float(phase)
    except ValueError:
        raise RaysysError(f"--phase is {phase!r}; allowed: bright, dark, or the phase's stored value") from None


def _with_sample_axis(image: np.ndarray, path: str, dims: int) -> np.ndarray:
    if image.ndim == dims:
        return image[None]
    if image.ndim == dims + 1:
        return image
    raise RaysysError(
        f"{path} holds an array of {by(image.shape)}, and --dims is {dims}; allowed: one image of {dims} axes, or a "
        "stack of them"
    )
