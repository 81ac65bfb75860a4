"""Pictures made window by window: grids, frozen overlaps, seams, thresholds on disk, a killed process, refusals."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.textures import SHORT, plan, stripes

from raysys.errors import RaysysError
from raysys.synthesis import by_windows
from raysys.synthesis.descent import Plan
from raysys.synthesis.grid import Grid
from raysys.synthesis.memory import available, bytes_of
from raysys.synthesis.order import SynthesisOrder
from raysys.synthesis.quilting import quilt
from raysys.synthesis.thresholding import cut_of


def binary() -> np.ndarray:
    return (stripes() > 0.6).astype(np.uint8)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize(("size", "side"), [((256, 200), 64), ((176, 96), 64), ((512, 768), 256)])
def test_cores_cover_the_picture_once_and_are_seen_with_their_surroundings(
    size: tuple[int, int], side: int, periodic: bool
):
    grid, covered = Grid.of(size, side, periodic=periodic), np.full(size, -1)
    for window in grid.windows():
        assert (covered[window.at] >= 0).tolist() == grid.made_before(window).tolist()
        assert (covered[window.core_at] == -1).all()
        covered[window.core_at] = window.number
        # Around a core there is what its patches look at, but for the edges of a picture that has some.
        for indices, part, length in zip((window.rows, window.columns), window.core, size, strict=True):
            assert part.start == grid.context or (not periodic and indices[0] == 0)
            assert len(indices) - part.stop == grid.context or (not periodic and indices[-1] == length - 1)
            assert len(set(indices.tolist())) == len(indices)
            assert len(indices) <= side + 8
    assert covered.min() == 0
    assert grid.count == covered.max() + 1


def border_steps(image: np.ndarray, grid: Grid) -> float:
    """Mean step across the borders of cores over the mean step inside, both axes.

    Inside are lines at multiples of 8 as borders are: features are pooled, and what a network of random kernels makes
    in a few steps has every second line sharper, in one piece as well.
    """
    ratios = []
    for axis, edges in enumerate(grid.edges):
        steps = np.abs(np.diff(image, axis=axis)).mean(1 - axis)[7::8]
        borders = np.isin(np.arange(1, len(steps) + 1) * 8, edges)
        ratios.append(steps[borders].mean() / steps[~borders].mean())
    return float(np.mean(ratios))


@pytest.mark.parametrize("periodic", [False, True])
def test_there_is_no_seam_between_windows(tmp_path: Path, periodic: bool):
    """At most 1.1 across borders, and across the edges of tiles; of windows that know nothing of each other more."""
    size = (128, 192)
    made = by_windows(SynthesisOrder(plan(size=size, periodic=periodic), 1), tmp_path, window=64)
    image, grid = made.image, Grid.of(size, 64, periodic=periodic)
    assert image.shape == size
    assert len(made.losses) == grid.count == 24
    assert border_steps(image, grid) < 1.1
    apart = image.copy()
    for window in grid.windows():
        apart[window.core_at] = np.roll(image, 13 * window.number, axis=(0, 1))[window.core_at]
    assert border_steps(apart, grid) > 1.2
    if periodic:
        for axis in (0, 1):
            across = np.abs(image.take(0, axis) - image.take(-1, axis)).mean()
            assert across < 1.3 * np.abs(np.diff(image, axis=axis)).mean()


def test_what_neighbours_have_made_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """After each window everything that was there is as it was, though each step changed all that it may change."""
    order, before = SynthesisOrder(plan(size=(96, 96)), 1), []
    grid = Grid.of((96, 96), 64)

    def heard(progress: object) -> None:
        before.append(np.array(np.load(tmp_path / "picture-000000.npy", mmap_mode="r")))

    monkeypatch.setattr("raysys.synthesis.windowed.SECONDS", 0.0)
    made = by_windows(order, tmp_path, window=64, progress=heard)
    final = np.load(made.path)
    steps = len(before) // grid.count
    for window in grid.windows():
        seen = before[steps * (window.number + 1) - 1]  # before the window itself was written
        for earlier in list(grid.windows())[: window.number]:
            assert np.array_equal(seen[earlier.core_at], final[earlier.core_at])
        assert not np.array_equal(seen[window.core_at], final[window.core_at])


@pytest.mark.parametrize("kind", ["colour", "binary"])
def test_kinds_and_numbers(tmp_path: Path, kind: str):
    image = stripes(colour=True) if kind == "colour" else binary()
    order = SynthesisOrder(plan(image, size=(80, 104)), 1)
    first, other = (by_windows(order, tmp_path, window=64, number=number).image for number in (0, 1))
    assert first.shape == (80, 104, *image.shape[2:])
    assert first.dtype == image.dtype
    assert not np.array_equal(first, other)
    if kind == "binary":
        assert int(first.sum()) == round(image.mean() * first.size)


def test_a_quilt_by_windows_is_the_quilt(tmp_path: Path):
    wanted = plan(size=(320, 72), method="quilting")
    made = by_windows(SynthesisOrder(wanted, 1), tmp_path, window=64)
    whole = quilt(stripes(), (320, 72), seed=(3, 0), block=12)
    assert np.array_equal(made.image, whole.image)
    assert sorted(path.name for path in tmp_path.glob("*.npy")) == ["picture-000000.npy"]


def test_a_preset_that_begins_with_noise(tmp_path: Path):
    noisy = replace(SHORT, start="noise")
    made = by_windows(SynthesisOrder(plan(size=(96, 64), preset=noisy), 1), tmp_path, window=64)
    assert 0 <= made.image.min() < made.image.max() <= 1


@pytest.mark.parametrize("ones", [0, 1, 777, 4999, 5000])
def test_a_cut_leaves_as_many_ones_as_are_asked_for(ones: int):
    """Also among values that many pixels share, as those are that were clipped."""
    random = np.random.default_rng(0)
    values = np.clip(random.normal(0.5, 0.5, (100, 50)), 0, 1).astype(np.float32)
    values[random.random(values.shape) < 0.2] = 0.25
    parts = [values[:30], values[30:31], values[31:]]
    made = np.concatenate(list(cut_of(lambda: iter(parts), ones).bands(iter(parts))))
    assert made.sum() == ones
    if 0 < ones < made.size:
        assert values[made == 1].min() >= values[made == 0].max()


PROGRAM = """
import sys
from pathlib import Path
from support.textures import plan
from raysys.synthesis import by_windows
from raysys.synthesis.order import SynthesisOrder
by_windows(SynthesisOrder(plan(size=(128, 128), periodic=True), 1), Path(sys.argv[1]), window=64)
"""


def test_a_killed_process_goes_on_after_its_last_window(tmp_path: Path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    killed = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path / "killed")], env=environment)
    record = tmp_path / "killed" / "picture-000000.json"
    deadline = time.monotonic() + 120
    while killed.poll() is None and time.monotonic() < deadline:
        if record.exists() and record.read_text().count(",") > 18:  # some windows are done
            break
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL, "it had ended before it was killed"
    order = SynthesisOrder(plan(size=(128, 128), periodic=True), 1)
    on, peace = (by_windows(order, tmp_path / name, window=64) for name in ("killed", "peace"))
    assert np.array_equal(np.load(on.path), np.load(peace.path))
    assert np.array_equal(on.losses, peace.losses)


def test_other_settings_and_small_pictures_are_refused(tmp_path: Path):
    wanted = plan(size=(64, 96), method="quilting")
    by_windows(SynthesisOrder(wanted, 1), tmp_path, window=64)
    with pytest.raises(RaysysError, match=r"holds a picture of other settings \(seed\); allowed: the settings it"):
        by_windows(SynthesisOrder(replace(wanted, seed=9), 1), tmp_path, window=64)
    with pytest.raises(RaysysError, match=r"other settings \(window\)"):
        by_windows(SynthesisOrder(wanted, 1), tmp_path, window=128)
    with pytest.raises(RaysysError, match="windows of 24 pixels; allowed: 32 and more"):
        Grid.of((256, 256), 24)
    with pytest.raises(RaysysError, match="tileable picture of 72 x 128 pixels by windows of 64; allowed: 80 a side"):
        Grid.of((72, 128), 64, periodic=True)


def test_memory_is_asked_for_by_the_pixel():
    def wanted(side: int) -> Plan:
        return plan(size=(side, side))

    assert bytes_of(wanted(4096)) - bytes_of(wanted(2048)) == pytest.approx(3 * (bytes_of(wanted(2048)) - 500e6))
    assert bytes_of(plan(size=(512, 512), method="quilting")) < bytes_of(wanted(512))
    assert 1e7 < available() < 1e14
