"""Small textures, and a network of VGG-19's form with few channels."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from raysys.features.layers import LAYERS
from raysys.features.vgg import Kernels
from raysys.losses.guided_correspondence import PatchSettings
from raysys.synthesis.descent import Plan
from raysys.synthesis.exemplar import Exemplar
from raysys.synthesis.farming import gallery_of
from raysys.synthesis.gallery import GalleryOrder
from raysys.synthesis.order import SynthesisOrder
from raysys.synthesis.presets import Preset, Scale

CHANNELS = 6
SHORT = Preset(
    "short",
    (Scale(0.5, 3, 0.03, ("conv2_1",)), Scale(1.0, 4, 0.02, ("conv2_1", "conv3_1"))),
    PatchSettings(search="grid", stride=2, eps=1e-3, memory=0.9),
    block=12,
    half=False,
)


def stripes(side: int = 48, *, colour: bool = False, seed: int = 0) -> np.ndarray:
    """Slanted stripes with noise on them: (side, side) or (side, side, 3) float32 in [0, 1]."""
    rows, columns = np.indices((side, side))
    wave = 0.5 + 0.4 * np.sin(2 * np.pi * (rows + 0.5 * columns) / 8)
    noise = np.random.default_rng(seed).random((side, side)) * 0.1
    grey = (wave + noise).astype(np.float32)
    return np.stack([grey, grey**2, 1 - grey], axis=-1) if colour else grey


def write_textures(folder: Path, side: int = 40) -> Path:
    """A folder of three textures in colour, one of them as grey as a file can say: stripes, tiles, noise."""
    folder.mkdir(exist_ok=True)
    rows, columns = np.indices((side, side))
    tiles = ((rows // 4 + columns // 4) % 2)[..., None] * np.array([200, 120, 40]) + 20
    pictures = {
        "stripes": stripes(side, colour=True) * 255,
        "tiles": tiles,
        "noise": np.random.default_rng(1).integers(60, 200, (side, side)),
    }
    for name, picture in pictures.items():
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / f"{name}.png")
    return folder


def few_channels(deepest: str = "conv4_4", seed: int = 0) -> Kernels:
    """Random kernels of CHANNELS channels each."""
    generator, layers, before = torch.Generator().manual_seed(seed), {}, 3
    for layer in LAYERS[: LAYERS.index(deepest) + 1]:
        kernel = torch.randn(CHANNELS, before, 3, 3, generator=generator) * (2 / (9 * before)) ** 0.5
        layers[layer] = (kernel, torch.zeros(CHANNELS))
        before = CHANNELS
    return Kernels(layers, (0.5,) * 3, (0.25,) * 3, 1.0, {"source": "few channels"})


def plan(
    image: np.ndarray | None = None,
    size: tuple[int, int] = (64, 56),
    *,
    method: str = "guided-correspondence",
    preset: Preset = SHORT,
    seed: int = 3,
    periodic: bool = False,
) -> Plan:
    """A plan of few short steps."""
    exemplar = Exemplar.of(stripes() if image is None else image)
    return Plan(exemplar, size, method, preset, seed, periodic, few_channels())


def order() -> SynthesisOrder:
    """Pictures of seven steps on two scales, for the checks of all orders."""
    return SynthesisOrder(plan())


def gallery() -> GalleryOrder:
    """Two exemplars of different kinds, of which pictures are made in turn."""
    return gallery_of([stripes(), stripes(40, colour=True)], (56, 48), preset=SHORT, weights="random")[0]
