"""What a card's numbers against the tiles held out of training mean, in words."""

from __future__ import annotations

from collections.abc import Mapping

from raysys.models.card import ModelCard

BAND, ERROR = "band/", "_error"  # as `raysys.train.metrics` names them
SPOKEN = {"euler": "Euler characteristic", "parts": "number of parts"}
NEAR = 0.25  # standard deviations of a tile: twice the standard error of a mean of 64 samples


def held_out_words(card: ModelCard) -> str | None:
    """One sentence of what is as among real tiles and one of what differs; None where nothing was measured.

    A descriptor differs that lies outside the 95 % band of real tiles against each other. Where the regions were too
    few for such a band, only the topology is told.
    """
    found = {name: value for name, value in card.held_out.items() if value is not None}
    bands = {name.removeprefix(BAND): value for name, value in found.items() if name.startswith(BAND)}
    topology = {_spoken(name): value for name, value in found.items() if ERROR in name}
    if not bands and not topology:
        return None
    alike = [name for name, value in bands.items() if value <= 1] + _told(topology, near=True)
    other = [f"{name} ({value:.3g} times the band)" for name, value in bands.items() if value > 1]
    other += _told(topology, near=False)
    unknown = [] if bands else ["descriptors: no band, since the regions were too few"]
    parts = [("as among them", alike), ("differs", other), ("not told", unknown)]
    return "against tiles held out of training: " + "; ".join(
        f"{what}: {', '.join(names)}" for what, names in parts if names
    )


def _told(topology: Mapping[str, float], *, near: bool) -> list[str]:
    return [f"{name} ({value:.2g} sd off)" for name, value in topology.items() if (value <= NEAR) == near]


def _spoken(name: str) -> str:
    """A metric such as `euler_error`, of label images `euler_error/PHASE`, as it is called."""
    short, _, phase = name.replace(ERROR, "").partition("/")
    return SPOKEN.get(short, short) + (f" of {phase}" if phase else "")
