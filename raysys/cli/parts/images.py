"""Sets of images as commands read them: what is decided on the way is said as a notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.terminal import notice

if TYPE_CHECKING:
    import numpy as np

    from raysys.data.sets import Set


def read_binary(paths: Sequence[str], *, phase: str, dims: int = 2) -> np.ndarray:
    """Read as `raysys.data.sets.read_binary` does, with notices."""
    from raysys.data import sets

    return sets.read_binary(paths, phase=phase, dims=dims, say=notice)


def read_set(paths: Sequence[str], **how: Any) -> Set:
    """Read as `raysys.data.sets.read_set` does, with notices."""
    from raysys.data import sets

    return sets.read_set(paths, **how, say=notice)


def read_grey(paths: Sequence[str], *, phase: str, dims: int = 2) -> np.ndarray:
    """Read as `raysys.data.sets.read_grey` does."""
    from raysys.data import sets

    return sets.read_grey(paths, phase=phase, dims=dims)
