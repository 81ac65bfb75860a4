"""PSGAN as a model that is asked with a code: its global noise."""

from __future__ import annotations

from raysys.methods.multi_texture.lattice_model import LatticeModel
from raysys.methods.psgan.network import Psgan
from raysys.models.condition import CodeCard


class PsganModel(LatticeModel):
    """Samples of the texture that a code says; no code has a name, as nothing finds codes of textures."""

    Network = Psgan
    network: Psgan


def condition_card(network: Psgan) -> CodeCard:
    """What can be asked for: a code of the prior, which is normal or uniform in [-1, 1)."""
    one = (1.0,) * network.code
    if network.generator.distribution == "uniform":
        return CodeCard(kind="code", name="texture", length=network.code, low=tuple(-v for v in one), high=one)
    return CodeCard(kind="code", name="texture", length=network.code, mean=(0.0,) * network.code, std=one)


MODEL = PsganModel
