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
from raysys.synthesis.editing.change import Change
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
    """A plan whose exemplar is the image itself.

    Attributes
    ----------
    change
        What is wanted.
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
    border: int | None = None
    weights: EditWeights = field(default_factory=EditWeights)
    recogniser: Recogniser | None = None
    said: tuple[str, ...] = ()

    @cached_property
    def known(self) -> np.ndarray | None:
        """Pixels that stay as they are, bool (H, W)."""
        return self.change.known(self.border)

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
        return resized(as_pixels(self._quilted(number)), size)

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
        """With known pixels as they were; of a binary image so many ones that its phase fraction stays."""
        made, known = self.exemplar.image_of(pixels), self.known
        if known is None or tuple(pixels.shape[2:]) != self.size:
            return made
        image = self.exemplar.image
        if self.exemplar.kind == "binary":
            values = pixels.detach()[0, 0].numpy()[~known]
            binary = np.isin(values, (0, 1)).all()  # a quilt
            made[~known] = values if binary else brightest(values, float(image[known].mean()))
        made[known] = image[known]
        return made

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
            known = torch.from_numpy(np.asarray(self.known, np.float32))[None, None]
            whole = functional.adaptive_avg_pool2d(known, size)[0, 0] >= 1
            self._held[size] = resized(as_pixels(self.exemplar.image), size).clamp(0, 1), whole
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
            self.size,
            seed=(self.seed, number),
            block=self._block(),
            guides=Guides(target, (source,)),
            held=change.origin,
        )
        return made.image

    def _block(self) -> int:
        """Pixels of the windows: as many as preset, halved until some window shows nothing of the hole."""
        block = min(self.preset.block, min(self.size) // 2)
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
