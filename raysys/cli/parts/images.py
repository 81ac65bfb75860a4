"""Sets of images as commands read them: what is decided on the way is said as a notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.terminal import notice

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.sets import Set
    from raysys.spacing import Spacing


def read_binary(paths: Sequence[str], *, phase: str | None, dims: int = 2, **how: Any) -> np.ndarray:
    """Read as `raysys.data.sets.read_binary` does, with notices; `how` says which of several images is meant."""
    return read_marked(paths, phase=phase, dims=dims, **how).images


def read_marked(
    paths: Sequence[str],
    *,
    phase: str | None,
    dims: int = 2,
    threshold: float | None = None,
    pixel_size: str | None = None,
    resample: bool = False,
    **how: Any,
) -> Set:
    """Read as `raysys.data.sets.read_marked` does, with notices; `how` says which of several images is meant."""
    from raysys.data import sets

    options = reading(pixel_size=pixel_size, **how)
    return sets.read_marked(
        paths, phase=phase, dims=dims, threshold=threshold, resample=resample, say=notice, **options
    )


def reading(*, pixel_size: str | None = None, **how: Any) -> dict[str, Any]:
    """Which of several images is meant, and how far pixels are apart, as `raysys.data.sets` takes them."""
    from raysys.data.files.source import Choice
    from raysys.spacing import spacing_of

    return {"choice": Choice.of(how), "spacing": None if pixel_size is None else spacing_of(pixel_size)}


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

    options = reading(pixel_size=pixel_size, **how) | {"crop": crop, "resample": resample, "say": notice}
    return sets.read_sets(paths, phase=phase, dims=dims, threshold=threshold, **options)


def read_grey(
    paths: Sequence[str], *, phase: str | None, dims: int = 2, **how: Any
) -> tuple[np.ndarray, Spacing | None]:
    """Read as `raysys.data.sets.read_grey` does, with notices; `how` says which of several images is meant."""
    from raysys.data import sets

    return sets.read_grey(paths, phase=phase, dims=dims, say=notice, **reading(**how))
