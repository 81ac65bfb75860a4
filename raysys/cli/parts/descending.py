"""Microstructures by descent on descriptors from the command line: flat ones, and volumes of sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raysys.anneal.weights import weights_of
from raysys.cli.parts.commission import mask_of
from raysys.cli.parts.exemplars import read_exemplars
from raysys.cli.parts.images import reading
from raysys.cli.parts.terminal import by, facts, notice, number, show, wrote
from raysys.errors import RaysysError
from raysys.shapes import whole_numbers

if TYPE_CHECKING:
    import numpy as np

    from raysys.features.vgg import Kernels
    from raysys.spacing import Spacing
    from raysys.synthesis import DescriptorOrder, DescriptorTarget, Synthesis

__all__ = [
    "AskedDescent",
    "DescriptorsOption",
    "KnownOption",
    "MaskOption",
    "ReachOption",
    "SectionsOption",
    "StepsOption",
    "VolumeOption",
    "write_structures",
]

DESCENT = "Microstructures by descriptors"
USUAL = "S2,L"
UNSAID = "512"  # the size of pictures where nobody says it


def _option(*names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel=DESCENT, **settings)


DescriptorsOption = Annotated[
    str | None,
    _option(
        metavar="S2,L:0.5,...",
        help="Of a segmented micrograph: descend on these descriptors with their weights, and not on features of the "
        "image: S2, L, P3H, P3V, P4, P6, map, gram (what a network sees in it). Phase fractions are exact, and the "
        "structure repeats itself at its edges.",
    ),
]
VolumeOption = Annotated[
    int,
    _option(min=2, max=3, help="3 makes a volume whose slices in every direction are like the section IMAGE."),
]
SectionsOption = Annotated[
    tuple[str, str, str] | None,
    _option(
        metavar="XY XZ YZ",
        help="Make volumes, stored as z, y, x, whose slices are like three flat images, in place of IMAGE: rows and "
        "columns along y and x, along z and x, along z and y.",
    ),
]
ReachOption = Annotated[
    int | None,
    _option(min=1, help="Longest lag; by default a third of the shortest side, 48 at most."),
]
StepsOption = Annotated[int, _option(min=1, help="Of Adam.")]
KnownOption = Annotated[
    str | None,
    _option(
        metavar="IMAGE", help="Keep this image, or volume, where --mask is black; its size is that of what is made."
    ),
]
MaskOption = Annotated[Path | None, _option(help="White where --known is to be filled; of the same size.")]


@dataclass(frozen=True)
class AskedDescent:
    """What was typed of a descent on descriptors; `which` says which of several images in a file is meant."""

    images: Sequence[str]
    descriptors: str | None
    dims: int
    sections: tuple[str, str, str] | None
    kind: str
    size: str
    r_max: int | None
    steps: int
    known: str | None
    mask: Path | None
    weights: str | None
    which: dict[str, Any] = field(default_factory=dict)

    @property
    def wanted(self) -> bool:
        """Whether it is descriptors that are descended on."""
        return bool(self.descriptors is not None or self.sections or self.dims == 3 or self.known or self.mask)

    @property
    def axes(self) -> int:
        """Of what is made."""
        return 3 if self.sections else self.dims

    def order(self, *, seed: int, threads: int | None) -> tuple[DescriptorOrder, Spacing | None]:
        """What structures are made by, and how far their pixels will be apart.

        Raises
        ------
        RaysysError
            One sentence for whatever does not fit together.
        """
        from raysys.synthesis import DescriptorOrder

        if (self.known is None) != (self.mask is None):
            raise RaysysError("--known and --mask go together: the image that stays, and where it does not")
        images, spacing = self._read()
        target = self._target(images)
        known = None if self.known is None or self.mask is None else self._known(self.known, self.mask, target)
        sides = self._sides(None if known is None else known.shape)
        return DescriptorOrder(target, sides, seed, self.steps, known, threads or 1), spacing

    def _read(self) -> tuple[list[np.ndarray], Spacing | None]:
        """The images, whole numbers, and how far apart pixels of what is made are."""
        from raysys.sections import voxels_of
        from raysys.spacing import Spacing

        paths = list(self.sections or self.images)
        if self.sections is None and len(paths) != 1:
            raise RaysysError(f"--descriptors of {len(paths)} images; allowed: one micrograph, or three by --sections")
        said = reading(**self.which)["spacing"] if self.sections else None
        which = self.which | ({"pixel_size": None} if self.sections else {})
        found = [self._image(path, which) for path in paths]
        images, sizes = [one for one, _ in found], [size for _, size in found]
        if self.sections:
            return images, voxels_of(paths, sizes) if said is None else said.of_axes(3)
        if self.axes == 2 or sizes[0] is None:
            return images, sizes[0]
        if not sizes[0].isotropic:
            raise RaysysError(
                f"the pixels of {paths[0]} are {sizes[0]}, and a volume that is the same in every direction has equal "
                "ones; give sections in three directions (--sections)"
            )
        return images, Spacing(sizes[0].sizes[:1] * 3, sizes[0].unit)

    def _image(self, path: str, which: dict[str, Any]) -> tuple[np.ndarray, Spacing | None]:
        if self.kind == "labels":
            from raysys.data.files.reading import read_stored

            how = reading(**which)
            stored = read_stored(path, how["choice"], kind="labels")
            if stored.array.ndim != 2:
                raise RaysysError(f"{path} holds {by(stored.array.shape)}; allowed: one flat image")
            spacing = stored.spacing if how["spacing"] is None else how["spacing"].of_axes(2)
            return stored.array, spacing
        (read,) = read_exemplars([path], self.kind, **which)
        if read.kind != "binary":
            raise RaysysError(
                f"--descriptors of {path}, a {read.kind} image; allowed: a binary micrograph (raysys data segment), or "
                "--kind labels, of which every value is a phase"
            )
        return read.image, read.spacing

    def _target(self, images: list[np.ndarray]) -> DescriptorTarget:
        from raysys.synthesis import DescriptorTarget

        if self.descriptors is None:
            notice(f"descends on {USUAL}; --descriptors says otherwise")
        wanted = USUAL if self.descriptors is None else self.descriptors
        weights = weights_of(wanted, option="--descriptors") or {}
        kernels = self._kernels() if "gram" in weights else None
        if self.axes == 3:
            return DescriptorTarget.of_sections(images, weights, r_max=self.r_max, kernels=kernels)
        return DescriptorTarget.of(images[0], weights, r_max=self.r_max, kernels=kernels)

    def _kernels(self) -> Kernels | None:
        from raysys.features.usual import WeightsMissingError, usual_kernels
        from raysys.losses.texture import LAYERS_OF

        sources = None if self.weights is None else [self.weights]
        try:
            return usual_kernels(sources, LAYERS_OF["gram"][-1], allowed="--weights random")
        except WeightsMissingError:
            if self.weights is not None:
                raise
            notice("VGG-19's weights are not here, so gram looks with random ones; --weights names a file")
            return None

    def _known(self, path: str, mask: Path, target: DescriptorTarget) -> np.ndarray:
        """Values of the pixels that stay, -1 elsewhere."""
        import numpy as np

        from raysys.data import is_binary, to_grey
        from raysys.data.files.reading import read_stored

        binary = self.kind != "labels"
        stored = read_stored(path, reading(**self.which)["choice"], kind="grey" if binary else "labels").array
        if binary and not is_binary(stored):
            raise RaysysError(f"--known {path} has more than two values; segment it first (raysys data segment)")
        values = (to_grey(stored) if binary else stored).astype(np.int64)
        known = np.where(mask_of(mask, stored.shape), -1, values)
        strange = np.setdiff1d(known, (-1, *target.values))
        if len(strange):
            raise RaysysError(
                f"--known {path} holds {strange[0]}; allowed: {', '.join(map(str, target.values))}, as the image has"
            )
        return known

    def _sides(self, known: tuple[int, ...] | None) -> tuple[int, ...]:
        if known is not None and (self.size == UNSAID or whole_numbers(self.size) == known):
            if len(known) != self.axes:
                raise RaysysError(
                    f"--known has {by(known)} pixels, and --dims is {self.axes}; allowed: {self.axes} axes"
                )
            return known
        if known is not None:
            raise RaysysError(f"--size is {self.size} and --known has {by(known)} pixels; leave --size away")
        sides = whole_numbers(self.size)
        if self.axes == 3 and self.size == UNSAID:
            raise RaysysError("no --size of the volume, which no section says; give one number or three, such as 64")
        if sides is None or len(sides) not in (1, self.axes):
            raise RaysysError(f"--size {self.size}: allowed: one number, or {self.axes} of --dims {self.axes}")
        return sides * self.axes if len(sides) == 1 else sides


def write_structures(output: Path, made: Sequence[Synthesis], order: DescriptorOrder, spacing: Spacing | None) -> None:
    """Write all structures, and say how near they came."""
    import numpy as np

    from raysys.data import write_images

    images = np.stack([one.image for one in made])
    binary = order.target.values == (0, 1)
    # A volume by itself is no stack of one: its slices have a distance.
    write_images(output, images, kind="binary" if binary else "labels", spacing=spacing)
    wrote(output, f"{len(made)} of {by(order.shape)} {'voxels' if images.ndim == 4 else 'pixels'}")
    losses = [float(one.losses[-1]) for one in made]
    rows = {"loss at the end": f"{number(min(losses))} to {number(max(losses))}"}
    shares = {value: float((images == value).mean()) for value in order.target.values[binary:]}
    rows["phase fraction"] = ", ".join(f"{'' if binary else f'{value}: '}{number(s)}" for value, s in shares.items())
    show(facts(f"{made[0].preset}", {**rows, "seconds": f"{sum(one.seconds for one in made):.1f}"}))
