"""Pictures of several textures as the jobs of one farm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from raysys.errors import RaysysError
from raysys.farm.order import Job, JobAround, Nouns, Order, Rows, Standing, State
from raysys.farm.resources import Resources
from raysys.synthesis.order import PICTURES, SynthesisOrder, digest
from raysys.synthesis.synthesis import Synthesis

__all__ = ["GalleryOrder"]


@dataclass(frozen=True, eq=False)
class GalleryOrder(Order[Synthesis]):
    """Orders of one exemplar each, worked at side by side.

    Job n is picture n // E of exemplar n % E, so that a farm goes on with more pictures of each of its E exemplars.
    Each picture is the one that its own order makes.

    Attributes
    ----------
    orders
        One for each exemplar; they differ in nothing else.
    """

    orders: tuple[SynthesisOrder, ...]

    nouns: ClassVar[Nouns] = PICTURES
    small: ClassVar[int] = 2_000_000  # pixel steps: about ten seconds of one thread

    def __post_init__(self) -> None:
        if not self.orders:
            raise RaysysError("a farm of textures without an exemplar; allowed: one image or more")

    @property
    def opaque(self) -> Mapping[str, str]:  # type: ignore[override]
        """Words for parts of the signature."""
        return {**self.orders[0].opaque, "exemplar": "other exemplars"}

    @property
    def resources(self) -> Resources:  # type: ignore[override]
        """A CPU for each thread of a picture."""
        return self.orders[0].resources

    @property
    def work(self) -> int:
        """Pixels times steps of a picture, on the average: exemplars may lack a scale."""
        return sum(order.work for order in self.orders) // len(self.orders)

    def signature(self) -> dict[str, str]:
        """That of all orders, which differ in the exemplar alone."""
        signatures = [order.signature() for order in self.orders]
        return {name: _shared([one[name] for one in signatures]) for name in signatures[0]}

    def begin(self, number: int) -> GalleryJob:
        """See the class: which picture of which exemplar a job is."""
        variation, exemplar = divmod(number, len(self.orders))
        return GalleryJob(self.orders[exemplar].begin(variation), exemplar)

    def resume(self, number: int, state: State) -> GalleryJob:
        """The picture whose state this was."""
        variation, exemplar = divmod(number, len(self.orders))
        return GalleryJob(self.orders[exemplar].resume(variation, state), exemplar)

    def standing(self, state: State) -> Standing:
        """Steps made, and the loss before the last of them."""
        return self.orders[state[0]["exemplar"]].standing(state)

    def standing_of_result(self, result: Synthesis) -> Standing:
        """The same of a picture that is done."""
        return self.orders[result.exemplar].standing_of_result(result)

    def pack(self, results: Sequence[Synthesis]) -> tuple[Rows, dict[str, np.ndarray]]:
        """One by one: pictures of several exemplars differ in their kind and in their steps."""
        rows: Rows = []
        arrays: dict[str, np.ndarray] = {}
        for place, one in enumerate(results):
            (row,), held = self.orders[one.exemplar].pack([one])
            rows.append(row | {"exemplar": one.exemplar, "place": place})
            arrays |= {f"{place}/{name}": array for name, array in held.items()}
        return rows, arrays

    def unpack(self, rows: Rows, arrays: Mapping[str, np.ndarray]) -> list[Synthesis]:
        """See `pack`."""
        found = []
        for row in rows:
            begin = f"{row['place']}/"
            held = {name.removeprefix(begin): array for name, array in arrays.items() if name.startswith(begin)}
            (made,) = self.orders[row["exemplar"]].unpack([row], held)
            found.append(replace(made, exemplar=row["exemplar"]))
        return found

    def image(self, state: State) -> np.ndarray:
        """The picture as it was, bytes."""
        return self.orders[state[0]["exemplar"]].image(state)

    def image_of_result(self, result: Synthesis) -> np.ndarray:
        """The same of a picture that is done."""
        return self.orders[result.exemplar].image_of_result(result)


class GalleryJob(JobAround[Synthesis]):
    """A picture, and of which exemplar it is."""

    def __init__(self, job: Job[Synthesis], exemplar: int) -> None:
        super().__init__(job)
        self.exemplar = exemplar

    def state(self) -> State:
        """The picture's, and the number of its exemplar."""
        described, arrays = self.job.state()
        whole: dict[str, Any] = described | {"exemplar": self.exemplar}
        return whole, arrays

    def result(self) -> Synthesis:
        """The picture."""
        return replace(self.job.result(), exemplar=self.exemplar)


def _shared(values: Sequence[str]) -> str:
    """What all orders have in common, or a digest of all that they have."""
    return values[0] if len(set(values)) == 1 else digest("\n".join(values), [])
