"""Descriptors beside their peers on one core, as ratios within one run, each with its aim.

    python benchmarks/peers.py [--repeats 5] [--only NAME ...]

Percolation along all axes against SciPy's labels and PoreSpy's trimming; the periodic map of every lag against
scipy.fft's whole transforms; local thickness by whole radii and by every radius against PoreSpy's default method "bf",
which takes whole radii only; pores by volume and centre against cc3d; effective diffusivity against SciPy's conjugate
gradients and, where OpenPNM is installed, PoreSpy's `tortuosity_fd`; P4 of volumes by edge and voxel; memory of S2 in
every direction of 400^3; how evenly two threads share one large image. Thresholded Gaussian random fields. CPU time of
one thread, runs interleaved, median; what both measure is compared before it is timed, and a peer that is not installed
is said to be absent. Threads are compared by their CPU times, the sum by the longest, which is the ratio of wall times
on cores that nothing else uses.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable

import numpy as np
from scipy import fft, ndimage
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import cg
from timing import machine, one_thread, seconds, thresholded_field

from raysys.stats import (
    autocorrelation,
    effective_diffusivity,
    local_thickness,
    percolating,
    permeability,
    polytope,
    pores,
    two_point,
    two_point_radial,
)
from raysys.stats.transport.conduction import Grid
from raysys.stats.transport.percolation import percolating_part

PLACES = ("volume", "centroid_axis0", "centroid_axis1", "centroid_axis2")


def absent(package: str) -> bool:
    """Whether a peer is not installed, which is said."""
    lost = importlib.util.find_spec(package) is None
    if lost:
        print(f"  {package} is not installed: left out")
    return lost


def rows(
    title: str, ours: Callable[[], object], peers: dict[str, Callable[[], object]], aim: float | None, repeats: int
) -> None:
    """Time ours against peers and print each ratio beside its aim."""
    times = seconds({"raysys": ours} | peers, repeats)
    print(f"\n{title}\n  {'raysys':44} {1e3 * times['raysys']:10.2f} ms")
    for name in peers:
        ratio = times[name] / times["raysys"]
        told = "" if aim is None else f", aim {aim}: {'met' if ratio >= aim else 'missed'}"
        print(f"  {name:44} {1e3 * times[name]:10.2f} ms   ratio {ratio:6.2f}{told}")


def percolation(repeats: int) -> None:
    """Fractions that lead through, mean over the axes."""
    from porespy.filters import trim_nonpercolating_paths

    def by_scipy(images: np.ndarray) -> list[float]:
        found = []
        for image in images:
            labels, counts = ndimage.label(image)[0], []
            for axis in range(image.ndim):
                both = np.intersect1d(labels.take(0, axis), labels.take(-1, axis))
                counts.append(np.isin(labels, both[both > 0]).sum())
            found.append(np.mean(counts) / image.sum())
        return found

    def by_porespy(images: np.ndarray) -> list[float]:
        kept = [[trim_nonpercolating_paths(one == 1, axis=k).sum() for k in range(one.ndim)] for one in images]
        return [np.mean(sums) / one.sum() for sums, one in zip(kept, images, strict=True)]

    for shape, n in (((128, 128), 32), ((512, 512), 4), ((128,) * 3, 1)):
        images = thresholded_field(shape, n, phi=0.45)
        for peer in (by_scipy, by_porespy):
            np.testing.assert_allclose(percolating(images).values, peer(images))
        peers = {"SciPy label, ends compared": lambda i=images: by_scipy(i), "PoreSpy": lambda i=images: by_porespy(i)}
        rows(f"percolation, {n} of {shape}", lambda i=images: percolating(i), peers, 1.5, repeats)


def periodic_map(repeats: int) -> None:
    """Every lag of periodic images."""

    def whole(image: np.ndarray) -> np.ndarray:
        spectrum = fft.rfftn(image.astype(np.float64))
        return fft.fftshift(fft.irfftn(spectrum.real**2 + spectrum.imag**2, image.shape)) / image.size

    for shape in ((512, 512), (2048, 2048), (128,) * 3):
        images = thresholded_field(shape, 1)
        np.testing.assert_allclose(autocorrelation(images)[0], whole(images[0]), atol=1e-12)
        peers = {"scipy.fft rfftn, irfftn, centred": lambda i=images[0]: whole(i)}
        rows(f"periodic map, {shape}", lambda i=images: autocorrelation(i), peers, 1.0, 4 * repeats)


def thickness(repeats: int) -> None:
    """Local thickness: PoreSpy's default has whole radii only, and so have we where that is asked for."""
    from porespy.filters import local_thickness as peer

    for shape, sigma in (((128,) * 3, 4), ((512, 512), 6)):
        images = thresholded_field(shape, 1, sigma=sigma)
        inside = images[0] > 0
        ours, theirs = local_thickness(images)[0] / 2, peer(inside)
        assert (np.abs(ours - theirs)[inside] <= 2).mean() > 0.95
        np.testing.assert_array_equal(local_thickness(images, radii="whole")[0] / 2, theirs)
        peers = {'PoreSpy, its default "bf", whole radii': lambda i=inside: peer(i)}
        rows(
            f"local thickness, {shape}, whole radii",
            lambda i=images: local_thickness(i, radii="whole"),
            peers,
            5.0,
            repeats,
        )
        rows(f"local thickness, {shape}, every radius", lambda i=images: local_thickness(i), peers, None, repeats)


