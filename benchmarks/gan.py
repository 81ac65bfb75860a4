"""Generator iterations per second of the WGAN-GP: float32, bfloat16 and compiled, side by side in one run.

    python benchmarks/gan.py [--size 64] [--batch 32] [--width 16] [--critic-updates 5] [--repeats 7]
    python benchmarks/gan.py --published     # the published networks: 128 pixels, batch of 128, width 64, a GPU's work

One generator iteration is what the recipe calls a step: all critic updates with their gradient penalties, then one
update of the generator, by the system that `raysys train` runs, without data, Ray and MLflow. Before anything is timed
every way takes the same first steps, and their losses are compared. What each compiled pass took at first is shown
apart. Floating-point operations are counted as they are dispatched (torch.utils.flop_counter: convolutions, forward,
back and twice back; a multiplication and an addition are two). On CUDA the share of the peak is that of the bfloat16
or TF32 tensor cores without sparsity, as the maker states it, or `--peak` in TFLOP/s; the penalty is float32 always,
so a bfloat16 run cannot reach the bfloat16 peak. Times: of this thread on a CPU, by the clock on CUDA.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from timing import machine, one_thread, thresholded_field
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from raysys.train import load_recipe
from raysys.train.batches import Batch, Draws
from raysys.train.compiling import check_compiler
from raysys.train.loop import build_system

# Dense tensor-core TFLOP/s by the maker's data sheets, (bfloat16, TF32): the first that is in the device's name.
PEAKS = {
    "H200 NVL": (835, 418),
    "H200": (989, 494),
    "H100 PCIe": (756, 378),
    "H100": (989, 494),
    "A100": (312, 156),
}
WAYS = {
    "float32": {},
    "bfloat16": {"training.precision": "bfloat16"},
    "float32, compiled": {"training.compile": True},
    "bfloat16, compiled": {"training.precision": "bfloat16", "training.compile": True},
}
# How far bfloat16 and compiled code may lie from float32 after the first steps: relative, of the penalised loss.
NEAR, FIRST_STEPS = 1e-2, 2

Step = Callable[[int], dict[str, torch.Tensor]]


def steps(options: argparse.Namespace, ways: list[str], device: torch.device) -> dict[str, Step]:
    """One training per way, each from the same weights on the same images."""
    own = [f"data.tile={options.size}", f"training.batch={options.batch}", f"system.width={options.width}"]
    own += [f"system.critic_updates={options.critic_updates}", f"training.seed={0}"]
    recipe = load_recipe("wgan-gp-published" if options.published else "gravel", own)
    pixels = torch.from_numpy(thresholded_field((options.size, options.size), options.batch)).to(device)
    batch = Batch(pixels[:, None].float() * 2 - 1)
    made: dict[str, Step] = {}
    for way in ways:
        system = build_system(recipe.with_values(WAYS[way]), device)
        batches = [batch] * system.batches_per_step
        made[way] = partial(one_step, system.step, batches, device)
    return made


def one_step(
    step: Callable[..., dict[str, torch.Tensor]], batches: list[Batch], device: torch.device, k: int
) -> dict[str, torch.Tensor]:
    return step(batches, Draws(0, k, 0, 1, device), lambda parameters: None)


def clock(device: torch.device) -> float:
    """Seconds of this thread; where another device computes, seconds by the clock once it has done what it was told."""
    if device.type == "cpu":
        return time.thread_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


def begun(made: dict[str, Step], device: torch.device) -> dict[str, float]:
    """Seconds of each way's first steps, by the clock; all must have come to the same loss."""
    taken, losses = {}, {}
    for way, step in made.items():
        start = time.perf_counter()
        losses[way] = [float(step(k)["critic_loss"]) for k in range(FIRST_STEPS)][-1]
        taken[way] = time.perf_counter() - start
    expected = next(iter(losses.values()))
    for way, loss in losses.items():
        if abs(loss - expected) > NEAR * abs(expected):
            raise SystemExit(f"{way}: the critic's loss is {loss:.5g}, not {expected:.5g}")
    return taken


def timed(made: dict[str, Step], device: torch.device, repeats: int, iterations: int) -> dict[str, float]:
    """Median seconds per generator iteration of each, in turns."""
    times: dict[str, list[float]] = {way: [] for way in made}
    for repeat in range(repeats):
        for way, step in made.items():
            start = clock(device)
            for k in range(iterations):
                step(FIRST_STEPS + repeat * iterations + k)
            times[way].append((clock(device) - start) / iterations)
    return {way: statistics.median(taken) for way, taken in times.items()}


class Counter(TorchDispatchMode):
    """Floating-point operations by torch's own formulas; its FlopCounterMode cannot follow a gradient penalty."""

    counted = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if (formula := flop_registry.get(func.overloadpacket)) is not None:
            self.counted += formula(*args, **(kwargs or {}), out_val=out)
        return out


def operations(step: Step) -> int:
    """Floating-point operations of one generator iteration, counted where every operation can be seen: uncompiled."""
    with Counter() as counter:
        step(0)
    return counter.counted


def peak(device: torch.device, given: float | None, way: str) -> float | None:
    """Operations per second that the device could do at most, or None where nobody has said."""
    if given is not None:
        return given * 1e12
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    pair = next((each for part, each in PEAKS.items() if part in name), None)
    return None if pair is None else pair[0 if "bfloat16" in way else 1] * 1e12


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--critic-updates", type=int, default=5)
    parser.add_argument("--published", action="store_true", help="the published networks and sizes")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--iterations", type=int, default=1, help="generator iterations between two looks at the clock")
    parser.add_argument("--peak", type=float, help="dense TFLOP/s of the device at the precision looked at")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    if options.published:
        options.size, options.batch, options.width = 128, 128, 64
    return options


def main() -> None:
    one_thread()
    options = arguments()
    device = torch.device(options.device)
    torch.set_num_threads(1)
    print(machine("torch"))
    if device.type == "cuda":
        print(f"on {torch.cuda.get_device_name(device)}, by the clock; peaks of TF32 and bfloat16 tensor cores")
    elif any("compiled" in way for way in options.ways):
        check_compiler()
    counted = operations(steps(options, ["float32"], device)["float32"])
    made = steps(options, options.ways, device)
    first = begun(made, device)
    times = timed(made, device, options.repeats, options.iterations)
    networks = "published networks" if options.published else f"lattice networks of width {options.width}"
    print(f"\nWGAN-GP, {networks}, {options.size}^2, batch {options.batch}, {options.critic_updates} critic updates")
    print(f"{counted / 1e9:,.1f} GFLOP per generator iteration")
    ours = next(iter(times.values()))
    for way, taken in times.items():
        row = f"  {way:20} {1e3 * taken:10.1f} ms {1 / taken:9.2f} iterations/s {ours / taken:7.2f} x the first"
        row += f" {counted / taken / 1e12:9.3f} TFLOP/s"
        most = peak(device, options.peak, way)
        row += "" if most is None else f" {counted / taken / most:7.1%} of the peak"
        print(f"{row}   first {FIRST_STEPS} steps {first[way]:.1f} s")


if __name__ == "__main__":
    main()
