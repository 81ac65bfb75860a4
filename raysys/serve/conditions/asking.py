"""What a replica does with conditions that are not values: codes found, ways between two, and maps read."""

import io
import secrets
from dataclasses import dataclass

import numpy as np

from raysys.models import GenerativeModel, Model
from raysys.models.abilities import FindsCodes
from raysys.models.condition import CodeCard, ConditionCard, IndexCard, way_between
from raysys.serve.conditions.schemas import BetweenRequest, CodesRequest
from raysys.serve.declared import form_of
from raysys.serve.limits import Limits
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import SampleRequest
from raysys.serve.values import colour_values, label_values, phase_values

NPY = b"\x93NUMPY"
ORIENTATION = "orientation"
ANGLES = 256  # grey levels of a picture of angles, for 180 degrees


@dataclass(frozen=True)
class FoundCodes:
    """Codes (n, values) of examples, the condition they are asked for by, and the named code nearest to each."""

    condition: str
    codes: np.ndarray
    nearest: list[tuple[str, float] | None]


def find_codes(model: FindsCodes, stored: np.ndarray, request: CodesRequest) -> FoundCodes:
    """Codes of the images of an upload, as it stores them.

    Raises
    ------
    RaysysError
        If they are smaller than the model can read.
    """
    assert isinstance(model, Model)  # an ability is always a model's
    form, card = form_of(model), model.card.condition
    assert isinstance(card, CodeCard)  # or it would find none
    if form.kind == "colour":
        images = colour_values(stored)
    elif form.kind == "labels":
        images = label_values(stored, form)
    else:
        images, _ = phase_values(stored, form.kind, request.phase, request.threshold)
    codes = model.encode(images)
    return FoundCodes(card.name, codes, [_nearest(code, card) for code in codes])


def steps_between(
    model: GenerativeModel, request: BetweenRequest, limits: Limits
) -> tuple[list[SampleRequest], np.ndarray]:
    """A request of one image for each step, and what each is asked to have, (steps, channels).

    Raises
    ------
    RaysysError
        If there are too many steps, or an end cannot be asked for.
    """
    # Before there are as many values.
    if request.steps > limits.max_n:
        raise RefusedError(f"{request.steps} steps were asked for; allowed here: 2 to {limits.max_n}")
    card = _card(model)
    values = way_between(card, request.first, request.second, request.steps, model=model.name)
    common = request.model_dump(include={"size", "origin", "periodic"})
    # One for all: only the condition is to change.
    common["seed"] = secrets.randbelow(2**32) if request.seed is None else request.seed
    steps = [
        SampleRequest(**common, format="npy", condition={card.name: row.tolist() if len(row) > 1 else float(row[0])})
        for row in values
    ]
    first = np.atleast_1d(request.size if request.size is not None else model.form.shape)
    shape = tuple(first) if len(first) == model.form.dims else (int(first[0]),) * model.form.dims
    limits.check(request.steps, [int(side) for side in shape], channels=model.form.channels, count="steps")
    return steps, values


def followed(
    model: GenerativeModel, array: np.ndarray | None, pages: np.ndarray | None, request: SampleRequest
) -> SampleRequest:
    """The request with an uploaded map as its condition; of the map's size where none was asked for.

    Parameters
    ----------
    array, pages
        What `map_array` has read, or, where that was None, the pages of a picture.

    Raises
    ------
    RaysysError
        If the model follows no maps, or the upload is none.
    """
    card = _card(model)
    values = _values(pages, card, model) if pages is not None else array
    assert values is not None  # one of both was given
    size = request.size
    if size is None and model.any_size and values.ndim > model.form.dims - 1:
        size = [int(side) for side in values.shape[-model.form.dims :]]
    return request.model_copy(update={"condition": {card.name: {"values": values}}, "size": size})


def map_array(upload: bytes) -> np.ndarray | None:
    """Values (channels, *grid), or (*grid) of one channel, of an .npy file; None for whatever else it is."""
    return _array(upload) if upload.startswith(NPY) else None


def _values(pages: np.ndarray, card: ConditionCard, model: GenerativeModel) -> np.ndarray:
    """The same of the pages of a picture."""
    if isinstance(card, IndexCard | CodeCard):
        raise RefusedError(
            f"a picture was sent as a map of {card.name}; allowed: an .npy array, for names (H, W), or for codes "
            f"({card.channels}, H, W)"
        )
    if len(pages) != 1 or model.form.dims != 2:
        raise RefusedError("a map as a picture is flat, and one; of several pages or of volumes send an .npy array")
    grey = _unit(pages[0])
    if card.name == ORIENTATION and card.channels == 2:
        angle = np.pi * grey.astype(np.float64) * (ANGLES - 1) / ANGLES
        return np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    if card.channels != 1:
        raise RefusedError(f"{card.name} has {card.channels} values at each place; send an .npy array")
    low, high = getattr(card, "low", 0.0), getattr(card, "high", 1.0)
    spread: np.ndarray = low + grey * (high - low)
    return np.clip(spread, low, high).astype(np.float32)


def _array(upload: bytes) -> np.ndarray:
    try:
        found: np.ndarray = np.load(io.BytesIO(upload), allow_pickle=False)
    # Whatever a header that somebody has thought up makes of the reader.
    except Exception as error:
        raise RefusedError(f"the map cannot be read as .npy ({error!s:.200})") from None
    if found.dtype.kind not in "biufU":
        raise RefusedError(f"the map holds {found.dtype} values; allowed: numbers, or names")
    return found


def _unit(stored: np.ndarray) -> np.ndarray:
    """Grey values of a picture as shares of white, float32: absolute, whatever levels it happens to use."""
    if stored.dtype.kind == "f":
        return np.clip(stored, 0, 1).astype(np.float32)
    if stored.dtype.kind == "b" or stored.max() <= 1:
        return stored.astype(np.float32)
    return stored.astype(np.float32) / np.float32(np.iinfo(stored.dtype).max)


def _card(model: GenerativeModel) -> ConditionCard:
    card = model.card.condition
    if card is None:
        raise RefusedError(
            f"model {model.name!r} is not conditional; it can be asked for a seed only", 409, "no_condition"
        )
    return card


def _nearest(code: np.ndarray, card: CodeCard) -> tuple[str, float] | None:
    away = {name: float(np.linalg.norm(code - np.array(other))) for name, other in card.named.items()}
    nearest = min(away, key=lambda name: away[name], default=None)
    return None if nearest is None else (nearest, away[nearest])