def parts(repeats: int) -> None:
    """Volume and centre of every part."""
    if absent("cc3d"):
        return
    import cc3d

    def by_cc3d(image: np.ndarray) -> dict[str, np.ndarray]:
        return cc3d.statistics(cc3d.connected_components(image, connectivity=6))

    for phi, sigma in ((0.1, 3), (0.2, 1.5), (0.352, 4)):
        images = thresholded_field((128,) * 3, 1, phi=phi, sigma=sigma)
        ours, theirs = pores(images, properties=PLACES).properties, by_cc3d(images[0])
        np.testing.assert_array_equal(np.sort(ours["volume"]), np.sort(theirs["voxel_counts"][1:]))
        peers = {"cc3d, labels and statistics": lambda i=images[0]: by_cc3d(i)}
        title = f"{len(ours['volume']):,} pores of 128^3, phi {phi}: volume and centre"
        rows(title, lambda i=images: pores(i, properties=PLACES), peers, 1.0, repeats)
        rows(title + "; ours with all properties", lambda i=images: pores(i), peers, None, repeats)


def diffusion(repeats: int) -> None:
    """Along one axis of 100^3, against SciPy's conjugate gradients on the same equations as a sparse matrix."""
    image = thresholded_field((100,) * 3, 1, phi=0.35, sigma=3)
    part = percolating_part(image[0] == 1, 0, "mirrored")

    def by_scipy() -> float:
        grid = Grid.of(part.astype(np.float64), "mirrored", "mirrored")
        number = np.arange(part.size).reshape(part.shape)
        pairs = [(number[f > 0], np.roll(number, -1, k)[f > 0]) for k, f in enumerate(grid.faces)]
        one, other = (np.concatenate([pair[i] for pair in pairs]) for i in (0, 1))
        links = coo_matrix((np.ones(len(one)), (one, other)), (part.size,) * 2).tocsr()
        cells = np.flatnonzero(part)
        matrix = (diags(grid.diagonal.ravel()) - links - links.T).tocsr()[cells][:, cells]
        source = grid.drive.ravel()[cells]
        field, failed = cg(matrix, source, rtol=1e-6, M=diags(1 / matrix.diagonal()))
        assert not failed
        return float((grid.faces[0].sum() + grid.anchors.sum() / 4 - source @ field) / part.size)

    assert abs(effective_diffusivity(image, axis=0).effective[0, 0] / by_scipy() - 1) < 1e-4
    peers: dict[str, Callable[[], object]] = {"SciPy, matrix and conjugate gradients": by_scipy}
    if not absent("openpnm"):
        from porespy.simulations import tortuosity_fd

        # It holds the first and the last layer, ours half a voxel outside of them.
        found = effective_diffusivity(image, axis=0)
        ours, theirs = (found.percolating / found.effective)[0, 0], tortuosity_fd(image[0] == 1, axis=0).tortuosity
        assert abs(ours / theirs - 1) < 0.05
        peers["PoreSpy tortuosity_fd"] = lambda: tortuosity_fd(image[0] == 1, axis=0)
    rows("effective diffusivity, 100^3, one axis", lambda: effective_diffusivity(image, axis=0), peers, 1.0, 1)


