"""A named set of descriptors of N images, that can be saved, loaded and compared."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.shapes import by
from raysys.spacing import Spacing, stored_spacing
from raysys.stats.correlation.chord_length import Edges as ChordEdges
from raysys.stats.correlation.polytope import Apex, OddEdges, Rounding
from raysys.stats.correlation.scaled import order, scaled_autocovariance
from raysys.stats.curve import Boundary, Curve
from raysys.stats.frames import array, dataset, frame, html_table, numbers_of
from raysys.stats.geometry.cells import Edges as MinkowskiEdges
from raysys.stats.geometry.minkowski import Surface
from raysys.stats.geometry.pores import Edges as PoreEdges
from raysys.stats.geometry.pores import Pores
from raysys.stats.groups import checked
from raysys.stats.labelling import Connectivity
from raysys.stats.phases import Phase
from raysys.stats.scalar import Scalar
from raysys.stats.sets.descriptors import DESCRIPTORS, Descriptor, Options, known
from raysys.stats.sets.spreading import Progress, at_hand, spread

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FORMAT = "raysys characterisation 2"
READABLE = ("raysys characterisation 1", FORMAT)  # the first kind holds curves only


@dataclass(frozen=True)
class Characterisation:
    """Descriptors of a set of images.

    Attributes
    ----------
    curves
        {descriptor: Curve}.
    phase_fractions
        (N,) float64.
    shape
        Of one image, pixels.
    phase
        Value of the phase in the images.
    boundary
        "open" or "periodic".
    scalars
        {name: Scalar}, one number per image each.
    pores
        The connected parts of the phase, if they were asked for.
    descriptors
        Names that were asked for, by which the same can be measured of other images.
    groups
        (N,) labels of images that belong together, such as tiles of one region or slices of one volume: bands and
        intervals of all curves and scalars count them as one. None where every image stands for itself.
    spacing
        How far apart the pixels are; None where it is not known. Lags and numbers are in pixels all the same.
    """

    curves: dict[str, Curve]
    phase_fractions: np.ndarray
    shape: tuple[int, ...]
    phase: int
    boundary: Boundary
    scalars: dict[str, Scalar] = field(default_factory=dict)
    pores: Pores | None = None
    descriptors: tuple[str, ...] = ()
    groups: np.ndarray | None = None
    spacing: Spacing | None = None

    def __post_init__(self) -> None:
        groups = checked(self.groups, self.n)
        curves = {name: replace(curve, groups=groups) for name, curve in self.curves.items()}
        scalars = {name: replace(scalar, groups=groups) for name, scalar in self.scalars.items()}
        pores = None if self.pores is None else replace(self.pores, groups=groups)
        # Said once for the set, so that no curve can be of other groups than the rest.
        for name, value in {"groups": groups, "curves": curves, "scalars": scalars, "pores": pores}.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """In one line."""
        names = ", ".join((*self.curves, *self.scalars, *(["pores"] if self.pores is not None else [])))
        pixels = by(self.shape)
        return f"<Characterisation of {self.n} images of {pixels}, fraction {self.phase_fraction:.4f}: {names}>"

    def _repr_html_(self) -> str:
        """A row for each curve and each number, for notebooks."""
        rows: list[tuple[object, ...]] = [
            (name, f"r = {numbers_of(curve.r)} pixels", float(curve.mean[0]), float(curve.mean[-1]), "")
            for name, curve in self.curves.items()
        ]
        rows += [
            (one.name, "of each image", one.mean, one.half_width, one.unit)
            for one in (*self.scalars.values(), self.fraction_scalar)
        ]
        title = f"{self.n} images of {by(self.shape)} pixels, boundary {self.boundary}"
        return html_table(title, ("", "", "first value, or mean", "last value, or half the interval", "unit"), rows)

    def to_frame(self) -> pd.DataFrame:
        """The rows that a CSV file has, see `rows`; RaysysError if pandas is not installed."""
        return frame(self.rows())

    def to_xarray(self) -> xr.Dataset:
        """Every curve (image, r) and number (image) by name, NaN at lags that a curve has not.

        Raises
        ------
        RaysysError
            If xarray is not installed.
        """
        scalars = [array(one.name, one.values, None, one.protocol, one.unit) for one in self.scalars.values()]
        fraction = array("phase_fraction", self.phase_fractions, None, {})
        arrays = [*(curve.to_xarray() for curve in self.curves.values()), *scalars, fraction]
        return dataset(arrays, {"phase": self.phase, "boundary": self.boundary, "shape": list(self.shape)})

    @property
    def n(self) -> int:
        """Number of images."""
        return len(self.phase_fractions)

    @property
    def units(self) -> int:
        """How many independent units intervals stand on: groups where there are any, else images."""
        return self.fraction_scalar.units

    @property
    def phase_fraction(self) -> float:
        """Mean phase fraction."""
        return float(self.phase_fractions.mean())

    @property
    def fraction_scalar(self) -> Scalar:
        """The phase fraction of every image as a scalar among the others."""
        return Scalar("phase_fraction", self.phase_fractions, "", self.phase, self.boundary, groups=self.groups)

    def scaled(self) -> dict[str, Curve]:
        """Scaled autocovariance Fn of every function that has one, the others as they are; by descriptor name."""
        return {name: scaled_autocovariance(c) if order(name) else c for name, c in self.curves.items()}

    def mean_curves(self) -> dict[str, np.ndarray]:
        """Mean curve (R,) of every descriptor."""
        return {name: curve.mean for name, curve in self.curves.items()}

    def subset(self, indices: Sequence[int] | np.ndarray) -> Characterisation:
        """The same descriptors of some of the images."""
        chosen = np.asarray(indices)
        return replace(
            self,
            curves={name: curve.subset(chosen) for name, curve in self.curves.items()},
            phase_fractions=self.phase_fractions[chosen],
            scalars={name: scalar.subset(chosen) for name, scalar in self.scalars.items()},
            pores=None if self.pores is None else self.pores.subset(chosen),
            groups=None if self.groups is None else self.groups[chosen],
        )

    @classmethod
    def joined(cls, parts: Sequence[Characterisation]) -> Characterisation:
        """One characterisation of all the images of several that were measured alike, in their order."""
        first, groups = parts[0], [part.groups for part in parts if part.groups is not None]
        pores = [part.pores for part in parts if part.pores is not None]
        return replace(
            first,
            curves={
                name: replace(curve, values=np.concatenate([part.curves[name].values for part in parts]), groups=None)
                for name, curve in first.curves.items()
            },
            phase_fractions=np.concatenate([part.phase_fractions for part in parts]),
            scalars={
                name: replace(scalar, values=np.concatenate([part.scalars[name].values for part in parts]), groups=None)
                for name, scalar in first.scalars.items()
            },
            pores=Pores.joined(pores) if pores else None,
            groups=np.concatenate(groups) if len(groups) == len(parts) else None,
        )

    def rows(self) -> list[dict[str, Any]]:
        """One row per descriptor and lag, as for a CSV file: numbers beside the protocol they were taken under.

        Scalars, and the phase fraction as the last of them, have one row each, whose r is None.
        """
        scaled = self.scaled()
        rows = [row for name, curve in self.curves.items() for row in _rows(curve, scaled[name].mean)]
        for one in (*self.scalars.values(), self.fraction_scalar):
            rows.append(_row(one, None, one.mean, one.mean - one.half_width, one.mean + one.half_width))
        return rows

    def save(self, path: str | Path) -> None:
        """Write everything into one .npz file, which appears when it is complete."""
        arrays: dict[str, Any] = {f"r/{name}": curve.r for name, curve in self.curves.items()}
        arrays |= {f"values/{name}": curve.values for name, curve in self.curves.items()}
        arrays |= {f"scalar/{name}": scalar.values for name, scalar in self.scalars.items()}
        if self.pores is not None:
            arrays |= {f"pores/{name}": values for name, values in self.pores.properties.items()}
            arrays["pore_image"] = self.pores.image
        if self.groups is not None:
            arrays["groups"] = np.unique(self.groups, return_inverse=True)[1]
        description = np.array(json.dumps(self._description()))
        with written_aside(path) as aside, aside.open("wb") as file:
            np.savez_compressed(file, description=description, phase_fractions=self.phase_fractions, **arrays)

    def _description(self) -> dict[str, Any]:
        pores = self.pores
        return {
            "format": FORMAT,
            "shape": self.shape,
            "phase": self.phase,
            "boundary": self.boundary,
            "descriptors": self.descriptors,
            **({} if self.spacing is None else self.spacing.fields),
            "protocol": {name: curve.protocol for name, curve in self.curves.items()},
            "scalars": {name: {"unit": one.unit, "protocol": one.protocol} for name, one in self.scalars.items()},
            "pores": None if pores is None else {"properties": list(pores.properties), "protocol": pores.protocol},
        }

    @classmethod
    def load(cls, path: str | Path) -> Characterisation:
        """Read what `save` wrote; runs no code of the file.

        Raises
        ------
        RaysysError
            If there is no such file, or it is no characterisation.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                description = json.loads(str(stored["description"]))
                if description["format"] not in READABLE:
                    raise ValueError(f"format {description['format']!r}")
                return _stored(stored, description)
        except FileNotFoundError as error:
            raise RaysysError(f"{path}: no such file; a characterisation saved by raysys is needed") from error
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise RaysysError(f"{path}: not a characterisation saved by raysys, or a damaged one ({error})") from error


