"""One picture on its way from its start through all scales; can be kept after any step and taken up again."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from raysys.errors import RaysysError
from raysys.features.vgg import Kernels
from raysys.synthesis.exemplar import POOLED, Exemplar, as_pixels, resized, scaled_size
from raysys.synthesis.guidance import FittedGuidance
from raysys.synthesis.objective import Loss, Objective, fitting_layers
from raysys.synthesis.patch_match import patch_match
from raysys.synthesis.presets import WITHOUT_NETWORK, Preset, Scale
from raysys.synthesis.sources import Copies, Source, sources_of
from raysys.synthesis.start import guides_of, picked, quilted
from raysys.synthesis.surroundings import Fixed, Surroundings

__all__ = ["Descent", "Plan"]


@dataclass(frozen=True, eq=False)
class Plan:
    """What pictures of one kind have in common; they differ by their number.

    Attributes
    ----------
    kernels
        VGG-19's; None of methods that need no network.
    guidance
        Maps of the picture and of the exemplar.
    copies
        Of the exemplar, that patches are taken from as well.
    others
        Exemplars that patches are taken from as well, each with places of its own.
    """

    exemplar: Exemplar
    size: tuple[int, int]
    method: str
    preset: Preset
    seed: int
    periodic: bool
    kernels: Kernels | None = None
    guidance: FittedGuidance | None = None
    copies: Copies = field(default_factory=Copies)
    others: tuple[Exemplar, ...] = ()

    def __post_init__(self) -> None:
        if min(self.size) < 8:
            raise RaysysError(f"size {self.size[0]} x {self.size[1]}; allowed: 8 pixels a side and more")
        if self.seed < 0:
            raise RaysysError(f"seed {self.seed}; allowed: whole numbers >= 0")
        if self.periodic and any(side % POOLED for side in self.size) and self.method not in WITHOUT_NETWORK:
            near = " x ".join(str(max(POOLED, round(side / POOLED) * POOLED)) for side in self.size)
            raise RaysysError(
                f"size {self.size[0]} x {self.size[1]} of a tileable picture; allowed: multiples of {POOLED}, such as "
                f"{near}, which features are pooled from"
            )
        if self.guidance is not None and self.method == "gram":
            raise RaysysError("gram compares whole images, which no map guides; allowed: any other method")
        if self.method == "patch-match" and not self.copies.alone:
            raise RaysysError("patch-match knows no copies of the exemplar; allowed: any other method, or no copies")
        self._check_others()

    def _check_others(self) -> None:
        """Refuse exemplars that cannot be taken together."""
        if not self.others:
            return
        if self.method == "patch-match":
            raise RaysysError("patch-match knows one exemplar; allowed: any other method, or one exemplar")
        if self.guidance is not None or not self.copies.alone or self.preset.patches.context:
            raise RaysysError(
                f"{1 + len(self.others)} exemplars together with maps, copies or a local context, which are of one "
                "exemplar; allowed: one exemplar, or several without them"
            )
        if strange := [one.kind for one in self.others if one.kind != self.exemplar.kind]:
            raise RaysysError(
                f"exemplars together are {self.exemplar.kind} and {strange[0]}; allowed: all of one kind (--kind)"
            )

    @cached_property
    def sources(self) -> list[Source]:
        """The exemplar and its copies, with their guidance, or all exemplars."""
        return sources_of(self.exemplar, self.copies, self.guidance, self.others)

    @cached_property
    def fraction(self) -> float:
        """Mean over the pixels of all exemplars: of binary ones their phase fraction."""
        every = (self.exemplar, *self.others)
        return sum(float(one.image.sum(dtype=np.float64)) for one in every) / sum(one.image.size for one in every)

    @cached_property
    def scales(self) -> tuple[tuple[Scale, tuple[str, ...]], ...]:
        """The scales with the layers that have a patch there; none of methods that need no network.

        Raises
        ------
        RaysysError
            If there is no patch at any scale.
        """
        if self.method in WITHOUT_NETWORK:
            return ()
        found = []
        for scale in self.preset.scales:
            exemplars = (scaled_size(one.size, scale.factor) for one in (self.exemplar, *self.others))
            sizes = self.size_at(scale), *exemplars
            layers = fitting_layers(self.method, self.preset, scale, *sizes, periodic=self.periodic)
            if layers:
                found.append((scale, layers))
        if not found:
            rows, columns = self.exemplar.size
            raise RaysysError(
                f"{self.method}: an exemplar of {rows} x {columns} pixels and a picture of {self.size[0]} x "
                f"{self.size[1]} have no patch at any scale; allowed: larger ones, or the method quilting"
            )
        return tuple(found)

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """Sentences on what became of maps, and on scales and layers that have no patch."""
        held, sentences = dict(self.scales), [] if self.guidance is None else list(self.guidance.notices)
        for scale in self.preset.scales if self.method not in WITHOUT_NETWORK else ():
            missing = [one for one in self.preset.layers(self.method, scale) if one not in held.get(scale, ())]
            if missing:
                sentences.append(f"scale {scale.factor:g}: no patch of {', '.join(missing)} fits, which is left out")
        return tuple(sentences)

    # What an edit does otherwise, see `raysys.synthesis.editing.plan`.

    def begun(self, size: tuple[int, int], number: int) -> Tensor | None:
        """What picture `number` begins as at a size; None where the preset says it."""
        return None

    def objective(self, scale: Scale, layers: tuple[str, ...]) -> Loss:
        """What is minimised at a scale."""
        assert self.kernels is not None
        return Objective(
            [one.at(scale.factor) for one in self.sources],
            self.method,
            self.preset,
            layers,
            self.kernels,
            periodic=self.periodic,
            guidance=self.guidance,
        )

    def enlarged(self, pixels: Tensor, size: tuple[int, int], number: int) -> Tensor:
        """Pixels of picture `number` as the next scale begins with them."""
        return resized(pixels, size, periodic=self.periodic)

    def settle(self, pixels: Tensor) -> None:
        """Bring pixels, after each step, back to where they may be."""
        pixels.clamp_(0, 1)

    def image_of(self, pixels: Tensor) -> np.ndarray:
        """What pixels are as an image; a binary one has the phase fraction of all exemplars."""
        return self.exemplar.image_of(pixels, self.fraction)

    def digested(self) -> dict[str, tuple[str, list[np.ndarray]]]:
        """What else pictures depend on: words and arrays by name."""
        return {}

    def told(self) -> dict[str, object]:
        """Where things come from that pictures were made with."""
        return {} if self.kernels is None else dict(self.kernels.provenance)

    def size_at(self, scale: Scale) -> tuple[int, int]:
        """Rows and columns of the picture at a scale."""
        return self.size if scale.factor == 1 else scaled_size(self.size, scale.factor, periodic=self.periodic)

    @property
    def steps(self) -> int:
        """Of a picture; one of a quilt."""
        return sum(scale.steps for scale, _ in self.scales) or 1

    @property
    def work(self) -> int:
        """Pixels times steps."""
        scales = [(math.prod(self.size_at(scale)), scale.steps) for scale, _ in self.scales]
        return sum(pixels * steps for pixels, steps in scales) or math.prod(self.size)


class Descent:
    """A picture of a plan.

    Parameters
    ----------
    number
        Of the picture, from 0: what is drawn depends on the plan's seed and on it.
    surroundings
        Of a picture that is a window of a larger one: what it begins as, and which of its pixels stay.

    Attributes
    ----------
    step
        Steps made.
    losses
        After each of them, before its change.
    work
        Pixels times steps.
    """

    _objective: Loss
    _adam: torch.optim.Adam

    def __init__(self, plan: Plan, number: int = 0, surroundings: Surroundings | None = None) -> None:
        self.plan, self.number, self.surroundings = plan, number, surroundings
        self.step, self.work = 0, 0
        self.losses: list[float] = []
        self.pixels = torch.zeros(())
        self._stage, self._within = -1, 0
        self._fixed: Fixed | None = None
        self._enter()

    @property
    def finished(self) -> bool:
        """Whether all scales are done."""
        return self.step >= self.plan.steps

    def advance(self) -> None:
        """Make one step."""
        if not self.plan.scales:
            self.step, self.work = 1, self.plan.work
            return
        scale, _ = self.plan.scales[self._stage]
        generator = self._generator(self._stage, self._within)
        for group in self._adam.param_groups:
            group["lr"] = _rate(scale, self._within, self.plan.preset.falling)
        self._adam.zero_grad()
        loss = self._objective(self.pixels, generator)
        loss.backward()  # type: ignore[no-untyped-call]
        self._adam.step()
        with torch.no_grad():
            self.plan.settle(self.pixels)
            if self._fixed is not None:
                self._fixed.restore(self.pixels)
        self.losses.append(float(loss.detach()))
        self.step, self._within = self.step + 1, self._within + 1
        self.work += self.pixels[0, 0].numel()
        if self._within == scale.steps and not self.finished:
            self._enter()

    @property
    def image(self) -> np.ndarray:
        """The picture as it is now, at the scale that it is at."""
        return self.plan.image_of(self.pixels)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """All that it goes on from."""
        arrays = {"pixels": self.pixels.detach().numpy().copy(), "losses": np.array(self.losses)}
        if self.plan.scales:
            held = self._adam.state[self.pixels]
            moments = {name: held[name].numpy().copy() for name in ("exp_avg", "exp_avg_sq") if held}
            arrays |= moments | {f"term/{name}": one.numpy().copy() for name, one in self._objective.memory().items()}
        described = {"step": self.step, "stage": self._stage, "within": self._within, "work": self.work}
        return described, arrays

    @classmethod
    def from_state(cls, plan: Plan, number: int, state: tuple[dict[str, Any], dict[str, np.ndarray]]) -> Descent:
        """The picture whose state this was."""
        described, arrays = state
        found = cls.__new__(cls)
        found.plan, found.number, found.surroundings = plan, number, None
        found.step, found.work = described["step"], described["work"]
        found._stage, found._within = described["stage"], described["within"]
        found.losses = arrays["losses"].tolist()
        found.pixels = torch.from_numpy(arrays["pixels"].copy())
        if plan.scales:
            found._begin_scale()
            if "exp_avg" in arrays:
                moments = {name: torch.from_numpy(arrays[name].copy()) for name in ("exp_avg", "exp_avg_sq")}
                found._adam.state[found.pixels] = {"step": torch.tensor(float(found._since_size())), **moments}
            kept = {name[5:]: torch.from_numpy(one.copy()) for name, one in arrays.items() if name.startswith("term/")}
            found._objective.remember(kept)
        return found

    def _enter(self) -> None:
        """Begin the next scale: from the start, or from the picture as it is by now."""
        self._stage, self._within = self._stage + 1, 0
        if not self.plan.scales:
            self.pixels = self._of_exemplar()
            return
        scale, layers = self.plan.scales[self._stage]
        if self._since_size():  # other layers at the same size: the optimiser goes on
            memory = self._objective.memory()
            self._objective = self.plan.objective(scale, layers)
            self._objective.remember({name: one for name, one in memory.items() if name.split("/")[0] in layers})
            return
        size = self.plan.size_at(scale)
        if self.surroundings is not None and not self._stage:
            pixels = resized(self.surroundings.start, size)
        elif self._stage:
            pixels = self.plan.enlarged(self.pixels.detach(), size, self.number)
        else:
            pixels = self._start(size, scale.factor, self.plan.preset.start)
        self.pixels = pixels.clamp(0, 1)
        self.plan.settle(self.pixels)
        self._begin_scale()

    def _of_exemplar(self) -> Tensor:
        """The picture as a whole, of methods that need no network."""
        plan = self.plan
        if plan.method == "quilting":
            return self._start(plan.size, 1.0, "quilting")
        made = patch_match(
            plan.exemplar.image.astype(np.float32),
            plan.size,
            seed=(plan.seed, self.number),
            periodic=plan.periodic,
            guides=None if plan.guidance is None else guides_of([plan.sources[0]], plan.size, plan.guidance),
        )
        return as_pixels(made.image)

    def _since_size(self) -> int:
        """Steps made at the present size, also by scales before that have it."""
        factor, steps = self.plan.scales[self._stage][0].factor, self._within
        for scale, _ in self.plan.scales[: self._stage][::-1]:
            if scale.factor != factor:
                break
            steps += scale.steps
        return steps

    def _begin_scale(self) -> None:
        scale, layers = self.plan.scales[self._stage]
        self._objective = self.plan.objective(scale, layers)
        self._fixed = None
        if self.surroundings is not None:
            self._fixed = self.surroundings.at((int(self.pixels.shape[2]), int(self.pixels.shape[3])))
            self._fixed.restore(self.pixels)
        self.pixels.requires_grad_()
        self._adam = torch.optim.Adam([self.pixels], lr=scale.rate)

    def _start(self, size: tuple[int, int], factor: float, start: str) -> Tensor:
        plan, sources = self.plan, [one.at(factor) for one in self.plan.sources]
        given = plan.begun(size, self.number)
        if given is not None:
            return given
        if start == "noise":
            progression = plan.guidance is not None and plan.guidance.target.progression is not None
            if not progression and plan.copies.alone:
                return torch.rand(1, sources[0].pixels.shape[1], *size, generator=self._generator(-1, 0))
            return picked(sources, size, np.random.default_rng((plan.seed, self.number)), plan.guidance)
        made = quilted(
            sources,
            size,
            seed=(plan.seed, self.number),
            block=plan.preset.block,
            periodic=plan.periodic,
            guidance=plan.guidance,
        )
        return as_pixels(made.image)

    def _generator(self, stage: int, step: int) -> torch.Generator:
        """What a step draws from: a function of seed, picture, scale and step, so that nothing of it must be kept."""
        window = () if self.surroundings is None else (self.surroundings.window,)
        words = np.random.SeedSequence((self.plan.seed, self.number, stage + 1, step, *window)).generate_state(2)
        return torch.Generator().manual_seed(int(words[0]) << 31 | int(words[1]) >> 1)


def _rate(scale: Scale, step: int, falling: bool) -> float:
    return scale.rate * (0.1 + 0.9 * (1 + math.cos(math.pi * step / scale.steps)) / 2 if falling else 1)
