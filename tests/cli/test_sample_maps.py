"""`raysys sample` with a map: a picture, or an array as guidance writes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.tiny_models import spade
from typer.testing import Result

from raysys.models import save_model

Run = Callable[..., Result]


def drawn(raysys: Run, folder: Path, condition: str) -> np.ndarray:
    result = raysys("sample", folder, "--seed", 5, "--size", 32, 40, "--condition", condition, "-o", "a.npy")
    assert result.exit_code == 0, result.output
    return np.load("a.npy")


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_progression_is_a_picture_from_black_to_white(raysys: Run, tmp_path: Path, suffix: str):
    model = spade()
    save_model(tmp_path / "model", model)
    shades = (np.indices((16, 20)).sum(0) * 7).astype(np.uint8)
    Image.fromarray(shades).save(tmp_path / f"map.{suffix}")
    found = drawn(raysys, tmp_path / "model", f"progression={tmp_path / 'map'}.{suffix}")
    expected = model.sample(1, seed=5, size=(32, 40), condition={"progression": shades / np.float32(255)})
    np.testing.assert_array_equal(found.reshape(expected.shape), expected)


def test_an_orientation_is_a_field_of_vectors_or_a_picture_of_angles(raysys: Run, tmp_path: Path):
    model = spade("grey", guide="orientation")
    save_model(tmp_path / "model", model)
    steps = np.arange(32 * 40).reshape(32, 40) % 256
    angle = np.pi * steps / 256
    field = np.stack([np.cos(angle), np.sin(angle)], -1).astype(np.float32)
    np.save(tmp_path / "field.npy", field)
    Image.fromarray(steps.astype(np.uint8)).save(tmp_path / "field.png")
    expected = model.sample(1, seed=5, size=(32, 40), condition={"orientation": np.moveaxis(field, -1, 0)})
    for name in ("field.npy", "field.png"):
        found = drawn(raysys, tmp_path / "model", f"orientation={tmp_path / name}")
        np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=1e-5)
    turned = model.sample(1, seed=5, size=(32, 40), condition={"orientation": -np.moveaxis(field, -1, 0)})
    np.testing.assert_allclose(turned, expected, atol=1e-5)  # a line has no beginning and no end
