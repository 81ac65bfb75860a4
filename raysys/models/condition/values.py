"""What is the same at every place of an image, read for each kind of condition: float32 (n, values) in the end."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.models.condition.card import CodeCard, ConditionCard, IndexCard, MapCard, NumberCard
from raysys.models.noise import CODES
from raysys.models.philox import lattice_noise

MOST_OFFERED = 12  # names in a sentence


def unasked(card: ConditionCard, seeds: Sequence[int]) -> np.ndarray:
    """Where nothing is asked: the training mean, and codes and indices as each image's seed draws them."""
    if isinstance(card, (NumberCard, MapCard)):
        return np.broadcast_to(np.asarray(card.mean, np.float32), (len(seeds), card.channels))
    if isinstance(card, IndexCard):
        shares = np.array([_drawn(seed, 1, "uniform")[0] for seed in seeds])
        return _one_hot((shares * len(card.names)).astype(np.int64), card)
    if card.mean is not None:
        normal = np.array([_drawn(seed, card.length, "normal") for seed in seeds])
        return (np.array(card.mean) + np.array(card.std) * normal).astype(np.float32)
    low, high = card.usual
    shares = np.array([_drawn(seed, card.length, "uniform") for seed in seeds])
    return (low + (high - low) * shares).astype(np.float32)


def numbers(request: Any, card: NumberCard, n: int, model: str) -> np.ndarray:
    """A number, or one per image, within the card's range."""
    values = np.atleast_1d(_array(request, card.name, model, _number_words(card)))
    if values.ndim != 1 or len(values) not in (1, n):
        raise RaysysError(
            f"{values.size} values of {card.name} were asked of model {model!r} for {n} images; allowed: one, or {n}"
        )
    outside = values[~((values >= card.low) & (values <= card.high))]
    if outside.size:
        raise RaysysError(
            f"{card.name} {outside[0]:g} was asked of model {model!r}; allowed: {card.low:g} to {card.high:g}, the "
            "range of its training images"
        )
    return np.broadcast_to(values.astype(np.float32)[:, None], (n, 1))


