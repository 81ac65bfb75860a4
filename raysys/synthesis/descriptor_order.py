"""Microstructures by descent on descriptors, as jobs of a farm: soft phases that become sharp on the way."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from raysys.errors import RaysysError
from raysys.farm.order import Job, Nouns, Order, Rows, Standing, State
from raysys.farm.resources import Resources
from raysys.shapes import by
from raysys.synthesis.descriptor_target import DescriptorTarget
from raysys.synthesis.descriptor_terms import GramTerm, Term
from raysys.synthesis.order import digest, on_threads
from raysys.synthesis.synthesis import Synthesis

__all__ = ["DescriptorJob", "DescriptorOrder"]

RATE = 0.15  # of Adam, in logits
SHARPENED = 2.0  # times as steep the phases are at the end as at the beginning
CONTRAST = 2.0  # standard deviation of the logits at the beginning
CERTAIN = 20.0  # logit of a known pixel


@dataclass(frozen=True, eq=False)
class DescriptorOrder(Order[Synthesis]):
    """A target, a shape and a number of steps.

    Attributes
    ----------
    known
        Values (*shape) of pixels that stay, -1 elsewhere.
    threads
        Of one microstructure: sums are rounded otherwise with another number of them.
    """

    target: DescriptorTarget
    shape: tuple[int, ...]
    seed: int = 0
    steps: int = 300
    known: np.ndarray | None = None
    threads: int = 1

    nouns: ClassVar[Nouns] = Nouns("reconstruction", "structure", "structures", "step", "pixel steps", "loss")
    small: ClassVar[int] = 20_000_000  # pixel steps: some ten seconds
    opaque: ClassVar[Mapping[str, str]] = {"target": "another target", "known": "other known pixels"}

    def __post_init__(self) -> None:
        self.target.check(self.shape)
        if self.seed < 0 or self.steps < 1:
            raise RaysysError(f"seed {self.seed}, {self.steps} steps; allowed: 0 and more, 1 and more")
        if self.known is not None and (
            self.known.shape != self.shape or not np.isin(self.known, (-1, *self.target.values)).all()
        ):
            raise RaysysError(
                f"known pixels of shape {by(self.known.shape)}; allowed: {by(self.shape)}, with the values "
                f"{', '.join(map(str, self.target.values))}, and -1 where nothing is known"
            )

    @property
    def resources(self) -> Resources:  # type: ignore[override]
        """A CPU for each thread."""
        return Resources(self.threads)

    @property
    def work(self) -> int:
        """Pixels times steps."""
        return math.prod(self.shape) * self.steps

    @property
    def places(self) -> np.ndarray | None:
        """Known pixels as places in the target's values, -1 elsewhere."""
        if self.known is None:
            return None
        found: np.ndarray = np.where(self.known < 0, -1, np.searchsorted(self.target.values, self.known))
        return found

    def signature(self) -> dict[str, str]:
        """What structures depend on."""
        target = self.target
        words = f"{target.values} {target.fractions} {[_told(one) for one in target.terms]}"
        return {
            "shape": by(self.shape),
            "seed": str(self.seed),
            "steps": str(self.steps),
            "threads": str(self.threads),
            "target": digest(words, [one.values.numpy() for one in target.terms]),
            "known": digest("", [] if self.known is None else [self.known]),
        }

    def begin(self, number: int) -> DescriptorJob:
        """Structure `number`, as smoothed noise of about its phase fractions.

        From noise of single pixels the same steps came to errors ten times as large, once phases are whole.
        """
        words = np.random.SeedSequence((self.seed, number)).generate_state(2)
        generator = torch.Generator().manual_seed(int(words[0]) << 31 | int(words[1]) >> 1)
        phases = len(self.target.values)
        # Of two phases one number a pixel says both.
        noise = torch.randn(phases - (phases == 2), *self.shape, generator=generator)
        logits = CONTRAST * _smoothed(noise, self.target.grain)
        shift = torch.tensor(self.target.fractions).log()
        shift = (shift[1:] - shift[:1]) if phases == 2 else shift
        return DescriptorJob(self, number, logits + shift.view(-1, *[1] * len(self.shape)), [], 0.0)

    def resume(self, number: int, state: State) -> DescriptorJob:
        """The structure whose state this was."""
        described, arrays = state
        logits = torch.from_numpy(arrays["logits"].copy())
        job = DescriptorJob(self, number, logits, arrays["losses"].tolist(), described["seconds"])
        if "exp_avg" in arrays:
            moments = {name: torch.from_numpy(arrays[name].copy()) for name in ("exp_avg", "exp_avg_sq")}
            job.adam.state[job.logits] = {"step": torch.tensor(float(len(job.losses))), **moments}
        return job

    def standing(self, state: State) -> Standing:
        """Steps made, and the loss before the last of them."""
        return self._standing(state[1]["losses"])

    def standing_of_result(self, result: Synthesis) -> Standing:
        """The same of a structure that is done."""
        return self._standing(result.losses)

    def _standing(self, losses: Sequence[float] | np.ndarray) -> Standing:
        last = float(losses[-1]) if len(losses) else math.nan
        return Standing(len(losses), self.steps, last, len(losses) * math.prod(self.shape))

    def pack(self, results: Sequence[Synthesis]) -> tuple[Rows, dict[str, np.ndarray]]:
        """Numbers as rows, images and losses as arrays."""
        rows: Rows = [{"variation": one.variation, "seconds": one.seconds} for one in results]
        losses = np.stack([one.losses for one in results])
        return rows, {"images": np.stack([one.image for one in results]), "losses": losses}

    def unpack(self, rows: Rows, arrays: Mapping[str, np.ndarray]) -> list[Synthesis]:
        """See `pack`."""
        each = zip(rows, arrays["images"], arrays["losses"], strict=True)
        return [self.result(row["variation"], image, losses, row["seconds"]) for row, image, losses in each]

    def result(self, variation: int, image: np.ndarray, losses: np.ndarray, seconds: float) -> Synthesis:
        """What a structure has become."""
        # Of sections each of three directions has a third.
        terms = ",".join(
            dict.fromkeys(f"{one.name}:{one.weight * (1 if one.axis is None else 3):g}" for one in self.target.terms)
        )
        return Synthesis(image, "descriptors", terms, self.seed, variation, losses, seconds)

    def image(self, state: State) -> np.ndarray:
        """The last phase as it was, bytes."""
        logits = state[1]["logits"][-1]
        shown: np.ndarray = np.rint(255 / (1 + np.exp(-logits))).astype(np.uint8)
        return shown

    def image_of_result(self, result: Synthesis) -> np.ndarray:
        """The same of a structure that is done."""
        return np.where(result.image == self.target.values[-1], 255, 0).astype(np.uint8)


