"""The layers of VGG-19 and VGG-16 by name, for settings that name some before any network is loaded.

Simonyan and Zisserman 2015, arXiv:1409.1556, table 1, columns E and D: sixteen and thirteen 3x3 convolutions
in five blocks.
"""

from typing import Literal

Network = Literal["vgg19", "vgg16"]

BLOCKS = (2, 2, 4, 4, 4)  # convolutions
CHANNELS = (64, 128, 256, 512, 512)
LAYERS = tuple(f"conv{block}_{one}" for block, count in enumerate(BLOCKS, 1) for one in range(1, count + 1))

# VGG-16's thirteen are called as VGG-19's are, and have as many channels.
NETWORKS: dict[Network, tuple[int, ...]] = {"vgg19": BLOCKS, "vgg16": (2, 2, 3, 3, 3)}
TITLES: dict[Network, str] = {"vgg19": "VGG-19", "vgg16": "VGG-16"}

# The first five convolutions, which the precursor's code (arXiv:2402.11103) and the tutorial it follows take.
STYLE_LAYERS = LAYERS[:5]


def layers_of(network: Network) -> tuple[str, ...]:
    """Names of a network's convolutions, from the image on."""
    counts = enumerate(NETWORKS[network], 1)
    return tuple(f"conv{block}_{one}" for block, count in counts for one in range(1, count + 1))


def channels_of(layer: str) -> tuple[int, int]:
    """Channels that a layer takes and gives."""
    place = LAYERS.index(layer)
    blocks = [block for block, count in enumerate(BLOCKS) for _ in range(count)]
    return (CHANNELS[blocks[place - 1]] if place else 3), CHANNELS[blocks[place]]
