"""The page about volumes of rock: everything that was judged is on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from raysys.assess import rocks
from raysys.data import gaussian_random_field
from raysys.report.rocks.cubes import PORE, SHADES, SOLID, cube_faces
from raysys.report.rocks.page import rock_page


def test_a_cube_shows_three_faces_each_in_its_shade():
    volume = np.zeros((20, 20, 20), np.uint8)
    volume[0] = 1  # the upper face is pore, and a rim of the others
    colours, counts = np.unique(cube_faces(volume).reshape(-1, 3), axis=0, return_counts=True)
    shown = {tuple(np.round(colour, 3)): int(count) for colour, count in zip(colours, counts, strict=True)}
    of = lambda shade, colour: shown[tuple(np.round(np.float32(shade) * np.float32(colour), 3))]  # noqa: E731
    upper, left, right = of(SHADES[0], PORE), of(SHADES[1], SOLID), of(SHADES[2], SOLID)
    assert 0.9 < left / upper < 1.0  # 19 of 20 layers
    assert 0.98 < right / left < 1.02
    volume[:, -1] = 1  # the left face, too
    colours = np.unique(cube_faces(volume).reshape(-1, 3), axis=0)
    assert not any(np.allclose(colour, np.float32(SHADES[1]) * np.float32(SOLID)) for colour in colours)


def test_the_page_holds_words_cubes_histograms_and_distances(tmp_path: Path):
    rock = gaussian_random_field((24, 12, 12), correlation_length=2.0, phase_fraction=0.4, seed=1, n=1)[0]
    scores = rocks(rock, {"ours": rock, "<other>": 1 - rock}, edge=6, flow=False, resamples=10)
    rock_page(tmp_path / "rocks.html", scores, title="A rock")
    page = (tmp_path / "rocks.html").read_text()
    assert page.count("<svg viewBox") == len(scores.real.numbers)
    assert page.count("its first sample") >= 3
    assert "<other>" not in page
    assert "KL(real || made) in 50 bins" in page
