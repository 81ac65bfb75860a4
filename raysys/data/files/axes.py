"""Which axes of a stored array are pixels: channels, times and unit axes are none, and are chosen or asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from raysys.data.files.source import Choice, Source
from raysys.errors import RaysysError
from raysys.form import RED_GREEN_BLUE
from raysys.shapes import by

OPAQUE = 4  # values a pixel: red, green, blue and how opaque it is
MOST_CHANNELS = 16  # on an axis of which the file says nothing
NARROW = 4  # pixels; an axis so short at the end may hold colours or channels
CORNER = 64  # pixels a side of the part that is looked at
WHOLE = 1e-3  # how far from one probabilities may add up
NAMES = {"C": "channels", "T": "times"}
OPTIONS = {"C": "channel", "T": "time"}


@dataclass(frozen=True)
class Axes:
    """Axes by their places in the stored array.

    Attributes
    ----------
    kept
        Those of the image, slowest first.
    fixed
        {axis: number} of those of which one place is read.
    colours
        The axis of colours, if they are to be had.
    """

    kept: tuple[int, ...]
    fixed: dict[int, int]
    colours: int | None

    def arranged(self, part: np.ndarray) -> np.ndarray:
        """A part that was read with all axes: those of the image, and colours at the end."""
        order = [*self.kept, *([] if self.colours is None else [self.colours]), *self.fixed]
        moved = part.transpose(order)
        return moved.reshape(moved.shape[: len(order) - len(self.fixed)])

    def letters(self, source: Source) -> str:
        """Letters of the axes of the image."""
        return "".join(source.axes[axis] for axis in self.kept)

    def spatial(self, source: Source) -> tuple[int, ...]:
        """Axes that are neither times nor channels, whatever their length."""
        return tuple(axis for axis, letter in enumerate(source.axes) if letter not in "CTSI" and axis != self.colours)


def chosen_axes(source: Source, choice: Choice, *, colour: bool, channels: int = 0) -> Axes:
    """Sort the axes of a stored array.

    Parameters
    ----------
    source
        The array.
    choice
        Which channel and time is meant.
    colour
        Whether colours are wanted: then three or four values at the end are some, whether the file says it or not.
    channels
        How many channels are wanted together, as the last axis.

    Raises
    ------
    RaysysError
        If there are several channels or times, and none is named.
    """
    axes, shape = source.axes, source.shape
    colours = axes.index("S") if "S" in axes else None
    if colours is None and colour and axes[-1] in "QC" and shape[-1] in (RED_GREEN_BLUE, OPAQUE):
        colours = len(shape) - 1
    asked: dict[int, str] = {axis: letter for axis, letter in enumerate(axes) if letter in OPTIONS and axis != colours}
    if colours is None and "C" not in asked.values() and set(axes) == {"Q"}:
        short = _unsaid_channels(source, choice)
        if short is not None:
            asked[short] = "C"
    together = next((axis for axis, letter in asked.items() if letter == "C" and shape[axis] == channels > 1), None)
    asked.pop(-1 if together is None else together, None)
    fixed = {axis: _number(source, axis, letter, choice) for axis, letter in asked.items()}
    if choice.channel and "C" not in asked.values():
        raise RaysysError(f"{source.name} holds no channels (its shape is {by(shape)}); leave channel out")
    if choice.time and "T" not in asked.values():
        raise RaysysError(f"{source.name} holds no times (its shape is {by(shape)}); leave time out")
    fixed |= {axis: 0 for axis, side in enumerate(shape) if side == 1 and axis != colours}
    kept = tuple(axis for axis in range(len(shape)) if axis not in fixed and axis not in (colours, together))
    kept += () if together is None else (together,)
    return Axes(kept, dict(sorted(fixed.items())), colours)


def _number(source: Source, axis: int, letter: str, choice: Choice) -> int:
    count, option = source.shape[axis], OPTIONS[letter]
    number: int | None = getattr(choice, option)
    if number is None and count > 1:
        raise RaysysError(
            f"{source.name} holds {count} {NAMES[letter]} (axis {axis} of {by(source.shape)}"
            f"{_spelled(source.axes)}); name one with {option} (--{option} 0 to {count - 1})"
        )
    if not 0 <= (number or 0) < count:
        raise RaysysError(f"{source.name} holds no {option} {number}; allowed: 0 to {count - 1}")
    return number or 0


def _spelled(axes: str) -> str:
    return "" if set(axes) <= {"Q"} else f", whose axes are {axes}"


def _unsaid_channels(source: Source, choice: Choice) -> int | None:
    """The axis of channels of an array of whose axes the file says nothing, if there is one.

    Values from 0 to 1 that add up to 1 along a short axis are probabilities. Where a channel is asked for, the short
    axis at either end holds it.
    """
    shape = source.shape
    if len(shape) < 3:
        return None
    ends = [len(shape) - 1, *(axis for axis in (0, 1) if axis < len(shape) - 2)]
    short = [axis for axis in ends if 2 <= shape[axis] <= MOST_CHANNELS]
    for axis in short:
        if _add_up(source, axis):
            return axis
    if choice.channel is None:
        return None
    return next((axis for axis in short if shape[axis] < min(_others(shape, axis))), None)


def _others(shape: tuple[int, ...], axis: int) -> list[int]:
    return [side for place, side in enumerate(shape) if place != axis and side > 1] or [0]


def _add_up(source: Source, axis: int) -> bool:
    if source.dtype.kind != "f":
        return False
    region = tuple(
        slice(0, side if place == axis else min(side, CORNER if place >= len(source.shape) - 3 else 1))
        for place, side in enumerate(source.shape)
    )
    corner = source.read(region)
    # NaN compares as false, so that it is told of as what it is.
    return bool(corner.min() >= -WHOLE and corner.max() <= 1 + WHOLE and (np.abs(corner.sum(axis) - 1) <= WHOLE).all())


def check_flat(name: str, shape: tuple[int, ...]) -> None:
    """Refuse a stack of flat images that are a few pixels wide: its last axis is one of channels, or of a volume.

    Raises
    ------
    RaysysError
        Which says how to name the one or the other.
    """
    if _narrow_end(shape) and len(shape) == 3:
        raise RaysysError(
            f"{name} holds an array of {by(shape)}, which are no flat images; name one of the {shape[-1]} channels "
            "(channel, --channel 0), or say that it is a volume (dims, --dims 3)"
        )


def _narrow_end(shape: tuple[int, ...]) -> bool:
    return len(shape) >= 3 and 2 <= shape[-1] <= NARROW and min(shape[-3:-1]) > NARROW
