"""Pictures of one texture as jobs of a farm: each goes on from any of its steps, wherever it was begun."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch

from raysys.farm.order import Job, Nouns, Order, Rows, Standing, State
from raysys.farm.resources import Resources
from raysys.synthesis.descent import Descent, Plan
from raysys.synthesis.presets import WITHOUT_NETWORK
from raysys.synthesis.synthesis import Synthesis

__all__ = ["PICTURES", "PictureJob", "SynthesisOrder", "digest", "on_threads"]

PICTURES = Nouns("synthesis", "picture", "pictures", step="step", unit="pixel steps", measure="loss")
USUAL = ("exemplar", "weights", "guidance", "together")  # parts of every signature that are digests
WORDS = {
    "exemplar": "another exemplar",
    "weights": "other weights",
    "guidance": "other maps",
    "together": "other exemplars beside it",
    "change": "another change",
    "classifier": "another classifier",
}
KEPT = "kept/"  # begins the names of arrays that are images after certain steps
ANY = 1 << 62  # one picture uses all threads, so that Ray gains nothing where nobody asks for its workers


@dataclass(frozen=True, eq=False)
class SynthesisOrder(Order[Synthesis]):
    """A plan and the threads that each picture is made with; pictures differ by their number only.

    Attributes
    ----------
    threads
        Of one picture: sums over pixels are rounded otherwise with another number of them.
    keep
        Also keep each picture as it is after every so many steps; 0 keeps none.
    """

    plan: Plan
    threads: int = 1
    keep: int = 0

    nouns: ClassVar[Nouns] = PICTURES
    small: ClassVar[int] = ANY

    @property
    def opaque(self) -> Mapping[str, str]:  # type: ignore[override]
        """Words for parts of the signature that say nothing to a reader; edits have more of them."""
        return {name: words for name, words in WORDS.items() if name in USUAL or name in self.plan.digested()}

    @property
    def resources(self) -> Resources:  # type: ignore[override]
        """A CPU for each thread."""
        return Resources(self.threads)

    @property
    def work(self) -> int:
        """Pixels times steps of a picture."""
        return self.plan.work

    def begin(self, number: int) -> PictureJob:
        """Picture `number`, at its start."""
        begun = time.monotonic()
        with on_threads(self.threads):
            descent = Descent(self.plan, number)
        return PictureJob(self, descent, time.monotonic() - begun)

    def resume(self, number: int, state: State) -> PictureJob:
        """The picture whose state this was."""
        with on_threads(self.threads):
            descent = Descent.from_state(self.plan, number, state)
        return PictureJob(self, descent, state[0]["seconds"], _kept(state[1]))

    def standing(self, state: State) -> Standing:
        """Steps made, and the loss before the last of them."""
        losses = state[1]["losses"]
        return Standing(state[0]["step"], self.plan.steps, _last(losses), state[0]["work"])

    def standing_of_result(self, result: Synthesis) -> Standing:
        """The same of a picture that is done."""
        return Standing(self.plan.steps, self.plan.steps, _last(result.losses), self.plan.work)

    def pack(self, results: Sequence[Synthesis]) -> tuple[Rows, dict[str, np.ndarray]]:
        """Seconds and numbers as rows, images and losses as arrays."""
        rows = [{"variation": one.variation, "seconds": one.seconds} for one in results]
        arrays = {"images": np.stack([one.image for one in results])}
        arrays |= {f"{KEPT}{step}": np.stack([one.kept[step] for one in results]) for step in results[0].kept}
        return rows, arrays | {"losses": np.stack([one.losses for one in results])}

    def unpack(self, rows: Rows, arrays: Mapping[str, np.ndarray]) -> list[Synthesis]:
        """See `pack`; the rest is the plan's."""
        kept = _kept(arrays)
        found = []
        for place, (row, image, losses) in enumerate(zip(rows, arrays["images"], arrays["losses"], strict=True)):
            made = self._result(row["variation"], image, losses, row["seconds"])
            found.append(replace(made, kept={step: images[place] for step, images in kept.items()}))
        return found

    def result(self, descent: Descent, seconds: float, kept: Mapping[int, np.ndarray]) -> Synthesis:
        """What a picture has become."""
        made = self._result(descent.number, descent.image, np.array(descent.losses), seconds)
        return replace(made, kept=dict(kept))

    def _result(self, variation: int, image: np.ndarray, losses: np.ndarray, seconds: float) -> Synthesis:
        plan = self.plan
        return Synthesis(
            image, plan.method, plan.preset.name, plan.seed, variation, losses, seconds, plan.notices, plan.told()
        )

    def image(self, state: State) -> np.ndarray:
        """The picture as it was, bytes; of colours the green, which the eye sees most of."""
        pixels = state[1]["pixels"]
        shown: np.ndarray = np.rint(255 * np.clip(pixels[0, pixels.shape[1] // 2], 0, 1)).astype(np.uint8)
        return shown

    def image_of_result(self, result: Synthesis) -> np.ndarray:
        """The same of a picture that is done."""
        image = result.image[..., 1] if result.image.ndim == 3 else result.image
        return np.rint(255 * image.astype(np.float32)).astype(np.uint8)

    def signature(self) -> dict[str, str]:
        """What pictures depend on."""
        plan = self.plan
        held = [] if plan.kernels is None else [one.numpy() for pair in plan.kernels.layers.values() for one in pair]
        return (
            {
                "size": f"{plan.size[0]} x {plan.size[1]}",
                "method": plan.method,
                "preset": plan.preset.name if plan.method not in WITHOUT_NETWORK else "none",
                "settings": digest(repr(sorted(asdict(plan.preset).items())), []),
                "seed": str(plan.seed),
                "tileable": str(plan.periodic),
                "threads": str(self.threads),
                "exemplar": digest(plan.exemplar.kind, [plan.exemplar.image]),
                "weights": digest("", held),
            }
            | self._controls()
            | {name: digest(*one) for name, one in plan.digested().items()}
        )

    def _controls(self) -> dict[str, str]:
        """Maps and their weights, copies, other exemplars, and what is kept on the way."""
        guidance, copies = self.plan.guidance, self.plan.copies
        weights, maps = ([], []) if guidance is None else (sorted(guidance.weights.items()), guidance.arrays())
        return {
            "guidance": digest(repr(weights), maps),
            "copies": f"{'flips and ' if copies.flips else ''}{copies.rotations} rotations",
            "together": digest("", [one.image for one in self.plan.others]),
            "kept": f"every {self.keep} steps" if self.keep else "nothing",
        }


class PictureJob(Job[Synthesis]):
    """A picture as a farm sees it."""

    def __init__(
        self, order: SynthesisOrder, descent: Descent, seconds: float, kept: Mapping[int, np.ndarray] | None = None
    ) -> None:
        self.order, self.descent, self.seconds = order, descent, seconds
        self.kept = dict(kept or {})

    @property
    def standing(self) -> Standing:
        """Steps made, and the loss before the last of them."""
        made = self.descent
        return Standing(made.step, made.plan.steps, _last(made.losses), made.work)

    @property
    def finished(self) -> bool:
        """Whether all scales are done."""
        return self.descent.finished

    def advance(self, seconds: float) -> None:
        """Make steps, one at least."""
        begun = time.monotonic()
        with on_threads(self.order.threads):
            while not self.finished:
                self.descent.advance()
                if self.order.keep and self.descent.step % self.order.keep == 0:
                    self.kept[self.descent.step] = self.descent.image.copy()
                if time.monotonic() - begun >= seconds:
                    break
        self.seconds += time.monotonic() - begun

    def state(self) -> State:
        """The descent's, and the time it took."""
        described, arrays = self.descent.state()
        kept = {f"{KEPT}{step}": image for step, image in self.kept.items()}
        return described | {"seconds": self.seconds}, arrays | kept

    def result(self) -> Synthesis:
        """The picture."""
        return self.order.result(self.descent, self.seconds, self.kept)


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Compute with so many threads in the block, whatever this process uses otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _kept(arrays: Mapping[str, np.ndarray]) -> dict[int, np.ndarray]:
    """Images after certain steps, from the arrays of a state or of results."""
    return {int(name.removeprefix(KEPT)): image for name, image in arrays.items() if name.startswith(KEPT)}


def _last(losses: Any) -> float:
    return float(losses[-1]) if len(losses) else math.nan


def digest(text: str, arrays: Sequence[np.ndarray]) -> str:
    """Of a text and arrays, in a few letters."""
    found = hashlib.sha256(text.encode())
    for array in arrays:
        found.update(f"{array.shape}{array.dtype}".encode())
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]