def edges(repeats: int) -> None:
    """Cost of P4 and P6 of volumes by edge and voxel, which does not grow with the volume."""
    print("\npolytope functions of volumes, all planes")
    for kind in ("P4", "P6"):
        for side in (64, 128, 192):
            volume = thresholded_field((side,) * 3, 1)
            taken = seconds({"": lambda v=volume, k=kind: polytope(v, k, r_max=31)}, repeats)[""]
            print(f"  {kind}, {side}^3, 32 edges: {1e12 * taken / side**3 / 32:8.1f} ps a voxel and edge")


MEMORY = """
import time
import numpy as np
from raysys.stats import two_point_radial
def most():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024 / 1e9
two_point_radial(np.ones((1, 8, 8, 8), np.uint8))
volume, rng = np.empty((1, 400, 400, 400), np.uint8), np.random.default_rng(0)
for slice in volume[0]:
    np.less(rng.integers(0, 256, slice.shape, np.uint8), 90, out=slice.view(bool))
before, start = most(), time.thread_time()
two_point_radial(volume)
taken, told = most() - before, f"{time.thread_time() - start:.1f} s"
print(f"  {taken:.2f} GB beyond the volume, aim 0.6: {'met' if taken <= 0.6 else 'missed'}; {told}")
"""


def memory(repeats: int) -> None:
    """In a process of its own, whose largest memory is then that of this alone."""
    print("\nS2_radial of 400^3, open, r < 200", flush=True)
    subprocess.run([sys.executable, "-c", MEMORY], check=True)


def shared(repeats: int) -> None:
    """How two threads share one image: all CPU time by that of the busier thread, the calling one included."""
    from raysys.stats import threads

    spent: dict[int, float] = {}
    kept = threads.over_threads

    def counted(work: Callable[[int, int], None], total: int, size: int, parts: int | None = None) -> None:
        def timed(first: int, last: int) -> None:
            start = time.thread_time()
            work(first, last)
            worker = threading.get_ident()
            spent[worker] = spent.get(worker, 0.0) + time.thread_time() - start

        kept(timed, total, size, parts)

    for name in ("packed", "correlation.pair_counts", "transport.streaming", "transport.lattice"):
        vars(importlib.import_module(f"raysys.stats.{name}"))["over_threads"] = counted
    threads.CONFIG.NUMBA_NUM_THREADS = 2
    os.environ["OMP_NUM_THREADS"] = "2"
    print("\ntwo threads on one image: CPU time of all by that of the longest way through")
    volume = thresholded_field((320,) * 3, 1)
    work: dict[str, Callable[[], object]] = {
        "S2, 320^3, three axes": lambda: two_point(volume),
        "P4, 320^3, edges to 64": lambda: polytope(volume, "P4"),
        "S2 in every direction, 320^3": lambda: two_point_radial(volume),
        "permeability, 160^3, 200 steps": lambda: permeability(volume[:, :160, :160, :160], axis=0, max_steps=200),
    }
    for name, function in work.items():
        function()
        spent.clear()
        alone, whole = time.thread_time(), time.process_time()
        function()
        alone, whole = time.thread_time() - alone, time.process_time() - whole
        ratio = whole / (alone + max(spent.values()))
        print(f"  {name:44} ratio {ratio:5.2f}, aim 1.7: {'met' if ratio >= 1.7 else 'missed'}")


PARTS = {one.__name__: one for one in (percolation, periodic_map, thickness, parts, diffusion, edges, memory, shared)}


def main() -> None:
    """Compare, then time."""
    one_thread()
    warnings.simplefilter("ignore")  # PoreSpy's, about scikit-image
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    print(machine("numpy", "numba", "scipy", "porespy", "connected-components-3d"))
    if absent("porespy"):
        return
    import porespy

    porespy.settings.tqdm["disable"] = True
    for name in options.only:
        PARTS[name](options.repeats)


if __name__ == "__main__":
    main()
