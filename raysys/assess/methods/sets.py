"""The sets of a comparison beside the real one: what each is made of, told apart by looking or by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import numpy as np

from raysys.assess.listener import Say
from raysys.assess.methods.annealed import annealed, is_annealed
from raysys.assess.methods.drawn import generator
from raysys.assess.methods.labelling import Values
from raysys.assess.methods.method import Kind, Made, Method
from raysys.data.files.reading import FORMATS, PREFIX, Stored, read_stored
from raysys.data.set_parts import equally_long
from raysys.data.sets import Reading, binary_set, label_set, read_marked
from raysys.errors import RaysysError
from raysys.models.card import check_name
from raysys.models.shipped import SCHEMES
from raysys.spacing import Spacing, known_along

if TYPE_CHECKING:
    from raysys.models import GenerativeModel

__all__ = ["REAL", "Origin", "Sources", "kind_of", "opened"]

Origin: TypeAlias = "str | Path | np.ndarray | GenerativeModel"
REAL = "real"  # name of the set of real images
KINDS = get_args(Kind)
CARD = "model.json"  # in the folder of a saved model


@dataclass(frozen=True)
class Sources:
    """What the sets are made of, each looked at but nothing drawn yet.

    Attributes
    ----------
    names
        Of all sets, in the order in which they were given.
    models, uris
        Models by name, and what they were called by.
    made
        Sets whose images are there already, by name.
    phases
        Of label images, the stored values of each by name; None of binary ones.
    """

    names: list[str]
    models: dict[str, GenerativeModel]
    uris: dict[str, str]
    made: dict[str, Made]
    phases: Values | None = None

    @property
    def side(self) -> int | None:
        """Side of the tiles that a large real image is cut into: of the first model's images, or the first set's."""
        sides = [model.native_size[-1] for model in self.models.values()]
        sides += [made.images.shape[-1] for made in self.made.values()]
        return sides[0] if sides else None

    @property
    def sizes(self) -> dict[str, Spacing | None]:
        """How far apart the pixels of every set are, by its name; None where it is not known."""
        drawn = {name: model.card.images.pixel_size for name, model in self.models.items()}
        return drawn | {name: made.spacing for name, made in self.made.items()}

    def shapes(self, real: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Shapes of the images of every set, those included that are still to be drawn beside real ones of a shape."""
        drawn = {name: real if model.any_size else tuple(model.native_size) for name, model in self.models.items()}
        return drawn | {name: made.images.shape[1:] for name, made in self.made.items()}


def opened(
    sets: Mapping[str, Origin],
    kinds: Mapping[str, Kind],
    *,
    dims: int,
    phases_of: Callable[[Mapping[str, GenerativeModel]], Values | None],
    reading: Reading = Reading(),
    tracking_uri: str | None,
    device: str | None,
    say: Say,
) -> Sources:
    """Look at what every set is made of: load models, and read images.

    Parameters
    ----------
    sets
        As `raysys.assess.compare_methods` takes them.
    kinds
        {name: kind} of those that are not to be told by looking.
    dims
        Axes of one image.
    phases_of
        Tells from the models by name whether images are of labels, and of which phases.
    reading
        Which of several images in a file is meant, where grey values are cut, and whether pixels are made equally long;
        the files say how large pixels are.
    tracking_uri, device
        Of MLflow, and where models draw.
    say
        Is told how grey images were segmented.

    Raises
    ------
    RaysysError
        If there is no set, a name is not allowed, or something is not there, incomplete or of another kind.
    """
    _check(sets, kinds)
    told = {name: kinds.get(name) or kind_of(name, origin) for name, origin in sets.items()}
    models = {
        name: generator(name, _model(name, sets[name]), tracking_uri=tracking_uri, device=device)
        for name, kind in told.items()
        if kind == "model"
    }
    phases = phases_of(models)
    made = {name: annealed(_path(name, sets[name], "a folder of raysys anneal"), phases) for name, kind in told.items()
            if kind == "annealed"}  # fmt: skip
    made |= {
        name: _given(name, sets[name], dims, phases, reading, say) for name, kind in told.items() if kind == "images"
    }
    if reading.resample:
        made = {name: _equally_long(name, one, reading, say) for name, one in made.items()}
    uris = {name: str(sets[name]) for name in models if isinstance(sets[name], str | Path)}
    return Sources(list(sets), models, uris, made, phases)


