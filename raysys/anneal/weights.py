"""Descriptors with their weights as people write them, and how far they reach."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from raysys.errors import RaysysError

__all__ = ["longest_lag", "weights_of"]


def weights_of(text: str | None, *, option: str = "--target") -> dict[str, float] | None:
    """ "S2,P4:2" as {"S2": 1, "P4": 2}.

    Parameters
    ----------
    option
        Where the text was typed, for sentences.

    Raises
    ------
    RaysysError
        If a weight is no number, or a descriptor stands there twice.
    """
    if text is None:
        return None
    weights: dict[str, float] = {}
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, colon, weight = word.partition(":")
        if name in weights:
            raise RaysysError(f"{option} {text}: {name} stands there twice")
        try:
            weights[name] = float(weight) if colon else 1.0
        except ValueError:
            raise RaysysError(
                f"{option} {text}: {weight!r} is no weight; write DESCRIPTOR or DESCRIPTOR:NUMBER"
            ) from None
    return weights


def longest_lag(names: Collection[str], sides: Sequence[int]) -> int:
    """The longest lag that a periodic image of these sides holds of every descriptor."""
    shortest = min(sides)
    # A hexagon is two edges wide.
    return max(1, int(0.45 * shortest) - 1 if "P6" in names else shortest // 2 - 1)
