"""Volumes of one rock, of any size and origin."""

from raysys.methods.multi_texture.lattice_model import LatticeModel
from raysys.methods.porous_media_gan.network import PorousMedia


class PorousMediaModel(LatticeModel):
    """Samples of the rock that was trained on."""

    Network = PorousMedia
    network: PorousMedia


MODEL = PorousMediaModel