def kind_of(name: str, origin: Origin) -> Kind:
    """Tell what a set is made of: an array or a file holds images, a folder is looked into, a bare word is a model.

    Raises
    ------
    RaysysError
        If it is a path, and nothing is there.
    """
    if isinstance(origin, np.ndarray):
        return "images"
    if not isinstance(origin, str | Path) or str(origin).startswith(SCHEMES):
        return "model"
    if str(origin).startswith(PREFIX):
        return "images"
    path = Path(origin)
    if path.exists():
        if is_annealed(path):
            return "annealed"
        return "model" if (path / CARD).is_file() else "images"
    if isinstance(origin, Path) or "/" in origin or path.suffix.lower() in FORMATS:
        raise RaysysError(f"set {name}: {origin} does not exist")
    return "model"


def _check(sets: Mapping[str, Origin], kinds: Mapping[str, Kind]) -> None:
    if not sets:
        raise RaysysError("nothing to compare with the real images; give --model, --annealed or --images, or several")
    for name in sets:
        if check_name(name, "set") == REAL:
            raise RaysysError(f"the set {REAL} is that of the real images; give every other set another name")
    for name, kind in kinds.items():
        if name not in sets:
            raise RaysysError(f"kinds name the set {name}, which is none; given: {', '.join(sets)}")
        if kind not in KINDS:
            raise RaysysError(f"the set {name} is said to be of the kind {kind!r}; allowed: {', '.join(KINDS)}")


def _path(name: str, origin: Origin, what: str) -> Path:
    if not isinstance(origin, str | Path):
        raise RaysysError(f"set {name} is a {type(origin).__name__}; wanted: {what}")
    return Path(origin)


def _model(name: str, origin: Origin) -> str | GenerativeModel:
    if isinstance(origin, np.ndarray):
        raise RaysysError(f"set {name} is an array; wanted: a model, or its folder, name or URI")
    return str(origin) if isinstance(origin, str | Path) else origin


def _given(name: str, origin: Origin, dims: int, phases: Values | None, reading: Reading, say: Say) -> Made:
    """Images as they are; 1 is the phase of interest in those of 0 and 1."""
    if phases is not None:
        array = isinstance(origin, np.ndarray)
        told = "an array" if array else str(_path(name, origin, "images, or their file or folder"))
        stored = Stored(origin) if isinstance(origin, np.ndarray) else read_stored(told, reading.choice, kind="labels")
        images = label_set(stored.array, phases, name=f"set {name}", dims=dims)
        return Made(images, Method("images", told), known_along(stored.spacing, dims))
    how: dict[str, Any] = {"phase": "bright", "dims": dims, "threshold": reading.threshold, "say": say}
    if isinstance(origin, np.ndarray):
        return Made(binary_set(origin, name=name, **how).images, Method("images", "an array"))
    path = str(_path(name, origin, "images, or their file or folder"))
    found = read_marked([path], choice=reading.choice, **how)
    return Made(found.images, Method("images", path), known_along(found.spacing, dims))


def _equally_long(name: str, made: Made, reading: Reading, say: Say) -> Made:
    """A set whose pixels are equally long along all axes; a folder of raysys anneal knows its own better."""
    own = made.spacing if made.method.kind == "annealed" or reading.spacing is None else None
    said = own or known_along(reading.spacing, made.images.ndim - 1)
    images, spacing = equally_long(made.images, said, f"set {name}", say)
    return replace(made, images=images, spacing=spacing)
