"""Volumes of one rock, of any size and origin."""

from __future__ import annotations

from raysys.errors import RaysysError
from raysys.methods.multi_texture.lattice_model import LatticeModel
from raysys.methods.porous_media_gan.network import PorousMedia
from raysys.models.card import ModelCard
from raysys.models.condition import NumberCard
from raysys.models.model import References

DIGITS = 4  # of a range, so that what a card says is what can be asked for


class PorousMediaModel(LatticeModel):
    """Samples of the rock that was trained on."""

    Network = PorousMedia
    network: PorousMedia

    def __init__(self, card: ModelCard, network: PorousMedia, *, reference: References | None = None) -> None:
        super().__init__(card, network, reference=reference)
        told = 0 if card.condition is None else card.condition.channels
        if network.conditions != told:
            raise RaysysError(
                f"model {card.name!r} has a network of {network.conditions} conditions, and its card tells of "
                f"{told or 'none'}; allowed: as many on both, or none"
            )


def condition_card(network: PorousMedia) -> NumberCard | None:
    """What can be asked for: a porosity within the range of the training pieces; None if nothing can."""
    if not network.conditions:
        return None
    low, mean, high = (round(value, DIGITS) for value in network.generator.condition_range[0].tolist())
    return NumberCard(name="porosity", low=low, high=high, mean=mean)


MODEL = PorousMediaModel
