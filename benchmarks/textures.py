"""Texture synthesis: the Guided Correspondence loss dense, exact and on a grid; seconds of whole syntheses.

Each way of the loss runs with its gradient in a process of its own, whose peak memory is then its own. The dense loss
unfolds all patches, as the published code does. Features are relu2_1's: 128 channels, half the image's side. `--large`:
also images of 512 pixels. The weights are those of `RAYSYS_VGG19`, or of the shared data beside the repository.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from timing import DATA, machine, one_thread

if TYPE_CHECKING:
    from torch import Tensor

one_thread()

WAYS = ("dense", "exact", "grid")
REPEATS = 3


def features(side: int, seed: int) -> Tensor:
    """Smooth random features (128, side / 2, side / 2): of white noise all patches are equally far."""
    import torch
    from torch.nn import functional

    noise = torch.rand(1, 128, side // 2 + 8, side // 2 + 8, generator=torch.Generator().manual_seed(seed))
    return functional.avg_pool2d(noise, 9, 1)[0].contiguous()


def dense(target: Tensor, source: Tensor) -> Tensor:
    """The loss by its definition, with all patches unfolded and one table of all pairs."""
    import torch
    from torch.nn import functional

    t, s = (functional.unfold(one, 7, stride=3)[0].T for one in (target, source[None]))
    mean = s.mean(0)
    d = (1 - functional.normalize(t - mean, dim=1) @ functional.normalize(s - mean, dim=1).T) / 2
    d = d.clamp(min=0)
    counts = torch.bincount(d.argmin(1), minlength=d.shape[1])
    d = d + 0.05 * counts * (d.shape[1] / d.shape[0])
    least = d.min(1, keepdim=True).values
    return torch.logsumexp((least - d) / (least + 1e-5) / 0.5, dim=1).mean()


def measure(way: str, side: int) -> None:
    """Print seconds of the processor, megabytes above the features, and the loss."""
    import torch

    from raysys.losses import GuidedCorrespondence, PatchSettings

    target, source = features(side, 0)[None].requires_grad_(), features(256, 1)
    grid = PatchSettings(search="grid", stride=2, memory=0.9)
    term = GuidedCorrespondence([source], PatchSettings() if way == "exact" else grid)
    loss = (lambda one: dense(one, source)) if way == "dense" else term
    # Nothing but a look at the libraries, so that their code is in memory before.
    torch.autograd.grad((target[:, :, :9, :9] ** 2).sum(), target)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(REPEATS):
        begun = time.process_time()
        value = loss(target)
        torch.autograd.grad(value, target)
        times.append(time.process_time() - begun)
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{sorted(times)[REPEATS // 2]:.3f} {peak:.0f} {value.item():.5f}")


def losses(sides: list[int]) -> None:
    """The loss with its gradient, of a source of 256 pixels."""
    for side in sides:
        print(f"\nrelu2_1's loss with its gradient, image of {side}^2, source of 256^2")
        found = {}
        for way in WAYS:
            command = [sys.executable, __file__, "--way", way, "--side", str(side)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[way] = [float(word) for word in done.stdout.split()]
        if abs(found["exact"][2] - found["dense"][2]) > 1e-4 * found["dense"][2]:
            raise SystemExit(f"the exact loss is {found['exact'][2]}, the dense one {found['dense'][2]}")
        for way, (seconds, megabytes, _) in found.items():
            ratio = found["dense"][0] / seconds
            print(f"  {way:8} {seconds:7.2f} s  {megabytes:6.0f} MB  {ratio:6.1f} times as fast as dense")


def syntheses(sizes: list[int]) -> None:
    """Whole pictures by the fast preset, from gravel of half their side; and quilts of it."""
    from raysys.data import read_images
    from raysys.synthesis import synthesise

    weights = os.environ.get("RAYSYS_VGG19") or str(DATA / "weights" / "vgg19_normalized_conv_rgb_fp16.npz")
    photo = DATA / "texture" / "gravel" / "abro_gravel.jpg"
    if not photo.is_file() or not os.path.isfile(weights):
        print(f"\nno syntheses: {photo} or {weights} is absent")
        return
    gravel = read_images(photo, kind="colour")
    for size in sizes:
        source = gravel[: size // 2, : size // 2]
        print(f"\na picture of {size}^2 from {size // 2}^2 of gravel")
        for method in ("quilting", "guided-correspondence"):
            begun, wall = time.process_time(), time.monotonic()
            made = synthesise(source, size, method=method, weights=weights)
            taken = time.process_time() - begun, time.monotonic() - wall
            steps = len(made.losses)
            print(f"  {method:22} {taken[0]:6.1f} s of the processor, {taken[1]:6.1f} s on the clock, {steps} steps")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory of this process {peak:.0f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--side", type=int, default=256)
    asked = parser.parse_args()
    if asked.way:
        measure(asked.way, asked.side)
    else:
        print(machine("torch", "numpy"))
        losses([256, 512] if asked.large else [256])
        syntheses([128, 256])