def _stored(stored: Any, description: dict[str, Any]) -> Characterisation:
    """What an .npz file holds, by its description."""
    phase, boundary, fractions = description["phase"], description["boundary"], stored["phase_fractions"]
    curves = {
        name: Curve(name, stored[f"r/{name}"], stored[f"values/{name}"], phase, boundary, protocol)
        for name, protocol in description["protocol"].items()
    }
    scalars = {
        name: Scalar(name, stored[f"scalar/{name}"], one["unit"], phase, boundary, one["protocol"])
        for name, one in description.get("scalars", {}).items()
    }
    pores, held = None, description.get("pores")
    if held is not None:
        properties = {name: stored[f"pores/{name}"] for name in held["properties"]}
        pores = Pores(stored["pore_image"], properties, len(fractions), phase, boundary, held["protocol"])
    names, shape = description.get("descriptors", description["protocol"]), description["shape"]
    groups = stored["groups"] if "groups" in stored.files else None  # an earlier raysys knew none
    return Characterisation(
        curves,
        fractions,
        tuple(shape),
        phase,
        boundary,
        scalars,
        pores,
        tuple(names),
        groups,
        stored_spacing(description),
    )


def _rows(curve: Curve, scaled: np.ndarray) -> list[dict[str, Any]]:
    mean, (lower, upper), flagged = curve.mean, curve.band, curve.flagged
    sampled = np.flatnonzero(~np.isnan(mean))
    # Lags that are never sampled (odd triangles) are left out; a phase that does not occur is told as NaN.
    return [
        _row(curve, float(curve.r[i]), float(mean[i]), float(lower[i]), float(upper[i]))
        | {"scaled": float(scaled[i]), "flagged": bool(flagged[i])}
        for i in (sampled if len(sampled) else range(len(mean)))
    ]


