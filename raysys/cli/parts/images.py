"""Sets of images as commands read them: what is decided on the way is said as a notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.terminal import notice

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.sets import Set


def read_binary(paths: Sequence[str], *, phase: str | None, dims: int = 2, **how: Any) -> np.ndarray:
    """Read as `raysys.data.sets.read_binary` does, with notices; `how` says which of several images is meant."""
    from raysys.data import sets
    from raysys.data.files.source import Choice

    return sets.read_binary(paths, phase=phase, dims=dims, choice=Choice.of(how), say=notice)


def read_sets(
    paths: Sequence[str],
    *,
    phase: str | None,
    dims: int = 2,
    threshold: float | None = None,
    pixel_size: str | None = None,
    crop: bool = False,
    resample: bool = False,
    **how: Any,
) -> list[Set]:
    """Read as `raysys.data.sets.read_sets` does, with notices; `how` says which of several images is meant."""
    from raysys.data import sets
    from raysys.data.files.source import Choice
    from raysys.spacing import spacing_of

    spacing = None if pixel_size is None else spacing_of(pixel_size)
    choice = Choice.of(how)
    options: dict[str, Any] = {"choice": choice, "spacing": spacing, "crop": crop, "resample": resample, "say": notice}
    return sets.read_sets(paths, phase=phase, dims=dims, threshold=threshold, **options)


def read_grey(paths: Sequence[str], *, phase: str | None, dims: int = 2) -> np.ndarray:
    """Read as `raysys.data.sets.read_grey` does, with notices."""
    from raysys.data import sets

    return sets.read_grey(paths, phase=phase, dims=dims, say=notice)
