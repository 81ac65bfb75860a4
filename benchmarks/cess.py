"""Speed of CESS and its gradient on one core, against the Fourier transforms alone, as ratios within one run.

    python benchmarks/cess.py [--batch 32] [--side 256] [--repeats 15]

A batch of binary images against grey ones, float32. "The transforms alone" are those that any CESS by FFT needs, real
ones in batches: forward of output and target, back to their two maps, and the two of the gradient. Through torch's own
differentiation (`raysys.stats.differentiable.two_point_map`, the same values, compared before anything is timed) the
gradient takes complex transforms. A Python loop over images and complex128 stand for the published precursor's code,
written anew from its description. CPU time of one thread, interleaved, median.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from timing import machine, one_thread, seconds, thresholded_field
from torch import Tensor

from raysys.losses import cess, gaussian_window, map_error
from raysys.stats import differentiable


def transforms(x: Tensor, y: Tensor) -> None:
    """Six real transforms of a batch."""
    spectra = [torch.fft.rfft2(one) for one in (x, y, x)]
    for spectrum in spectra:
        torch.fft.irfft2(spectrum, s=x.shape[-2:])


def through_maps(x: Tensor, y: Tensor, window: int | None = None) -> Tensor:
    """CESS by differentiating through the maps."""
    with torch.no_grad():
        wanted = differentiable.two_point_map(y[:, 0])
    return map_error(differentiable.two_point_map(x[:, 0]), wanted, window=window)


def image_by_image(x: Tensor, y: Tensor) -> Tensor:
    """As the precursor: complex128, one image after the other."""
    errors = []
    for pair in zip(x[:, 0], y[:, 0], strict=True):
        spectra = [torch.fft.fft2(one.to(torch.complex128)) for one in pair]
        maps = [torch.fft.ifft2(one.conj() * one / one.numel()).real for one in spectra]
        errors.append((maps[0] - maps[1]).square().mean())
    return torch.stack(errors).mean()


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(machine("torch"))
    shape = (options.side, options.side)
    y = torch.from_numpy(thresholded_field(shape, options.batch)).float()[:, None]
    x = (0.8 * y.roll(3, 0) + 0.1).requires_grad_()
    window = gaussian_window(shape, 20)
    ours: dict[str, Callable[[], Tensor]] = {
        "CESS, all lags": lambda: cess(x, y),
        "CESS, central 50 x 50": lambda: cess(x, y, window=50),
        "CESS, Gaussian window of 20": lambda: cess(x, y, window=window),
        "CESS, reading B": lambda: cess(x, y, reading="cross_entropy"),
        "through two_point_map, all lags": lambda: through_maps(x, y),
        "image by image in complex128": lambda: image_by_image(x, y),
    }
    torch.testing.assert_close(cess(x, y), through_maps(x, y), rtol=1e-4, atol=0)
    torch.testing.assert_close(cess(x, y).double(), image_by_image(x, y), rtol=1e-4, atol=0)
    torch.testing.assert_close(cess(x, y, window=50), through_maps(x, y, 50), rtol=1e-4, atol=0)
    gradients = [torch.autograd.grad(one(x, y), x)[0] for one in (cess, through_maps)]
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-3 * gradients[0].abs().max().item())
    plain = x.detach()
    work: dict[str, Callable[[], object]] = {"the transforms alone": lambda: transforms(plain[:, 0], y[:, 0])}
    work |= {name: lambda loss=loss: torch.autograd.grad(loss(), x) for name, loss in ours.items()}
    times = seconds(work, options.repeats)
    print(f"\nCESS with its gradient, {options.batch} images of {options.side}^2")
    alone = times["the transforms alone"]
    for name, taken in times.items():
        speed = f"{1e3 * taken:9.2f} ms {options.batch / taken:9,.0f} images/s"
        print(f"  {name:40} {speed} {taken / alone:7.2f} x the transforms")


if __name__ == "__main__":
    main()