def _told(term: Term | GramTerm) -> tuple[Any, ...]:
    # As signatures have always had it, of targets that say nothing of axes.
    return (term.name, term.phase, term.weight, *([] if term.axis is None else [term.axis]))


def _smoothed(noise: torch.Tensor, grain: float) -> torch.Tensor:
    """Periodic noise (P, *shape) smoothed by a Gaussian of so many pixels, with a standard deviation of 1."""
    axes = tuple(range(1, noise.ndim))
    spectrum = torch.fft.fftn(noise, dim=axes)
    for axis in axes:
        frequency = torch.fft.fftfreq(noise.shape[axis]).view(-1, *[1] * (noise.ndim - 1 - axis))
        spectrum = spectrum * torch.exp(-2 * (math.pi * grain * frequency) ** 2)
    found = torch.fft.ifftn(spectrum, dim=axes).real
    return (found - found.mean(axes, keepdim=True)) / found.std(axes, keepdim=True)


class DescriptorJob(Job[Synthesis]):
    """A structure on its way: logits of its phases, which Adam changes."""

    def __init__(
        self, order: DescriptorOrder, number: int, logits: torch.Tensor, losses: list[float], seconds: float
    ) -> None:
        self.order, self.number, self.losses, self.seconds = order, number, losses, seconds
        self.logits = logits.requires_grad_()
        self.adam = torch.optim.Adam([self.logits], lr=RATE)

    @property
    def standing(self) -> Standing:
        """Steps made, and the loss before the last of them."""
        return self.order._standing(self.losses)

    @property
    def finished(self) -> bool:
        """Whether all steps are made."""
        return len(self.losses) >= self.order.steps

    def advance(self, seconds: float) -> None:
        """Make steps, one at least."""
        begun = time.monotonic()
        with on_threads(self.order.threads):
            while not self.finished:
                self.adam.zero_grad()
                phases = self._phases()
                loss, slope = self.order.target.slope(phases, self._chance())
                phases.backward(slope)  # type: ignore[no-untyped-call]
                self.adam.step()
                self.losses.append(loss)
                if time.monotonic() - begun >= seconds:
                    break
        self.seconds += time.monotonic() - begun

    def _chance(self) -> torch.Generator:
        """What this step draws from, the same after an interruption."""
        words = np.random.SeedSequence((self.order.seed, self.number, len(self.losses))).generate_state(1)
        return torch.Generator().manual_seed(int(words[0]))

    def _phases(self) -> torch.Tensor:
        """Soft phases (P, *shape), the steeper the later."""
        steep = SHARPENED ** (len(self.losses) / self.order.steps)
        logits = self.logits * steep
        if len(logits) == 1:
            logits = torch.cat([torch.zeros_like(logits), logits])
        places = self.order.places
        if places is not None:
            one = torch.from_numpy(np.arange(len(logits)).reshape(-1, *[1] * places.ndim) == places)
            logits = torch.where(torch.from_numpy(places >= 0), CERTAIN * one, logits)
        return logits.softmax(0)

    def state(self) -> State:
        """Logits, Adam's moments and losses."""
        held = self.adam.state.get(self.logits, {})
        arrays = {name: held[name].numpy().copy() for name in ("exp_avg", "exp_avg_sq") if name in held}
        arrays |= {"logits": self.logits.detach().numpy().copy(), "losses": np.array(self.losses)}
        return {"seconds": self.seconds}, arrays

    def result(self) -> Synthesis:
        """The structure, with its phase fractions exactly."""
        with torch.no_grad():
            phases = self._phases().numpy()
        image = self.order.target.hardened(phases, self.order.places)
        return self.order.result(self.number, image, np.array(self.losses), self.seconds)
