"""Shapes as people write and read them: "64 x 48"."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["by", "whole_numbers"]


def by(shape: Sequence[int]) -> str:
    """Write (64, 48) as "64 x 48"."""
    return " x ".join(str(side) for side in shape)


def whole_numbers(text: str) -> tuple[int, ...] | None:
    """Read "64 48", "64x48" or "64,48" as (64, 48); None where anything else stands there."""
    words = text.lower().replace("x", " ").replace(",", " ").split()
    try:
        return tuple(int(word) for word in words) or None
    except ValueError:
        return None
