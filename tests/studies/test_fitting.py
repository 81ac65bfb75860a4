"""The demo on images of others: scale, specks and phase fraction."""

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from raysys import RaysysError
from raysys.data import DataSettings, gaussian_random_field, prepare, write_images
from raysys.studies.demo import Journey
from raysys.studies.fitting import fitted


def field(folder: Path, length: float, fraction: float = 0.312, side: int = 400) -> Path:
    image = gaussian_random_field((side, side), correlation_length=length, phase_fraction=fraction, seed=1)
    write_images(folder / "mine.png", image)
    return folder / "mine.png"


def journey(path: Path, *overrides: str) -> Journey:
    quiet = Console(quiet=True)
    return Journey(Path("demo"), str(path), quick=True, keep=False, port=0, overrides=list(overrides), console=quiet)


def test_the_phase_fraction_of_an_image_stays_what_it_is(tmp_path: Path):
    for length in (1.5, 6.0):
        path = field(tmp_path, length)
        recipe = journey(path)._recipe()
        tiles = prepare(recipe.data)
        assert tiles.phase_fraction_before == pytest.approx(0.312, abs=1e-4)
        assert tiles.phase_fraction == pytest.approx(0.312, abs=0.02)
        assert recipe.data.minimum_object == 0  # phases that somebody has decided on


def test_larger_features_are_shrunk_more_and_fine_ones_not_at_all(tmp_path: Path):
    fine, coarse = (fitted(DataSettings(images=str(field(tmp_path, length)))).fields for length in (1.5, 6.0))
    assert fine["downscale"] == 1.0
    assert coarse["downscale"] == pytest.approx(min(400 * 0.25, 400) / (1.5 * 64), abs=1e-3)


def test_specks_of_a_noisy_photograph_go_and_what_is_said_stays(tmp_path: Path):
    path = field(tmp_path, 4.0)
    phases = np.asarray(prepare(DataSettings(images=str(path))).image)
    noise = np.random.default_rng(0).normal(0, 30, phases.shape)
    np.save(tmp_path / "grey.npy", np.clip(70 + 110 * phases + noise, 0, 255).astype(np.uint8))
    settings = DataSettings(images=str(tmp_path / "grey.npy"))
    found = fitted(settings)
    assert found.fields["minimum_object"] > 0
    assert abs(prepare(settings.model_copy(update=found.fields)).phase_fraction - 0.312) < 0.02
    assert "minimum_object" not in fitted(settings, frozenset({"minimum_object"})).fields
    recipe = journey(tmp_path / "grey.npy", "data.downscale=1.25", "data.phase=dark")._recipe()
    assert (recipe.data.downscale, recipe.data.phase) == (1.25, "dark")


def test_a_phase_is_asked_for_where_the_image_holds_a_few(tmp_path: Path):
    labels = np.random.default_rng(0).integers(0, 3, (300, 300)).astype(np.uint8)
    np.save(tmp_path / "labels.npy", labels)
    with pytest.raises(RaysysError, match=r"holds 3 values \(0, 1, 2\).* name it \(phase 2, say\)"):
        journey(tmp_path / "labels.npy")._recipe()
    assert journey(tmp_path / "labels.npy", "data.phase=1")._recipe().data.phase == 1


def test_the_smaller_part_is_the_phase_unless_somebody_says_another(tmp_path: Path):
    """Whatever is drawn bright: pores of a rock are dark, and particles bright."""
    for fraction, taken in ((0.312, "bright"), (0.688, "dark")):
        path = field(tmp_path, 3.0, fraction)
        argued = journey(path)
        assert argued._recipe().data.phase == taken
        assert argued.fitting[0].startswith(f"phase {taken}, 0.312 of the image, the smaller part of it")
        asked = Journey(Path("demo"), str(path), True, False, 0, [], console=argued.console, ask=lambda *_: "bright")
        assert asked._recipe().data.phase == "bright"
        said = Journey(Path("demo"), str(path), True, False, 0, [], console=argued.console, phase="dark")
        assert said._recipe().data.phase == "dark"
        assert "smaller part" not in " ".join(said.fitting)


def test_an_image_too_small_for_tiles_is_refused_with_its_size(tmp_path: Path):
    with pytest.raises(RaysysError, match="has 80 x 80 pixels, of which 20 are held out"):
        fitted(DataSettings(images=str(field(tmp_path, 2.0, side=80))))
