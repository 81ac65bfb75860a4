"""What varies over space, read for each kind of condition: a grid of values, and where it lies in the endless image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.models.condition.card import CodeCard, ConditionCard, IndexCard, MapCard, NumberCard
from raysys.models.condition.code import CodeMap
from raysys.models.condition.values import check_levels, index_of, unusual
from raysys.models.window import Window

FIELDS = ("values", "origin", "extent")


def is_map(request: object, card: ConditionCard, axes: int) -> bool:
    """Whether a request is of something that varies over the `axes` of space."""
    if isinstance(request, Mapping):
        return True
    if isinstance(request, Sequence) and len(request) > 0 and isinstance(request[0], Mapping):
        return True
    # A grid of one channel needs no axis for it.
    return isinstance(card, MapCard) and np.ndim(_grid(request)) >= axes + (card.channels > 1)


def read_maps(
    request: Any, card: ConditionCard, n: int, window: Window | None, model: str
) -> tuple[tuple[CodeMap, ...], tuple[str, ...]]:
    """One map for each image, and notices; see `read_condition`."""
    if window is None:
        raise RaysysError(f"{card.name} varies over space here; allowed: the same at every place")
    wanted = _apart(request, card, n, len(window.size))
    if len(wanted) not in (1, n):
        raise RaysysError(f"{len(wanted)} maps of {card.name} were asked of model {model!r} for {n} images")
    maps = [_read(entry, card, window, model) for entry in wanted]
    notices: tuple[str, ...] = ()
    if isinstance(card, CodeCard):  # one notice for all: what is said of the first holds of the others
        notices = next(filter(None, (unusual(each.values, card, model) for each in maps)), ())
    return tuple(maps * n if len(maps) == 1 else maps), notices


def _apart(request: Any, card: ConditionCard, n: int, axes: int) -> list[Mapping[str, Any]]:
    """Requests of one image each; all of them for every image if there is one only."""
    if isinstance(request, Mapping):
        return [request]
    if isinstance(request[0], Mapping):
        return list(request)
    grid = _grid(request)
    return [{"values": part} for part in grid] if np.ndim(grid) == axes + 2 else [{"values": grid}]


def _read(request: Mapping[str, Any], card: ConditionCard, window: Window, model: str) -> CodeMap:
    unknown = [str(key) for key in request if key not in FIELDS]
    if unknown or "values" not in request:
        raise RaysysError(
            f"the map of {card.name} names {', '.join(unknown) or 'no values'}; allowed: {', '.join(FIELDS)}"
        )
    values = _values(request["values"], card, len(window.size), model)
    # A periodic image is made from its own origin and rolled, so that its map begins there too.
    first = window.origin if window.period is None else (0,) * len(window.size)
    origin = _place(request.get("origin"), first, "origin")
    extent = _place(request.get("extent"), window.size, "extent")
    if min(extent) < 1:
        raise RaysysError(f"the map of {card.name} has an extent of {extent} pixels; allowed: 1 or more")
    if window.period is not None and extent != window.period:
        raise RaysysError(
            f"the map of {card.name} has an extent of {extent} pixels, and the image repeats after {window.period}; "
            "leave the extent out"
        )
    return CodeMap(values, origin, extent, smooth=not isinstance(card, IndexCard))


def _values(request: Any, card: ConditionCard, axes: int, model: str) -> np.ndarray:
    """float32 (values, *grid)."""
    grid = _grid(request)
    if isinstance(card, IndexCard):
        if np.ndim(grid) != axes or grid.size == 0:
            raise RaysysError(_shape_words(card, np.shape(grid), axes, model))
        rows = np.array([index_of(entry.item(), card, model) for entry in grid.ravel()]).reshape(grid.shape)
        places = np.arange(len(card.names)).reshape(-1, *(1,) * axes)
        return (rows == places).astype(np.float32)
    if grid.dtype.kind not in "iuf":
        raise RaysysError(f"the map of {card.name} holds {grid.dtype} values; allowed: numbers")
    if card.channels == 1 and grid.ndim == axes:
        grid = grid[None]
    if grid.ndim != axes + 1 or len(grid) != card.channels or grid.size == 0:
        raise RaysysError(_shape_words(card, grid.shape, axes, model))
    if isinstance(card, (NumberCard, MapCard)):
        check_levels(grid, card, model)
    elif not np.isfinite(grid).all():
        raise RaysysError(f"the map of {card.name} holds NaN or infinite values; allowed: finite numbers")
    return grid.astype(np.float32)


def _grid(request: object) -> np.ndarray:
    try:
        return np.asarray(request)
    except ValueError:  # lists of several lengths
        return np.asarray(None)


def _place(request: Any, default: tuple[int, ...], what: str) -> tuple[int, ...]:
    if request is None:
        return default
    numbers = tuple(request) if isinstance(request, (Sequence, np.ndarray)) else (request,) * len(default)
    if len(numbers) != len(default) or not all(isinstance(number, (int, np.integer)) for number in numbers):
        raise RaysysError(f"{what} {request!r:.80} of a map; allowed: whole pixels, one number or {len(default)}")
    return tuple(int(number) for number in numbers)


def _shape_words(card: ConditionCard, shape: tuple[int, ...], axes: int, model: str) -> str:
    lengths = ", ".join(["length"] * axes)
    allowed = f"({lengths})" if isinstance(card, IndexCard) else f"({card.channels}, {lengths})"
    return f"a map of {card.name} of shape {shape} was asked of model {model!r}; allowed: {allowed}"
