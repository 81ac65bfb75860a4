"""Maps that say what a picture is to show where: checked, brought to its size, and weighed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from raysys.data.textures.orientation import orientation_of, vectors_of
from raysys.errors import RaysysError
from raysys.shapes import by
from raysys.synthesis.maps import Maps

__all__ = ["WEIGHTS", "FittedGuidance", "Guidance", "published_weights"]

Pair = tuple[np.ndarray, np.ndarray | None]
NAMES = ("progression", "orientation", "annotation")
# Zhou et al. 2023, the published code's scripts; each by the maps that are given.
WEIGHTS: dict[frozenset[str], dict[str, float]] = {
    frozenset({"progression"}): {"progression": 50.0},
    frozenset({"orientation"}): {"orientation": 5.0},
    frozenset({"progression", "orientation"}): {"progression": 10.0, "orientation": 1.0},
    frozenset({"annotation"}): {"annotation": 10.0},
}
MOST = 8  # labels that a sentence names
PROPORTION = 0.02  # by which ratios of sides may differ: as much as rounding a side of 50 pixels


def published_weights(names: frozenset[str]) -> dict[str, float]:
    """Weights of the maps that are given; an annotation beside others, which is not published, has its own 10."""
    others = names - {"annotation"}
    return (WEIGHTS[others] if others else {}) | (WEIGHTS[names & {"annotation"}] if "annotation" in names else {})


@dataclass(frozen=True, eq=False)
class Guidance:
    """Maps of the picture, each with that of the exemplar.

    Attributes
    ----------
    progression
        Two maps (H, W) in [0, 1]: how far the texture has gone on its way, such as from clean to rusty.
    orientation
        Two fields of lines: angles (H, W) in radians, anticlockwise from the horizontal, or vectors (H, W, 2). That of
        the exemplar is extracted from it where None stands.
    annotation
        Two maps (H, W) of labels, whole numbers; those of the picture occur in the exemplar.
    weights
        Of each map's distance beside that of the features, which is at most 1; those that are not named are the
        published ones: 50 of a progression, 5 of an orientation, 10 and 1 of both, 10 of an annotation.
    """

    progression: Pair | None = None
    orientation: Pair | None = None
    annotation: Pair | None = None
    weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def names(self) -> frozenset[str]:
        """Of the maps that are given."""
        return frozenset(name for name in NAMES if getattr(self, name) is not None)

    def fitted(self, size: tuple[int, int], exemplar: np.ndarray) -> FittedGuidance:
        """The maps, checked and brought to the sizes of the picture and of the exemplar.

        Raises
        ------
        RaysysError
            If a map has no counterpart, other proportions, or values that it may not have; if the picture's labels do
            not occur in the exemplar; or if a weight is of no map.
        """
        if not self.names:
            raise RaysysError(f"guidance without a map; allowed: {', '.join(NAMES)}, one of them at least")
        found: dict[str, dict[str, np.ndarray]] = {"picture": {}, "exemplar": {}}
        notices = []
        for name in sorted(self.names):
            target, source = _pair(name, getattr(self, name))
            if source is None:
                source = orientation_of(exemplar)
            for whose, values, sides in (("picture", target, size), ("exemplar", source, exemplar.shape[:2])):
                checked = _checked(name, whose, values)
                _check_proportions(name, whose, checked, sides)
                if checked.shape[:2] != tuple(sides):
                    notices.append(f"the {whose}'s {name}, {by(checked.shape[:2])} pixels, was resized to {by(sides)}")
                found[whose][name] = checked
        target_maps, source_maps = Maps(**found["picture"]).resized(size), Maps(**found["exemplar"])
        source_maps = source_maps.resized(exemplar.shape[:2])
        labels = _labels(target_maps.annotation, source_maps.annotation)
        extracted = self.orientation is not None and self.orientation[1] is None
        return FittedGuidance(target_maps, source_maps, self._weights(), labels, extracted, tuple(notices))

    def _weights(self) -> dict[str, float]:
        weights = published_weights(self.names)
        for name, weight in self.weights.items():
            if name not in weights:
                raise RaysysError(f"a weight of {name!r}, of which no map is given; allowed: {', '.join(weights)}")
            if not (weight >= 0 and np.isfinite(weight)):
                raise RaysysError(f"the weight of {name} is {weight}; allowed: 0 and more")
            weights[name] = float(weight)
        return weights


@dataclass(frozen=True, eq=False)
class FittedGuidance:
    """Maps of a picture and of its exemplar, of the sizes of both.

    Attributes
    ----------
    target, source
        Of the picture and of the exemplar.
    weights
        {name: weight} of those that are given.
    labels
        All that the exemplar has.
    extracted
        Whether the exemplar's orientation was read off it, as that of its turned copies is to be.
    notices
        Sentences on what was done to the maps.
    """

    target: Maps
    source: Maps
    weights: Mapping[str, float]
    labels: tuple[int, ...] = ()
    extracted: bool = False
    notices: tuple[str, ...] = ()

    def arrays(self) -> list[np.ndarray]:
        """All maps, for a digest of them."""
        return [*self.target.arrays(), *self.source.arrays()]


def _pair(name: str, pair: object) -> tuple[np.ndarray, np.ndarray | None]:
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise RaysysError(f"{name} is {type(pair).__name__}; allowed: two maps, the picture's and the exemplar's")
    target, source = pair
    if target is None:
        raise RaysysError(f"{name} of the exemplar without that of the picture; give both maps")
    if source is None and name != "orientation":
        raise RaysysError(f"{name} of the picture without that of the exemplar; give both maps (source-{name})")
    return np.asarray(target), None if source is None else np.asarray(source)


def _checked(name: str, whose: str, values: np.ndarray) -> np.ndarray:
    """A map as it is computed with."""
    shaped = values.ndim == 2 or (name == "orientation" and values.ndim == 3 and values.shape[2] == 2)
    allowed = "(H, W)" + (" angles or (H, W, 2) vectors" if name == "orientation" else "")
    if not shaped or not values.size:
        raise RaysysError(f"the {whose}'s {name} has shape {values.shape}; allowed: {allowed}")
    if values.dtype.kind not in "buif" or not np.isfinite(values).all():
        raise RaysysError(f"the {whose}'s {name} has values that are no numbers; allowed: finite numbers")
    if name == "annotation":
        whole = np.rint(values).astype(np.int64)
        if not (whole == values).all():
            raise RaysysError(f"the {whose}'s annotation has values such as {_odd(values):g}; allowed: whole numbers")
        return whole
    if name == "progression":
        if values.min() < 0 or values.max() > 1:
            raise RaysysError(
                f"the {whose}'s progression has values from {values.min():g} to {values.max():g}; allowed: 0 to 1"
            )
        return values.astype(np.float32)
    if values.ndim == 2:
        return vectors_of(values.astype(np.float64))
    lengths = np.linalg.norm(values.astype(np.float64), axis=-1, keepdims=True)
    if not (lengths > 0).all():
        raise RaysysError(f"the {whose}'s orientation has vectors of length 0; allowed: vectors with a direction")
    return (values / lengths).astype(np.float32)


def _odd(values: np.ndarray) -> float:
    return float(values[np.rint(values) != values][0])


def _check_proportions(name: str, whose: str, values: np.ndarray, size: tuple[int, ...]) -> None:
    ratio = (values.shape[0] * size[1]) / (values.shape[1] * size[0])
    if abs(np.log(ratio)) > PROPORTION:
        raise RaysysError(
            f"the {whose}'s {name} has {by(values.shape[:2])} pixels, and the {whose} {by(size)}; allowed: the same "
            "proportions, of which any size is resized"
        )


def _labels(target: np.ndarray | None, source: np.ndarray | None) -> tuple[int, ...]:
    if target is None or source is None:
        return ()
    held = np.unique(source)
    if missing := [str(label) for label in np.unique(target) if label not in held]:
        raise RaysysError(
            f"the picture's annotation asks for label{'s' * (len(missing) > 1)} {_listed(missing)}, which the "
            f"exemplar's lacks; it has {_listed([str(label) for label in held])}"
        )
    return tuple(int(label) for label in held)


def _listed(labels: list[str]) -> str:
    return ", ".join(labels[:MOST]) + (f" and {len(labels) - MOST} others" if len(labels) > MOST else "")