def codes(request: Any, card: CodeCard, n: int, model: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """A code or the name of one, or one per image; and a notice if one lies where the prior hardly ever does."""
    request = _codes_of_names(request, card, n, model)
    values = _array(request, card.name, model, f"{card.length} numbers, or as many per image")
    if values.ndim == 0 and card.length == 1:
        values = values[None]
    if values.shape not in ((card.length,), (1, card.length), (n, card.length)):
        raise RaysysError(
            f"{card.name} of shape {values.shape} was asked of model {model!r} for {n} images; allowed: "
            f"({card.length},), or ({n}, {card.length}) for one per image"
        )
    values = np.broadcast_to(np.atleast_2d(values), (n, card.length))
    _refuse_infinite(values, card.name, model)
    return values.astype(np.float32), unusual(values.T, card, model)


def _codes_of_names(request: Any, card: CodeCard, n: int, model: str) -> Any:
    """What was asked for, with the codes of names in their place."""
    wanted = [request] if isinstance(request, str) else request
    texts = isinstance(wanted, (list, tuple)) and wanted and all(isinstance(one, str) for one in wanted)
    if not texts or not card.named:
        return request
    unknown = next((name for name in wanted if name not in card.named), None)
    if unknown is not None:
        raise RaysysError(
            f"{card.name} {unknown!r:.80} was asked of model {model!r}; {_near(unknown, tuple(card.named))}"
        )
    if len(wanted) not in (1, n):
        raise RaysysError(
            f"{len(wanted)} names of {card.name} were asked of model {model!r} for {n} images; allowed: one, or {n}"
        )
    return [card.named[name] for name in wanted]


def unusual(values: np.ndarray, card: CodeCard, model: str) -> tuple[str, ...]:
    """What to notice of codes (length, ...) of which some lie where the prior hardly ever does."""
    low, high = (limit.reshape(-1, *(1,) * (values.ndim - 1)) for limit in card.usual)
    beyond = np.argwhere((values < low) | (values > high))
    if not len(beyond):
        return ()
    place = int(beyond[0][0])
    return (
        f"{card.name} has {values[tuple(beyond[0])]:g} as its value {place}, and model {model!r} learned codes from "
        f"{card.usual[0][place]:g} to {card.usual[1][place]:g}; it may not know what to make of it",
    )


def indices(request: Any, card: IndexCard, n: int, model: str) -> np.ndarray:
    """A name or its number, or one per image, as one channel for each name."""
    wanted = [request] if isinstance(request, (str, int, np.integer)) else request
    if not isinstance(wanted, (Sequence, np.ndarray)) or len(wanted) not in (1, n):
        raise RaysysError(
            f"{card.name} {request!r:.80} was asked of model {model!r} for {n} images; allowed: one of "
            f"{_offered(card)}, or {n} of them"
        )
    rows = np.array([index_of(entry, card, model) for entry in wanted])
    return _one_hot(np.broadcast_to(rows, (n,)), card)


def index_of(entry: Any, card: IndexCard, model: str) -> int:
    """The place of a name, or of a number, among the card's names."""
    if isinstance(entry, str) and entry in card.names:
        return card.names.index(entry)
    if isinstance(entry, (int, np.integer)) and not isinstance(entry, bool) and 0 <= entry < len(card.names):
        return int(entry)
    raise RaysysError(f"{card.name} {entry!r:.80} was asked of model {model!r}; {_near(entry, card.names)}")


def levels(request: Any, card: MapCard, n: int, model: str) -> np.ndarray:
    """What a map has at every place alike: a number for all its channels, or one for each."""
    values = _array(request, card.name, model, f"a grid ({card.channels}, ...), or {card.channels} numbers")
    if card.channels == 1 and values.shape == (n,):
        values = values[:, None]
    if values.shape not in ((), (card.channels,), (n, card.channels)):
        raise RaysysError(
            f"{card.name} of shape {values.shape} was asked of model {model!r} for {n} images; allowed: a grid "
            f"({card.channels}, ...) with one length per axis of the image, ({n}, {card.channels}, ...) for one per "
            f"image, or {card.channels} numbers for every place, or as many per image"
        )
    check_levels(values, card, model)
    return np.broadcast_to(values.astype(np.float32), (n, card.channels))


def check_levels(values: np.ndarray, card: NumberCard | MapCard, model: str) -> None:
    """Refuse values of a map beyond the card's range."""
    outside = values[~((values >= card.low) & (values <= card.high))]
    if outside.size:
        raise RaysysError(
            f"{card.name} {outside.flat[0]:g} was asked of model {model!r}; allowed: {card.low:g} to {card.high:g}"
        )


def _refuse_infinite(values: np.ndarray, name: str, model: str) -> None:
    if not np.isfinite(values).all():
        raise RaysysError(f"{name} of model {model!r} holds {values[~np.isfinite(values)][0]}; allowed: finite numbers")


def _array(request: Any, name: str, model: str, allowed: str) -> np.ndarray:
    try:
        values = np.asarray(request)
    except ValueError:  # lists of several lengths
        values = np.asarray(None)
    if values.dtype.kind not in "iuf":
        raise RaysysError(f"{name} {request!r:.80} was asked of model {model!r}; allowed: {allowed}")
    return values.astype(np.float64)


def _number_words(card: NumberCard) -> str:
    return f"a number, or one per image, {card.low:g} to {card.high:g}"


def _one_hot(rows: np.ndarray, card: IndexCard) -> np.ndarray:
    return (rows[:, None] == np.arange(len(card.names))).astype(np.float32)


def _near(entry: Any, names: tuple[str, ...]) -> str:
    """Which names are allowed, and which of them may be meant."""
    near = get_close_matches(entry, names, MOST_OFFERED) if isinstance(entry, str) else []
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"{meant}allowed: {_some(names)}"


def _offered(card: IndexCard) -> str:
    return _some(card.names)


def _some(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_OFFERED} more" if len(names) > MOST_OFFERED else ""
    return ", ".join(names[:MOST_OFFERED]) + more


def _drawn(seed: int, count: int, distribution: Any) -> np.ndarray:
    """Values (count,) of a seed, independent of its noise."""
    return lattice_noise(seed, count, (1,), distribution=distribution, purpose=CODES).reshape(count)
