"""What a terminal shows of an annealing."""

import numpy as np
import pytest
from rich.console import Console

from raysys.anneal import Progress
from raysys.anneal.order import CHAINS
from raysys.cli.parts.watching import blocks, clock, sparkline, view


def test_an_image_is_drawn_in_halves_of_characters():
    image = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1]], np.uint8)
    assert blocks(image) == "▀▄█\n  ▀"
    assert blocks(image * 255) == blocks(image)
    assert blocks(np.stack([0 * image, image, 0 * image])) == blocks(image)  # the middle slice


@pytest.mark.parametrize("shape", [(300, 100), (100, 500), (7, 7), (64, 64, 64)])
def test_large_images_are_reduced(shape):
    lines = blocks(np.ones(shape, np.uint8)).splitlines()
    assert len(lines) <= 24
    assert all(len(line) == len(lines[0]) <= 48 for line in lines)
    assert set("".join(lines)) <= {"█", "▀"}


def test_energies_become_bars_of_their_logarithm():
    assert sparkline([1e-1, 1e-4, 1e-8]) == "█▅▁"
    assert sparkline([1e-3, 1e-3]) == "▄▄"
    assert sparkline([]) == ""
    assert sparkline([0.0, float("nan")]) == ""
    long = sparkline(np.geomspace(1, 1e-9, 5000).tolist())
    assert len(long) == 48
    assert (long[0], long[-1]) == ("█", "▁")


@pytest.mark.parametrize(("seconds", "said"), [(None, "-"), (7.4, "0:07"), (125, "2:05"), (3725, "1:02:05")])
def test_time_left(seconds, said):
    assert clock(seconds) == said


def test_numbers_stand_beside_the_picture():
    progress = Progress(
        2, 30, 250, 1e-5, finished=1, jobs=8, workers=2, pending=1, failed=1, lowest=1e-6, median=1e-5, highest=1e-4,
        work=1000, rate=2e6, fraction=0.25, seconds_left=75.0, shown=lambda: np.ones((4, 4), np.uint8),
    )  # fmt: skip
    console = Console(width=120)
    with console.capture() as captured:
        console.print(view(CHAINS, progress, [1e-2, 1e-5]))
    text = captured.get()
    for words in ("1 of 8, 1 failed", "1e-06", "2,000,000", "25%", "1:15", "2, 1 waiting for room", "█▁", "████"):
        assert words in text
    assert "chain 2, stage 30 of 250" in text
