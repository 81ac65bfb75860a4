"""What the benchmarks share: images, one thread, interleaved CPU times, a table, the machine in words."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
# Real images, beside the repository; benchmarks that need them say so where they are absent.
DATA = Path(os.environ.get("RAYSYS_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def one_thread() -> None:
    """Start the script again with one thread per library, unless it runs so: numpy and torch read that when loaded."""
    if any(os.environ.get(variable) != "1" for variable in THREADS):
        os.environ.update(dict.fromkeys(THREADS, "1"))
        os.execv(sys.executable, [sys.executable, *sys.argv])


def thresholded_field(shape: tuple[int, ...], n: int, phi: float = 0.352, sigma: float = 4) -> np.ndarray:
    """Periodic thresholded Gaussian random fields, uint8 (n, *shape), each of phase fraction phi."""
    noise = np.random.default_rng(0).standard_normal((n, *shape))
    axes = tuple(range(1, noise.ndim))
    k2 = sum(k**2 for k in np.meshgrid(*[2 * np.pi * np.fft.fftfreq(s) for s in shape], indexing="ij", sparse=True))
    field = np.fft.ifftn(np.fft.fftn(noise, axes=axes) * np.exp(-k2 * sigma**2 / 2), axes=axes).real
    return (field > np.quantile(field, 1 - phi, axis=axes, keepdims=True)).astype(np.uint8)


def seconds(work: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median CPU time of each on this thread; interleaved, after one run that compiles."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for function in work.values():
        function()
    for _ in range(repeats):
        for name, function in work.items():
            start = time.thread_time()
            function()
            times[name].append(time.thread_time() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def show(title: str, times: dict[str, float], count: int, of: str = "images") -> None:
    """Print a table; the first row is ours."""
    ours = next(iter(times.values()))
    print(f"\n{title}")
    for name, taken in times.items():
        print(f"  {name:52} {1e3 * taken:10.2f} ms  {count / taken:12,.1f} {of}/s  {taken / ours:8.1f} x ours")


def machine(*packages: str) -> str:
    """Date, processor, load and versions, in one line."""
    named = [platform.machine()]
    if Path("/proc/cpuinfo").exists():
        named = [
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ]
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} absent")
    load = os.getloadavg()[0]
    cores = os.cpu_count()
    return (
        f"{date.today()}, {named[0]}, {cores} cores, load {load:.1f}, Python {platform.python_version()}, "
        f"{', '.join(found)}; one thread, CPU time"
    )
