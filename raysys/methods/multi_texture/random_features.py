"""Gram matrices of random convolutions at several scales: how two textures differ, without any pretrained weights."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

CHANNELS, KERNEL, SCALES = 32, 5, 3


class RandomGrams:
    """Images to the Gram matrices of random features, the same for every run and machine.

    At each of up to three scales, halved in between, a convolution of 32 random kernels and a ReLU; a Gram matrix of
    its channels and of the image's own, divided by the number of places (as Gatys et al. 2015 have it of VGG-19; that
    random kernels do as well: Ustyuzhaninov et al. 2017).
    """

    def __init__(self, dims: int, channels: int, device: torch.device) -> None:
        chance = torch.Generator().manual_seed(0)
        shape = (CHANNELS, channels, *(KERNEL,) * dims)
        self.kernels = [(torch.randn(shape, generator=chance) / (channels * KERNEL**dims) ** 0.5).to(device)
                        for _ in range(SCALES)]  # fmt: skip
        self.biases = [torch.randn(CHANNELS, generator=chance).to(device) * 0.3 for _ in range(SCALES)]
        self.convolve = {2: functional.conv2d, 3: functional.conv3d}[dims]
        self.halve = {2: functional.avg_pool2d, 3: functional.avg_pool3d}[dims]

    def __call__(self, images: Tensor) -> Tensor:
        """Images (B, C, *spatial) in [-1, 1] to vectors (B, values)."""
        found = []
        for kernel, bias in zip(self.kernels, self.biases, strict=True):
            if min(images.shape[2:]) < KERNEL:
                break
            features = torch.relu(self.convolve(images, kernel, bias)).flatten(2)
            gram = features @ features.transpose(1, 2) / features.shape[2]
            found.append(gram.flatten(1) / gram.shape[1])
            images = self.halve(images, 2)
        return torch.cat(found, 1)
