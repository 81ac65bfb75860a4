"""Systems: one published method each, as the engine sees it.

`SYSTEMS` maps the name in a recipe's `system.method` to the class.
"""

from raysys.train.systems.autoencoder import AutoencoderSystem
from raysys.train.systems.autoencoder_settings import AutoencoderSettings
from raysys.train.systems.base import Average, System
from raysys.train.systems.classifier import ClassifierSettings, ClassifierSystem
from raysys.train.systems.settings import SystemSettings
from raysys.train.systems.unet import UnetSystem
from raysys.train.systems.unet_settings import UnetSettings
from raysys.train.systems.wgan_gp import WganGp
from raysys.train.systems.wgan_gp_settings import WganGpSettings

AnySystemSettings = WganGpSettings | AutoencoderSettings | ClassifierSettings | UnetSettings

SYSTEMS: dict[str, type[System]] = {
    "wgan-gp": WganGp,
    "autoencoder": AutoencoderSystem,
    "unet": UnetSystem,
    "classifier": ClassifierSystem,
}

__all__ = [
    "SYSTEMS",
    "AnySystemSettings",
    "AutoencoderSettings",
    "AutoencoderSystem",
    "Average",
    "ClassifierSettings",
    "ClassifierSystem",
    "System",
    "SystemSettings",
    "UnetSettings",
    "UnetSystem",
    "WganGp",
    "WganGpSettings",
]
