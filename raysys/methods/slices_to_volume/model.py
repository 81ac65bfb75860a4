"""A generator of volumes that was taught by slices, as a model."""

from __future__ import annotations

from raysys.methods.wgan_gp.model import GanModel


class SlicesToVolumeModel(GanModel):
    """Volumes of any size and origin: those of a WGAN-GP in space, taught otherwise."""


MODEL = SlicesToVolumeModel
