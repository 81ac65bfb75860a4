"""An edit as a plan that a descent follows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from raysys.errors import RaysysError
from raysys.features.recognition import Recogniser
from raysys.synthesis.descent import Plan
from raysys.synthesis.editing.change import Box, Change
from raysys.synthesis.editing.presets import EditWeights
from raysys.synthesis.editing.terms import EditObjective
from raysys.synthesis.exemplar import as_pixels, brightest, resized
from raysys.synthesis.objective import Loss
from raysys.synthesis.presets import Scale
from raysys.synthesis.quilting import Guides, quilt

__all__ = ["EditPlan"]

SMALLEST_BLOCK = 4  # pixels of the windows that a hole is filled with


@dataclass(frozen=True, eq=False)
class EditPlan(Plan):
    """A plan whose exemplar is the image itself, and whose picture is a window of it.

    Attributes
    ----------
    change
        What is wanted.
    window
        Which part of the image is looked at and may change.
    border
        Pixels around what changes that may change too; None: all may. Outside of a hole none does.
    weights
        Of the terms.
    recogniser
        Of the image's class.
    said
        Sentences on what was decided before.
    """

    change: Change = field(kw_only=True)
    window: Box = field(kw_only=True)
    border: int | None = None
    weights: EditWeights = field(default_factory=EditWeights)
    recogniser: Recogniser | None = None
    said: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self._block()  # what cannot be filled is refused before any work

    @property
    def inside(self) -> tuple[slice, slice]:
        """The window, as an index of the image."""
        top, left, bottom, right = self.window
        return slice(top, bottom), slice(left, right)

    @cached_property
    def known(self) -> np.ndarray | None:
        """Pixels of the window that stay as they are, bool (H, W)."""
        known = self.change.known(self.border)
        return None if known is None else known[self.inside]

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """Also what was decided before."""
        return (*self.said, *super().notices)

    def begun(self, size: tuple[int, int], number: int) -> Tensor:
        """Normal noise; or the image with what is missing quilted from its other parts."""
        if self.preset.start == "noise":
            words = np.random.SeedSequence((self.seed, number)).generate_state(1)
            noise = torch.randn(1, 3 if self.exemplar.kind == "colour" else 1, *size,
                                generator=torch.Generator().manual_seed(int(words[0])))  # fmt: skip
            return self._with_known(noise)
        return resized(as_pixels(self._quilted(number)[self.inside]), size)

    def enlarged(self, pixels: Tensor, size: tuple[int, int], number: int) -> Tensor:
        """What a scale has changed is enlarged, and not the image, which would lose the detail that it begins with."""
        if self.preset.start == "noise":
            return super().enlarged(pixels, size, number)
        before, begun = (self.begun((one[0], one[1]), number) for one in (pixels.shape[2:], size))
        return begun + super().enlarged(pixels - before, size, number)

    def objective(self, scale: Scale, layers: tuple[str, ...]) -> Loss:
        """The terms that have a weight."""
        patches = super().objective(scale, layers) if self.weights.correspondence else None
        reference = self.exemplar.pixels(scale.factor)
        return EditObjective(reference, patches, self.recogniser, self.weights)

    def settle(self, pixels: Tensor) -> None:
        """Within [0, 1], and the image's own where they are known."""
        pixels.clamp_(0, 1)
        self._with_known(pixels)

    def image_of(self, pixels: Tensor) -> np.ndarray:
        """The whole, with known pixels as they were; of a binary image so many ones that its phase fraction stays."""
        made, known = self.exemplar.image_of(pixels), self.known
        if known is None or tuple(pixels.shape[2:]) != self.size:
            return made
        whole = self.exemplar.image.copy()
        if self.exemplar.kind == "binary":
            values = pixels.detach()[0, 0].numpy()[~known]
            share = float(whole[self.change.known(self.border)].mean())
            made[~known] = (
                values if np.isin(values, (0, 1)).all() else brightest(values, share)
            )  # a quilt has no others
        made[known] = whole[self.inside][known]
        whole[self.inside] = made
        return whole

    def digested(self) -> dict[str, tuple[str, list[np.ndarray]]]:
        """The change and the classifier."""
        change, network = self.change, self.recogniser
        words = repr((self.border, change.hole, sorted(asdict(self.weights).items())))
        told = "none" if network is None else repr(sorted((key, str(one)) for key, one in network.provenance.items()))
        return {"change": (words, [change.source, change.target, change.origin]), "classifier": (told, [])}

    def told(self) -> dict[str, object]:
        """Also the terms, and which classifier served."""
        found = super().told() | {"terms": {name: one for name, one in asdict(self.weights).items() if one}}
        return found | {"classifier": "none" if self.recogniser is None else self.recogniser.provenance}

    def _with_known(self, pixels: Tensor) -> Tensor:
        """The same, changed in place; at smaller scales a pixel is known where all of its area is."""
        if self.known is not None:
            size = (pixels.shape[2], pixels.shape[3])
            held, known = self._held_at(size)
            pixels[:, :, known] = held[:, :, known]
        return pixels

    def _held_at(self, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        if size not in self._held:
            image = self.exemplar.image[self.inside]
            known = torch.from_numpy(np.asarray(self.known, np.float32))[None, None]
            whole = functional.adaptive_avg_pool2d(known, size)[0, 0] >= 1
            self._held[size] = resized(as_pixels(image), size).clamp(0, 1), whole
        return self._held[size]

    @cached_property
    def _held(self) -> dict[tuple[int, int], tuple[Tensor, Tensor]]:
        return {}

    def _quilted(self, number: int) -> np.ndarray:
        """The image as it begins, with windows of it where nothing is known yet."""
        change, image = self.change, self.exemplar.image
        if (change.origin >= 0).all():
            return image[change.origin[..., 0], change.origin[..., 1]]
        weight = change.weight**0.5
        target, source = (weight * one[..., None].astype(np.float32) for one in (change.target, change.source))
        made = quilt(
            image,
            self.exemplar.size,
            seed=(self.seed, number),
            block=self._block(),
            guides=Guides(target, (source,)),
            held=change.origin,
        )
        return made.image

    def _block(self) -> int:
        """Pixels of the windows: as many as preset, halved until some window shows nothing of the hole."""
        block = min(self.preset.block, min(self.exemplar.size) // 2)
        while self.change.hole and not _clean(~self.change.source, block):
            if block // 2 < SMALLEST_BLOCK:
                raise RaysysError(
                    f"the hole leaves no {block} x {block} pixels of the image to fill it with; allowed: a smaller hole"
                )
            block //= 2
        return block


def _clean(known: np.ndarray, block: int) -> bool:
    """Whether some window is known as a whole."""
    return bool(ndimage.minimum_filter(known, block, mode="constant", cval=False).any())