def _row(of: Curve | Scalar, r: float | None, mean: float, lower: float, upper: float) -> dict[str, Any]:
    return {
        "descriptor": of.name,
        "r": r,
        "mean": mean,
        "lower": lower,
        "upper": upper,
        "scaled": None,
        "flagged": False,
        "unit": of.unit if isinstance(of, Scalar) else "",
        "n": of.n,
        "units": of.units,
        "phase": of.phase,
        "boundary": of.boundary,
        "protocol": " ".join(f"{key}={value}" for key, value in of.protocol.items()),
    }


def characterise(
    images: np.ndarray,
    descriptors: Sequence[str] = DESCRIPTORS,
    *,
    phase: int = 1,
    r_max: int | None = None,
    boundary: Boundary = "open",
    rounding: Rounding = "nearest",
    apex: Apex = "published",
    odd_edges: OddEdges = "skip",
    connectivity: Connectivity = "faces",
    surface: Surface = "crofton",
    minkowski_edges: MinkowskiEdges = "window",
    chord_edges: ChordEdges = "drop",
    pore_edges: PoreEdges = "keep",
    smallest: int = 1,
    refine: int = 1,
    mask: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    parallel: bool | None = None,
    progress: Progress | None = None,
) -> Characterisation:
    """Measure several descriptors of a set of images.

    Parameters
    ----------
    images
        Integers (N, H, W) or (N, D, H, W).
    descriptors
        Names out of `raysys.stats.KNOWN`.
    phase, r_max, boundary
        As for `two_point`.
    rounding, apex, odd_edges
        As for `polytope`.
    connectivity
        "faces" (4 or 6 neighbours) or "all" (8 or 26), for whatever looks at connected parts.
    surface, minkowski_edges
        As `surface` and `edges` of `minkowski`, but images are taken for windows into something larger by default;
        `surface` is also the method of `specific_surface`.
    chord_edges
        As `edges` of `chord_length_distribution`.
    pore_edges, smallest
        As `edges` and `smallest` of `pores`.
    refine
        As for `permeability`.
    mask
        Region of interest, as for `two_point`; phase fractions are of what lies in it, too.
    groups
        (N,) labels of images that belong together, as of `Characterisation`.
    parallel
        Whether the images are spread over the CPUs of a Ray that this process has started or joined; the numbers are
        the same, bit for bit. None: if there is one, and the images take long enough; never inside a Ray worker, nor of
        images that have a mask each.
    progress
        Called with how much is done and how much there is: of the descriptors, or of the images if they are spread.

    Raises
    ------
    RaysysError
        If a descriptor is unknown or the images are not as said, or `parallel` is True without such a Ray.
    """
    found = Phase.of(images, phase, boundary, mask=mask)
    groups = checked(groups, found.n)  # before minutes are spent
    chosen = known(descriptors, found.dims)
    options = Options(
        r_max=r_max,
        rounding=rounding,
        apex=apex,
        odd_edges=odd_edges,
        connectivity=connectivity,
        surface=surface,
        minkowski_edges=minkowski_edges,
        chord_edges=chord_edges,
        pore_edges=pore_edges,
        smallest=smallest,
        refine=refine,
    )
    alike = found.mask is None or len(found.mask) == 1
    if at_hand(parallel) and found.n > 1 and alike and not found.absent:
        part = partial(
            _measured_part, value=phase, boundary=boundary, mask=found.mask, descriptors=chosen, options=options
        )
        joined = Characterisation.joined(spread(found.images, part, forced=parallel is True, progress=progress))
        return replace(joined, groups=groups)
    return replace(_measured(found, chosen, options, progress), groups=groups)


def _measured_part(
    images: np.ndarray,
    value: int,
    boundary: Boundary,
    mask: np.ndarray | None,
    descriptors: Sequence[Descriptor],
    options: Options,
) -> Characterisation:
    """Some images of a set that holds the phase: those without it are not images of an absent phase."""
    part = Phase(images, value, boundary, mask)
    vars(part)["absent"] = False
    return _measured(part, descriptors, options)


def _measured(
    found: Phase, descriptors: Sequence[Descriptor], options: Options, progress: Progress | None = None
) -> Characterisation:
    curves: dict[str, Curve] = {}
    scalars: dict[str, Scalar] = {}
    pores: Pores | None = None
    for done, descriptor in enumerate(descriptors, start=1):
        measured = descriptor.measure(found, options)
        if isinstance(measured, Curve):
            curves[descriptor.name] = measured
        elif isinstance(measured, Pores):
            pores = measured
        else:
            scalars |= {one.name: one for one in measured}
        if progress is not None:
            progress(done, len(descriptors))
    names = tuple(one.name for one in descriptors)
    fractions = np.full(found.n, np.nan) if found.absent else found.fractions
    return Characterisation(curves, fractions, found.shape, found.value, found.boundary, scalars, pores, names)
