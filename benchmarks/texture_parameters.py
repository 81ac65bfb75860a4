"""Parameters of networks of N textures, published sizes: DTS grows with N, the multi-texture GAN and PSGAN do not.

Alanov et al. 2019, section 4.6 (arXiv:1904.04751), has them as 34,816 (N + 71) and 25,600 (d + 336), of d channels of
noise.
"""

from __future__ import annotations

import argparse

import torch
from torch import nn

from raysys.methods.dts.network import Dts
from raysys.methods.multi_texture.networks import MultiTexture
from raysys.methods.psgan.network import Psgan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--textures", type=int, nargs="+", default=[6, 60, 116, 1000, 5000], help="Values of N.")
    with torch.device("meta"):
        ours, psgan = parameters(MultiTexture(dims=2)), parameters(Psgan())
        print(
            f"multi-texture {ours:,} (25,600 (26 + 336) = {25_600 * 362:,}), PSGAN {psgan:,}, of any number of textures"
        )
        for count in parser.parse_args().textures:
            found = parameters(Dts(textures=count))
            printed = 34_816 * (count + 71)
            print(f"{count:5} textures: DTS {found:,} ({printed:,}), {found / ours:.2f} times multi-texture")


def parameters(network: nn.Module) -> int:
    """Values that are learned."""
    return sum(value.numel() for value in network.parameters())


if __name__ == "__main__":
    main()
