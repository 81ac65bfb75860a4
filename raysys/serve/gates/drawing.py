"""Drawing until every image passes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import numpy as np

from raysys.models.condition import read_condition
from raysys.serve.drawing import Draw
from raysys.serve.gates.schemas import Gate
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import MAX_SEED

# Between the seeds of an image's tries: image i of another request has seed + i, and requests are of far fewer images.
STRIDE = 2**32


@dataclass(frozen=True)
class Passed:
    """Images (n, *spatial) that all pass, the draw that they are of, and how many were drawn."""

    images: np.ndarray
    draw: Draw
    tries: int


async def draw_passing(
    draw: Draw,
    gate: Gate,
    drawn: Callable[[Draw], Awaitable[np.ndarray]],
    judged: Callable[[np.ndarray], Awaitable[np.ndarray]],
) -> Passed:
    """Draw every image of a request, and those that do not pass once more with their next seeds.

    Parameters
    ----------
    draw
        The request as it is without a gate: the seeds of its images are those of the first try.
    gate
        Which images pass, and how often each is drawn at most.
    drawn, judged
        Draw the images of a request, and say which of them pass, bool (n,).

    Raises
    ------
    RefusedError
        If an image has not passed at its last try.
    """
    final, images, tries = list(_singles(draw)), {}, 0
    left = list(range(len(final)))
    for attempt in range(gate.tries):
        final = [_at_try(one, attempt) if number in left else one for number, one in enumerate(final)]
        found = await drawn(_joined(draw, [final[number] for number in left]))
        tries += len(left)
        passed = await judged(found)
        images |= {number: image for number, image, good in zip(left, found, passed, strict=True) if good}
        left = [number for number in left if number not in images]
        if not left:
            together = _joined(draw, final)
            return Passed(np.stack([images[number] for number in range(len(final))]), together, tries)
    raise RefusedError(
        f"{len(final) - len(left)} of {len(final)} images pass the gate after {tries} draws, each drawn up to "
        f"{gate.tries} times; allowed: wider bounds, more `tries`, or another seed",
        409,
        "gate_not_passed",
    )


def seed_at(seed: int, attempt: int) -> int:
    """The seed of an image at a try, 0 for the first, which has the image's own."""
    return (seed + attempt * STRIDE) % (MAX_SEED + 1)


def _singles(draw: Draw) -> list[Draw]:
    """The images of a request as requests of their own."""
    asked = draw.granted.asked
    return [
        replace(
            draw,
            granted=replace(
                draw.granted,
                seeds=(seed,),
                asked=None if asked is None else replace(asked, codes=asked.codes[number : number + 1]),
            ),
            seed=seed,
        )
        for number, seed in enumerate(draw.granted.seeds)
    ]


def _at_try(one: Draw, attempt: int) -> Draw:
    """The same image at its next try; what its seed draws of an open condition is drawn again with it."""
    if attempt == 0:
        return one
    seed, granted = seed_at(one.seed, attempt), one.granted
    asked = granted.asked
    if one.open_condition:
        asked = read_condition(None, one.model.card.condition, (seed,), model=one.model.name)
    return replace(one, granted=replace(granted, seeds=(seed,), asked=asked))


def _joined(draw: Draw, singles: list[Draw]) -> Draw:
    """Requests of one image each as one; a share of the pixels each."""
    asked = draw.granted.asked
    codes = tuple(code for one in singles if one.granted.asked is not None for code in one.granted.asked.codes)
    granted = replace(
        draw.granted,
        seeds=tuple(one.granted.seeds[0] for one in singles),
        asked=None if asked is None else replace(asked, codes=codes),
    )
    return replace(draw, granted=granted, pixels=draw.pixels * len(singles) // len(draw.granted.seeds))
