"""Periodic Gaussian random fields, thresholded: the targets of this room's tests."""

from support.fields import field

__all__ = ["field"]
